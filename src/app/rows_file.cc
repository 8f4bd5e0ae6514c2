// SPDX-License-Identifier: MIT
#include "app/rows_file.h"

#include "base/number_text.h"
#include "base/printable_text.h"
#include "data/limits.h"
#include "host/small_file.h"
#include "serving/numbered_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

// Of the names that a message lists, in bytes.
constexpr std::size_t kMissingNamesSizeMax = 400;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool begins_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  return first != std::string_view::npos && (text[first] == '[' || text[first] == '{');
}

}  // namespace

RowsFile::RowsFile(const ServedModel& model)
    : model_(&model),
      cells_(model.schema()),
      dialect_(model.schema()),
      tape_(std::make_unique<JsonTape>()) {}

std::vector<RowsFile::Line> RowsFile::lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.find_first_not_of(kSpaces) != std::string_view::npos) lines.push_back({line, number});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Result<RowsFile> RowsFile::read(const std::string& path, const ServedModel& model) {
  RowsFile file(model);
  ASSIGN_OR_RETURN(std::string text, read_whole_stream(path, kCsvSizeMax));
  std::string_view rows = text;
  if (rows.starts_with(kByteOrderMark)) rows.remove_prefix(kByteOrderMark.size());
  if (begins_like_json(rows)) {
    const std::size_t begin = text.size() - rows.size();
    file.text_ = std::make_unique<const std::string>(std::move(text));
    file.lines_ = lines_of(std::string_view(*file.text_).substr(begin));
    return file;
  }
  Result<Table> table = read_csv_rows(rows, file.misfits_);
  if (!table) return fail(table.error().code, path + ": " + table.error().message);
  file.table_ = std::move(*table);
  if (const Result<void> found = file.find_columns(); !found) {
    return fail(found.error().code, path + ": " + found.error().message);
  }
  file.warn_of_other_columns();
  return file;
}

Result<void> RowsFile::find_columns() {
  const Schema& schema = model_->schema();
  if (schema.takes_any_width) return {};
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t column = 0; column < table_->column_count(); ++column) {
    places.emplace(table_->column_names()[column], column);
  }
  std::string missing;
  for (const std::string& name : schema.feature_names) {
    if (const auto found = places.find(name); found != places.end()) {
      columns_.push_back(found->second);
    } else if (missing.size() < kMissingNamesSizeMax) {
      missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", printable_text(name));
    }
  }
  if (missing.empty()) return {};
  return fail(Code::invalid_argument,
              fmt::format("the rows lack {} of the model's {} features: {}{}{}",
                          schema.feature_count() - columns_.size(), schema.feature_count(), missing,
                          missing.size() < kMissingNamesSizeMax ? "" : ", ...",
                          numbered_name_prefix(schema)
                              ? "; so they are called where a file has no feature names"
                              : ""));
}

void RowsFile::warn_of_other_columns() const {
  const Schema& schema = model_->schema();
  std::unordered_set<std::string_view> known(schema.feature_names.begin(),
                                             schema.feature_names.end());
  for (const Target& target : schema.targets) known.insert(target.name);
  known.erase("");  // a target may have no name
  for (const std::string& name : table_->column_names()) {
    if (known.contains(name)) continue;
    fmt::print(stderr, "ml-inference: warning: {}: ignored\n",
               name.empty()
                   ? "a column has no name"
                   : fmt::format("column '{}' is no feature of the model", printable_text(name)));
  }
}

Result<void> RowsFile::append(std::size_t row, PredictRequest& request) {
  const std::size_t begin = request.cells.size();
  const Result<std::size_t> line = append_cells(row, request);
  if (!line) {
    request.cells.resize(begin);
    return std::unexpected(line.error());
  }
  if (const auto refusal = model_->refusal(std::span(request.cells).subspan(begin), scratch_)) {
    request.cells.resize(begin);
    return fail(Code::invalid_argument, fmt::format("line {}: {}", *line, *refusal));
  }
  ++request.row_count;
  return {};
}

Result<std::size_t> RowsFile::append_cells(std::size_t row, PredictRequest& request) {
  if (!table_) return append_line(lines_[row], request);
  const auto misfit = std::ranges::lower_bound(misfits_, row, {}, &CsvMisfit::row);
  if (misfit == misfits_.end() || misfit->row != row) {
    return append_table_row(row - static_cast<std::size_t>(misfit - misfits_.begin()), request);
  }
  return fail(Code::invalid_argument,
              fmt::format("line {}: expected {} as in the header, got {}", misfit->line,
                          count_text(table_->column_count(), "cell"), misfit->cell_count));
}

Result<std::size_t> RowsFile::append_table_row(std::size_t row, PredictRequest& request) {
  for (std::size_t feature = 0; feature < columns_.size(); ++feature) {
    const std::size_t column = columns_[feature];
    const Cell cell = cells_.csv(feature, table_->cell(row, column));
    if (cell.refusal != CellRefusal::none) {
      return fail(Code::invalid_argument, fmt::format("{} {}", table_->place(row, column),
                                                      cell_refusal_text(cell.refusal)));
    }
    request.cells.push_back(cell.value);
  }
  return table_->line(row);
}

Result<std::size_t> RowsFile::append_line(const Line& line, PredictRequest& request) {
  FaultList faults;
  dialect_.read_row(line.text, *tape_, call_, faults);
  tape_->shrink();
  if (!faults.empty()) {
    return fail(Code::invalid_argument, fmt::format("line {}: {}", line.number, faults.summary()));
  }
  std::ranges::copy(call_.request.cells, std::back_inserter(request.cells));
  return line.number;
}

}  // namespace ml_inference
