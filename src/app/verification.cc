// SPDX-License-Identifier: MIT
#include "app/verification.h"

#include "api/predict_json.h"
#include "app/rows_file.h"
#include "base/number_text.h"
#include "data/limits.h"
#include "host/small_file.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using Json = boost::json::value;

// A number, also one that JSON has to write as text.
std::optional<double> number_in(const Json& value) {
  if (value.is_number()) return value.to_number<double>();
  if (!value.is_string()) return std::nullopt;
  if (value.get_string() == "NaN") return std::nan("");
  if (value.get_string() == "Infinity") return HUGE_VAL;
  if (value.get_string() == "-Infinity") return -HUGE_VAL;
  return std::nullopt;
}

double difference(double expected, double got) {
  if (expected == got || (std::isnan(expected) && std::isnan(got))) return 0;
  const double distance = std::abs(expected - got) / std::max(1.0, std::abs(expected));
  return std::isnan(distance) ? HUGE_VAL : distance;
}

// Compares answers member by member, and keeps the largest difference.
class Comparison {
 public:
  explicit Comparison(double tolerance) : tolerance_(tolerance) {}

  [[nodiscard]] Result<void> compare(const std::string& place, const Json& expected,
                                     const Json& got) {
    const auto expected_number = number_in(expected);
    const auto got_number = number_in(got);
    if (expected_number && got_number) return compare_numbers(place, *expected_number, *got_number);
    if (expected.is_object() && got.is_object()) {
      return compare_objects(place, expected.get_object(), got.get_object());
    }
    if (expected.is_array() && got.is_array()) {
      return compare_arrays(place, expected.get_array(), got.get_array());
    }
    if (expected == got) return {};
    return differ(place, expected, got);
  }

  Verification seen;

 private:
  Result<void> compare_numbers(const std::string& place, double expected, double got) {
    const double distance = difference(expected, got);
    if (distance > seen.largest_difference) {
      seen.largest_difference = distance;
      seen.largest_place = place;
    }
    if (distance <= tolerance_) return {};
    return fail(
        Code::data_loss,
        fmt::format("{}: expected {}, got {}: a difference of {:.3g}, at most {:.3g} passes", place,
                    number_text(expected), number_text(got), distance, tolerance_));
  }

  Result<void> compare_objects(const std::string& place, const boost::json::object& expected,
                               const boost::json::object& got) {
    for (const auto& [key, value] : expected) {
      const std::string below = fmt::format("{}.{}", place, std::string_view(key));
      const Json* const found = got.if_contains(key);
      if (found == nullptr) {
        return fail(Code::data_loss, fmt::format("{}: expected {}, got nothing", below,
                                                 boost::json::serialize(value)));
      }
      RETURN_IF_ERROR(compare(below, value, *found));
    }
    return {};
  }

  Result<void> compare_arrays(const std::string& place, const boost::json::array& expected,
                              const boost::json::array& got) {
    if (expected.size() != got.size()) return differ(place, expected, got);
    for (std::size_t index = 0; index < expected.size(); ++index) {
      RETURN_IF_ERROR(compare(fmt::format("{}.{}", place, index), expected[index], got[index]));
    }
    return {};
  }

  static Result<void> differ(const std::string& place, const Json& expected, const Json& got) {
    return fail(Code::data_loss,
                fmt::format("{}: expected {}, got {}", place, boost::json::serialize(expected),
                            boost::json::serialize(got)));
  }

  double tolerance_;
};

Result<std::vector<Json>> read_expected(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, read_whole_stream(path, kCsvSizeMax));
  std::vector<Json> rows;
  std::string_view rest = text;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view row = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    boost::json::error_code error;
    rows.push_back(boost::json::parse(row, error));
    if (error || !rows.back().is_object()) {
      return fail(Code::invalid_argument,
                  fmt::format("{}: line {}: expected a JSON object", path, line));
    }
  }
  return rows;
}

Json answer_of(const ServedModel& model, const PredictDialect& dialect,
               const PredictRequest& request, PredictScratch& scratch) {
  std::string text;
  dialect.append_row(text, model.predict(request, scratch));
  return boost::json::parse(text);
}

}  // namespace

Result<Verification> verify_model(const ServedModel& model, const std::string& rows_path,
                                  const std::string& expect_path, double tolerance) {
  ASSIGN_OR_RETURN(RowsFile rows, RowsFile::read(rows_path, model));
  ASSIGN_OR_RETURN(const std::vector<Json> expected, read_expected(expect_path));
  if (expected.size() != rows.row_count()) {
    return fail(Code::invalid_argument,
                fmt::format("{} has {}, {} has {}: expected as many", rows_path,
                            count_text(rows.row_count(), "row"), expect_path, expected.size()));
  }
  const PredictDialect dialect(model.schema());
  PredictScratch scratch;
  Comparison comparison(tolerance);
  for (std::size_t row = 0; row < expected.size(); ++row) {
    const std::string place = fmt::format("row {}", row + 1);
    PredictRequest request;
    const Result<void> taken = rows.append(row, request);
    const bool is_refusal = expected[row].get_object().contains("error");
    if (!taken && !is_refusal) {
      return fail(Code::data_loss, fmt::format("{}: expected an answer, got the refusal: {}", place,
                                               taken.error().message));
    }
    if (taken && is_refusal) {
      return fail(Code::data_loss, place + ": expected a refusal, got an answer");
    }
    ++comparison.seen.row_count;
    if (is_refusal) {
      ++comparison.seen.refused_count;
      continue;
    }
    RETURN_IF_ERROR(
        comparison.compare(place, expected[row], answer_of(model, dialect, request, scratch)));
  }
  return comparison.seen;
}

Result<Verification> verify_beside(const ServedModel& model, const std::string& model_path) {
  const std::string expect = model_path + ".expect.jsonl";
  std::string rows = model_path + ".rows.jsonl";
  std::error_code ignored;  // what cannot be looked at is not there
  if (!std::filesystem::exists(rows, ignored)) rows = model_path + ".rows.csv";
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
  text += fmt::format(", largest difference {:.3g}", seen.largest_difference);
  if (!seen.largest_place.empty()) text += " at " + seen.largest_place;
  return text;
}

}  // namespace ml_inference
