// SPDX-License-Identifier: MIT
#include "data/table.h"

#include "base/assert.h"
#include "data/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace ml_inference {
namespace {

// What a message shows of a cell: a whole paragraph would drown it.
constexpr std::size_t kShownSizeMax = 40;

std::string shown(std::string_view text) {
  if (text.size() <= kShownSizeMax) return fmt::format("'{}'", text);
  // A cut inside a character would make the message invalid UTF-8.
  std::size_t size = kShownSizeMax;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return fmt::format("'{}...' ({} bytes)", text.substr(0, size), text.size());
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

// What pandas takes for missing (read_csv(), na_values), but for "nan", which counts in any case.
constexpr std::string_view kMissingWords[] = {"#N/A",   "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN",
                                              "1.#IND", "1.#QNAN",  "<NA>", "N/A",     "NA",
                                              "NULL",   "None",     "n/a",  "null"};

// Whether a number of digits without a sign, which no float64 holds, is too small rather than too
// large for it: where its first digit that is no zero stands.
bool is_below_one(std::string_view digits) {
  constexpr std::int64_t kFar = 1'000'000'000'000'000;  // no text is so long
  const std::size_t mark = std::min(digits.find_first_of("eE"), digits.size());
  std::int64_t exponent = 0;
  if (mark < digits.size()) {
    std::string_view text = digits.substr(mark + 1);
    const bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+')) text.remove_prefix(1);
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc() || exponent > kFar) exponent = kFar;
    if (is_negative) exponent = -exponent;
  }
  const std::size_t first = digits.find_first_not_of("0.");
  const std::size_t point = std::min(digits.find('.'), mark);
  const auto place = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  return place + (place < 0 ? 1 : 0) + exponent <= 0;
}

// parse_number() of what is not empty, has no spaces around it, and is no word for what is missing.
std::optional<double> written_number(std::string_view text) {
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  if (equals_ignoring_case(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  double magnitude = std::numeric_limits<double>::infinity();
  if (!equals_ignoring_case(text, "inf") && !equals_ignoring_case(text, "infinity")) {
    // from_chars() would also take a second sign, "nan(text)" and "infinity".
    if (text.empty() || !(text.front() == '.' || (text.front() >= '0' && text.front() <= '9'))) {
      return std::nullopt;
    }
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, magnitude);
    if (stop != end) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
      magnitude = is_below_one(text) ? 0 : std::numeric_limits<double>::infinity();
    } else if (error != std::errc()) {
      return std::nullopt;
    }
  }
  return negative ? -magnitude : magnitude;
}

}  // namespace

std::optional<std::size_t> Table::find_column(std::string_view name) const {
  const auto found = std::ranges::find(column_names_, name);
  if (found == column_names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - column_names_.begin());
}

std::string_view Table::cell(std::size_t row, std::size_t column) const {
  DCHECK(row < row_count() && column < column_count());
  const std::size_t index = row * column_count() + column;
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

std::string Table::place(std::size_t row, std::size_t column) const {
  return fmt::format("line {} column '{}'", line(row), column_names_[column]);
}

Result<double> Table::number(std::size_t row, std::size_t column) const {
  const std::string_view text = cell(row, column);
  if (const std::optional<double> number = parse_number(text)) return *number;
  return fail(Code::invalid_argument,
              fmt::format("{}: expected a number, got {}", place(row, column), shown(text)));
}

TableBuilder::TableBuilder(std::vector<std::string> column_names) {
  table_.column_names_ = std::move(column_names);
}

Result<void> TableBuilder::add_row(std::string_view text, std::span<const std::size_t> ends,
                                   std::size_t line) {
  ASSERT(ends.size() == table_.column_count());
  if (table_.row_count() >= kTableRowCountMax) {
    return fail(Code::resource_exhausted,
                fmt::format("line {}: more than {} rows", line, kTableRowCountMax));
  }
  if (ends.size() > kTableCellCountMax - table_.ends_.size()) {
    return fail(Code::resource_exhausted,
                fmt::format("line {}: more than {} cells", line, kTableCellCountMax));
  }
  if (text.size() > kCsvSizeMax - table_.text_.size()) {
    return fail(Code::resource_exhausted,
                fmt::format("line {}: more than {} bytes", line, kCsvSizeMax));
  }
  const std::size_t begin = table_.text_.size();
  table_.text_.append(text);
  for (const std::size_t end : ends) {
    table_.ends_.push_back(static_cast<std::uint32_t>(begin + end));
  }
  table_.lines_.push_back(static_cast<std::uint32_t>(line));
  return {};
}

Table TableBuilder::build() && { return std::move(table_); }

std::optional<double> parse_number(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (const std::optional<double> number = written_number(text)) return number;
  if (std::ranges::count(kMissingWords, text) == 0) return std::nullopt;
  return std::numeric_limits<double>::quiet_NaN();
}

std::optional<bool> parse_truth(std::string_view text) {
  text = trimmed(text);
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

}  // namespace ml_inference
