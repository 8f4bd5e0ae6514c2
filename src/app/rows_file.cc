// SPDX-License-Identifier: MIT
#include "app/rows_file.h"

#include "base/printable_text.h"
#include "data/csv.h"
#include "data/limits.h"
#include "host/small_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

bool begins_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  return first != std::string_view::npos && (text[first] == '[' || text[first] == '{');
}

// Lines that hold something.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.find_first_not_of(kSpaces) != std::string_view::npos) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

RowsFile::RowsFile(const ServedModel& model)
    : model_(&model),
      cells_(model.schema()),
      dialect_(model.schema()),
      tape_(std::make_unique<JsonTape>()) {}

Result<RowsFile> RowsFile::read(const std::string& path, const ServedModel& model) {
  RowsFile file(model);
  ASSIGN_OR_RETURN(std::string text, read_whole_stream(path, kCsvSizeMax));
  if (begins_like_json(text)) {
    file.text_ = std::move(text);
    file.lines_ = lines_of(file.text_);
    return file;
  }
  Result<Table> table = read_csv(text);
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
  std::string missing;
  for (const std::string& name : schema.feature_names) {
    if (const auto column = table_->find_column(name)) {
      columns_.push_back(*column);
    } else {
      missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", name);
    }
  }
  if (missing.empty()) return {};
  return fail(Code::invalid_argument, fmt::format("the rows lack {} of the model's {} features: {}",
                                                  schema.feature_count() - columns_.size(),
                                                  schema.feature_count(), missing));
}

void RowsFile::warn_of_other_columns() const {
  const Schema& schema = model_->schema();
  for (const std::string& name : table_->column_names()) {
    const bool is_target = std::ranges::any_of(
        schema.targets, [&](const Target& target) { return target.name == name; });
    if (is_target || std::ranges::count(schema.feature_names, name) > 0) continue;
    fmt::print(stderr, "ml-inference: warning: column '{}' is no feature of the model: ignored\n",
               printable_text(name));
  }
}

Result<void> RowsFile::append(std::size_t row, PredictRequest& request) {
  const std::size_t begin = request.cells.size();
  const Result<void> appended =
      table_ ? append_cells(row, request) : append_line(lines_[row], request);
  if (!appended) {
    request.cells.resize(begin);
    return appended;
  }
  const auto refusal = model_->refusal(std::span(request.cells).subspan(begin), scratch_);
  if (refusal) {
    request.cells.resize(begin);
    return fail(Code::invalid_argument, *refusal);
  }
  ++request.row_count;
  return {};
}

Result<void> RowsFile::append_cells(std::size_t row, PredictRequest& request) {
  if (model_->schema().takes_any_width) {
    request.cells.resize(request.cells.size() + model_->schema().feature_count());
    return {};
  }
  for (std::size_t feature = 0; feature < columns_.size(); ++feature) {
    const std::size_t column = columns_[feature];
    const Cell cell = cells_.csv(feature, table_->cell(row, column));
    if (cell.refusal != CellRefusal::none) {
      return fail(Code::invalid_argument, fmt::format("{} {}", table_->place(row, column),
                                                      cell_refusal_text(cell.refusal)));
    }
    request.cells.push_back(cell.value);
  }
  return {};
}

Result<void> RowsFile::append_line(std::string_view line, PredictRequest& request) {
  FaultList faults;
  dialect_.read_row(line, *tape_, call_, faults);
  if (!faults.empty()) return fail(Code::invalid_argument, faults.summary());
  std::ranges::copy(call_.request.cells, std::back_inserter(request.cells));
  return {};
}

}  // namespace ml_inference
