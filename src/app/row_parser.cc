// SPDX-License-Identifier: MIT
#include "app/row_parser.h"

#include "base/number_text.h"
#include "data/csv_cutter.h"
#include "data/short_decimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::size_t kBatchRowCountMax = 4'096;
constexpr std::size_t kBatchCellCountMax = 65'536;  // half a megabyte

// Of a row by name: 10 MiB, which nobody counts beforehand as the server does.
constexpr std::size_t kRowNodeCountMax = 262'144;

constexpr std::string_view kSpaces = " \t\r\n";

std::size_t row_count_for(std::size_t cell_count) {
  if (cell_count == 0) return kBatchRowCountMax;
  return std::clamp(kBatchCellCountMax / cell_count, std::size_t{1}, kBatchRowCountMax);
}

// Behind the line end that is here; null when there is none.
const char* skip_line_end(const char* at, const char* end) {
  if (at == end) return at;
  if (*at == '\n') return at + 1;
  return at[0] == '\r' && at[1] == '\n' ? at + 2 : nullptr;
}

// Where a cell without quotes ends; null when a byte in it needs a closer look: a quote, a control
// character, what is not ASCII. That the block's text ends with a zero ends the last cell.
const char* plain_cell_end(const char* at, const char* end) {
  for (; *at != ','; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte >= 0x20 && byte < 0x80 && byte != '"') continue;
    if (byte == '\t') continue;
    return skip_line_end(at, end) != nullptr ? at : nullptr;
  }
  return at;
}

}  // namespace

RowParser::RowParser(const RowLayout& layout)
    : layout_(layout),
      cell_count_(layout.model.schema().takes_any_width ? 0
                                                        : layout.model.schema().feature_count()),
      row_count_max_(row_count_for(cell_count_)),
      has_plain_json_(cell_count_ > 0 && layout.model.schema().categories.empty()),
      may_refuse_(cell_count_ > 0 && layout.model.model().estimator().may_refuse()),
      tape_(kRowNodeCountMax) {}

void RowParser::start(const RowBlock& block) {
  at_ = block.text.data();
  end_ = at_ + block.text.size();
  line_ = block.line;
}

bool RowParser::next(RowBatch& batch) {
  batch.refusals.clear();
  batch.row_count = 0;
  batch.request.row_count = 0;
  batch.request.cells.resize(row_count_max_ * cell_count_);
  while (at_ != end_ && batch.row_count < row_count_max_) {
    layout_.kind == RowsKind::csv ? read_csv_row(batch) : read_json_row(batch);
  }
  batch.request.cells.resize(batch.request.row_count * cell_count_);
  return batch.row_count > 0;
}

double* RowParser::next_row(RowBatch& batch) const {
  return batch.request.cells.data() + batch.request.row_count * cell_count_;
}

void RowParser::take_row(RowBatch& batch, const double* row) {
  if (may_refuse_) {
    const auto refusal = layout_.model.refusal(std::span(row, cell_count_), scratch_);
    if (refusal) return refuse_row(batch, fmt::format("line {}: {}", line_, *refusal));
  }
  ++batch.request.row_count;
  ++batch.row_count;
}

void RowParser::refuse_row(RowBatch& batch, std::string reason) {
  batch.refusals.push_back({batch.row_count, std::move(reason)});
  ++batch.row_count;
}

void RowParser::finish_row(RowBatch& batch, const double* row, std::string reason) {
  reason.empty() ? take_row(batch, row) : refuse_row(batch, std::move(reason));
}

void RowParser::read_csv_row(RowBatch& batch) {
  if (*at_ == '\n' || *at_ == '\r') {
    if (const char* const behind = skip_line_end(at_, end_)) {
      at_ = behind;
      ++line_;
      return;
    }
  }
  double* const row = next_row(batch);
  if (const char* const behind = read_plain_csv_row(at_, row)) {
    take_row(batch, row);
    at_ = behind;
    ++line_;
    return;
  }
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const std::string_view text = rest.substr(0, csv_row_end(rest));
  finish_row(batch, row, read_any_csv_row(text, row));
  at_ += text.size();
  line_ += static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

const char* RowParser::read_plain_csv_row(const char* at, double* row) const {
  for (const RowLayout::Column& column : layout_.columns) {
    if (column.feature == RowLayout::kNoFeature) {
      at = plain_cell_end(at, end_);
    } else {
      at = read_plain_cell(at, column, row[column.feature]);
    }
    if (at == nullptr) return nullptr;
    if (&column == &layout_.columns.back()) break;
    if (*at++ != ',') return nullptr;
  }
  return skip_line_end(at, end_);
}

const char* RowParser::read_plain_cell(const char* at, const RowLayout::Column& column,
                                       double& value) const {
  if (column.takes_numbers) {
    const char* const end = read_short_decimal(at, value);
    if (end != nullptr && (*end == ',' || skip_line_end(end, end_) != nullptr)) return end;
  }
  const char* const end = plain_cell_end(at, end_);
  if (end == nullptr) return nullptr;
  const std::string_view text(at, static_cast<std::size_t>(end - at));
  const Cell cell = layout_.cells.csv(column.feature, text);
  value = cell.value;
  return cell.refusal == CellRefusal::none ? end : nullptr;
}

std::string RowParser::read_any_csv_row(std::string_view text, double* row) {
  CsvRecordReader reader(text, line_);
  if (const Result<bool> read = reader.next(record_); !read) return read.error().message;
  const std::size_t column_count = layout_.column_names.size();
  if (record_.ends.size() != column_count) {
    return fmt::format("line {}: expected {} as in the header, got {}", line_,
                       count_text(column_count, "cell"), record_.ends.size());
  }
  for (std::size_t feature = 0; feature < layout_.places.size(); ++feature) {
    const std::size_t column = layout_.places[feature];
    const Cell cell = layout_.cells.csv(feature, record_.cell(column));
    if (cell.refusal != CellRefusal::none) {
      return fmt::format("line {} column '{}' {}", line_, layout_.column_names[column],
                         cell_refusal_text(cell.refusal));
    }
    row[feature] = cell.value;
  }
  return {};
}

void RowParser::read_json_row(RowBatch& batch) {
  double* const row = next_row(batch);
  if (const char* const behind = has_plain_json_ ? read_plain_json_row(at_, row) : nullptr) {
    take_row(batch, row);
    at_ = behind;
    ++line_;
    return;
  }
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const std::string_view text = rest.substr(0, rest.find('\n'));
  if (text.find_first_not_of(kSpaces) != std::string_view::npos) {
    finish_row(batch, row, read_any_json_row(text, row));
  }
  at_ += std::min(text.size() + 1, rest.size());
  ++line_;
}

// An array of as many short decimals as there are features, as JSON has them: without zeros before
// other digits.
const char* RowParser::read_plain_json_row(const char* at, double* row) const {
  if (*at != '[') return nullptr;
  for (std::size_t feature = 0; feature < cell_count_; ++feature) {
    if (feature > 0 && *at != ',') return nullptr;
    ++at;
    if (*at == ' ') ++at;
    const char* const digits = *at == '-' ? at + 1 : at;
    if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return nullptr;
    at = read_short_decimal(at, row[feature]);
    if (at == nullptr) return nullptr;
  }
  return *at == ']' ? skip_line_end(at + 1, end_) : nullptr;
}

std::string RowParser::read_any_json_row(std::string_view text, double* row) {
  FaultList faults;
  layout_.dialect.read_row(text, tape_, call_, faults);
  tape_.shrink();
  if (!faults.empty()) return fmt::format("line {}: {}", line_, faults.summary());
  std::ranges::copy(call_.request.cells, row);
  return {};
}

}  // namespace ml_inference
