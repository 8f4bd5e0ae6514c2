// SPDX-License-Identifier: MIT
#include "app/verification.h"

#include "api/predict_json.h"
#include "app/row_parser.h"
#include "app/rows_file.h"
#include "base/number_text.h"
#include "base/printable_text.h"
#include "base/whole_file.h"
#include "data/limits.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using Json = boost::json::value;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A number, also one that JSON has to write as text.
std::optional<double> number_in(const Json& value) {
  if (value.is_number()) return value.to_number<double>();
  if (!value.is_string()) return std::nullopt;
  if (value.get_string() == "NaN") return std::nan("");
  if (value.get_string() == "Infinity") return HUGE_VAL;
  if (value.get_string() == "-Infinity") return -HUGE_VAL;
  return std::nullopt;
}

bool is_relative(double expected) { return std::abs(expected) > 1; }

double difference(double expected, double got) {
  if (expected == got || (std::isnan(expected) && std::isnan(got))) return 0;
  const double distance = std::abs(expected - got) / std::max(1.0, std::abs(expected));
  return std::isnan(distance) ? HUGE_VAL : distance;
}

// Compares answers member by member, all of them, and keeps the first difference that does not pass
// and the largest.
class Comparison {
 public:
  explicit Comparison(double tolerance) : tolerance_(tolerance) {}

  void compare_row(const std::string& place, const Json& expected, const Json& got) {
    row_differs_ = false;
    compare(place, expected, got);
    if (row_differs_) ++seen.different_count;
  }

  // A row of which one side has no answer.
  void differ_in_kind(std::string what) {
    ++seen.different_count;
    note(std::move(what));
  }

  Verification seen;

 private:
  void compare(const std::string& place, const Json& expected, const Json& got) {
    const auto expected_number = number_in(expected);
    const auto got_number = number_in(got);
    if (expected_number && got_number) {
      compare_numbers(place, *expected_number, *got_number);
    } else if (expected.is_object() && got.is_object()) {
      compare_objects(place, expected.get_object(), got.get_object());
    } else if (expected.is_array() && got.is_array()) {
      compare_arrays(place, expected.get_array(), got.get_array());
    } else if (expected != got) {
      differ(place, expected, got);
    }
  }

  void compare_numbers(const std::string& place, double expected, double got) {
    const double distance = difference(expected, got);
    if (distance > seen.largest_difference) {
      seen.largest_difference = distance;
      seen.largest_is_relative = is_relative(expected);
      seen.largest_place = place;
    }
    if (distance <= tolerance_) return;
    note(fmt::format("{}: expected {}, got {}: a {}difference of {:.3g}, at most {:.3g} passes",
                     place, number_text(expected), number_text(got),
                     is_relative(expected) ? "relative " : "", distance, tolerance_));
  }

  void compare_objects(const std::string& place, const boost::json::object& expected,
                       const boost::json::object& got) {
    for (const auto& [key, value] : expected) {
      const std::string below = fmt::format("{}.{}", place, std::string_view(key));
      if (const Json* const found = got.if_contains(key)) {
        compare(below, value, *found);
      } else {
        note(fmt::format("{}: expected {}, got nothing", below, boost::json::serialize(value)));
      }
    }
  }

  void compare_arrays(const std::string& place, const boost::json::array& expected,
                      const boost::json::array& got) {
    if (expected.size() != got.size()) return differ(place, expected, got);
    for (std::size_t index = 0; index < expected.size(); ++index) {
      compare(fmt::format("{}.{}", place, index), expected[index], got[index]);
    }
  }

  void differ(const std::string& place, const Json& expected, const Json& got) {
    note(fmt::format("{}: expected {}, got {}", place, boost::json::serialize(expected),
                     boost::json::serialize(got)));
  }

  void note(std::string what) {
    row_differs_ = true;
    if (seen.first_difference.empty()) seen.first_difference = std::move(what);
  }

  double tolerance_;
  bool row_differs_ = false;
};

// What predict prints of a row that is answered.
constexpr std::array<std::string_view, 5> kAnswerMembers{"prediction", "prediction_index",
                                                         "probabilities", "confidence", "scores"};

// What is wrong with a row of expectations; empty for nothing. A row that said nothing would be
// equal to anything.
std::string fault_of(const Json& row) {
  if (!row.is_object()) return "expected a JSON object";
  const boost::json::object& members = row.get_object();
  if (members.contains("error")) {
    return members.size() == 1 ? "" : "error stands beside an answer, expected it alone";
  }
  for (const auto& member : members) {
    const auto name = std::string_view(member.key());
    if (std::ranges::count(kAnswerMembers, name) == 0) {
      return fmt::format("'{}' is no member of an answer, expected {} or error",
                         printable_text(name), fmt::join(kAnswerMembers, ", "));
    }
  }
  if (!members.empty()) return "";
  return fmt::format("an empty object, expected {} or error", fmt::join(kAnswerMembers, ", "));
}

Result<std::vector<Json>> read_expected(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, read_whole_stream(path, kCsvSizeMax));
  std::vector<Json> rows;
  std::string_view rest = text;
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view row = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    boost::json::error_code error;
    rows.push_back(boost::json::parse(row, error));
    const std::string fault =
        error ? "expected a JSON object: " + error.message() : fault_of(rows.back());
    if (!fault.empty()) {
      return fail(Code::invalid_argument, fmt::format("{}: line {}: {}", path, line, fault));
    }
  }
  return rows;
}

void append_rows(const RowBatch& batch, std::vector<Result<PredictRequest>>& rows) {
  const std::size_t taken_count = batch.request.row_count;
  const std::size_t width = taken_count == 0 ? 0 : batch.request.cells.size() / taken_count;
  auto cells = batch.request.cells.begin();
  auto refusal = batch.refusals.begin();
  for (std::size_t row = 0; row < batch.row_count; ++row) {
    if (refusal != batch.refusals.end() && refusal->row == row) {
      rows.push_back(fail(Code::invalid_argument, refusal->reason));
      ++refusal;
    } else {
      const auto end = cells + static_cast<std::ptrdiff_t>(width);
      rows.push_back(PredictRequest{.cells = {cells, end}, .row_count = 1});
      cells = end;
    }
  }
}

// Rows as the model takes them, or why it does not. In memory, as what is expected of them is.
Result<std::vector<Result<PredictRequest>>> read_rows(const ServedModel& model,
                                                      const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RowsFile> file, RowsFile::open(path, model));
  std::vector<Result<PredictRequest>> rows;
  RowParser parser(file->layout());
  RowBlock block;
  RowBatch batch;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, file->next(block));
    if (!more) return rows;
    parser.start(block);
    while (parser.next(batch)) append_rows(batch, rows);
  }
}

Json answer_of(const ServedModel& model, const PredictDialect& dialect,
               const PredictRequest& request, PredictScratch& scratch) {
  std::string text;
  dialect.append_row(text, model.predict(request, scratch));
  return boost::json::parse(text);
}

std::string largest_text(const Verification& seen) {
  std::string text = fmt::format("largest difference {:.3g}", seen.largest_difference);
  if (seen.largest_is_relative) text += " (relative)";
  if (!seen.largest_place.empty()) text += " at " + seen.largest_place;
  return text;
}

std::string difference_text(const Verification& seen) {
  return fmt::format("{} of {}: the first at {}; {}",
                     seen.different_count == 1
                         ? "1 row differs"
                         : fmt::format("{} rows differ", seen.different_count),
                     seen.row_count, seen.first_difference, largest_text(seen));
}

}  // namespace

Result<Verification> verify_model(const ServedModel& model, const std::string& rows_path,
                                  const std::string& expect_path, double tolerance) {
  ASSIGN_OR_RETURN(const std::vector<Result<PredictRequest>> rows, read_rows(model, rows_path));
  ASSIGN_OR_RETURN(const std::vector<Json> expected, read_expected(expect_path));
  if (expected.size() != rows.size()) {
    return fail(Code::invalid_argument,
                fmt::format("{} has {}, {} has {}: expected as many", rows_path,
                            count_text(rows.size(), "row"), expect_path, expected.size()));
  }
  if (expected.empty()) {
    return fail(Code::invalid_argument, expect_path + " has no rows, expected at least one");
  }
  const PredictDialect dialect(model.schema());
  PredictScratch scratch;
  Comparison comparison(tolerance);
  for (std::size_t row = 0; row < expected.size(); ++row) {
    const std::string place = fmt::format("row {}", row + 1);
    const Result<PredictRequest>& taken = rows[row];
    const bool is_refusal = expected[row].get_object().contains("error");
    ++comparison.seen.row_count;
    if (!taken && !is_refusal) {
      comparison.differ_in_kind(
          fmt::format("{}: expected an answer, got the refusal: {}", place, taken.error().message));
    } else if (taken && is_refusal) {
      comparison.differ_in_kind(place + ": expected a refusal, got an answer");
    } else if (is_refusal) {
      ++comparison.seen.refused_count;
    } else {
      comparison.compare_row(place, expected[row], answer_of(model, dialect, *taken, scratch));
    }
  }
  if (comparison.seen.different_count == 0) return comparison.seen;
  return fail(Code::data_loss, difference_text(comparison.seen));
}

Result<Verification> verify_beside(const ServedModel& model, const std::string& model_path) {
  const std::string expect = model_path + ".expect.jsonl";
  std::string rows = model_path + ".rows.jsonl";
  const std::string csv_rows = model_path + ".rows.csv";
  std::error_code ignored;  // what cannot be looked at is not there
  if (!std::filesystem::exists(rows, ignored)) {
    rows = csv_rows;
  } else if (std::filesystem::exists(csv_rows, ignored)) {
    return fail(Code::invalid_argument,
                fmt::format("golden rows: {} lies beside {}, expected one", csv_rows, rows));
  }
  const bool has_rows = std::filesystem::exists(rows, ignored);
  const bool has_expect = std::filesystem::exists(expect, ignored);
  if (!has_rows && !has_expect) return Verification{};
  if (has_rows != has_expect) {
    return fail(Code::not_found, fmt::format("golden rows beside {}: {} is there without {}",
                                             model_path, has_rows ? rows : expect,
                                             has_rows ? expect : model_path + ".rows.jsonl"));
  }
  return verify_model(model, rows, expect, kVerificationTolerance);
}

std::string verification_text(const Verification& seen) {
  std::string text = fmt::format("{} equal", count_text(seen.row_count, "row"));
  if (seen.refused_count > 0) {
    text += fmt::format(", {} of them refused as expected", seen.refused_count);
  }
  return text + ", " + largest_text(seen);
}

}  // namespace ml_inference
