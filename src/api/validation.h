// SPDX-License-Identifier: MIT
// The faults of a request, as FastAPI's users know them: {"detail":[{"type","loc","msg","input"}]}.
// Source: pydantic 2.10, docs/errors/validation_errors.md; FastAPI 0.115, RequestValidationError.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ml_inference {

/// The way to the faulty value: names and indices, "body" first.
using Location = std::vector<std::variant<std::string, std::size_t>>;

/// Every type that a fault may have, for the OpenAPI document.
inline constexpr std::array<std::string_view, 13> kFaultTypes{
    "json_invalid",    "missing",       "model_attributes_type",
    "extra_forbidden", "duplicate_key", "list_type",
    "too_short",       "too_long",      "float_type",
    "finite_number",   "enum",          "value_error",
    "too_many_faults"};

/// One thing that is wrong with a request.
struct RequestFault {
  std::string_view type;  ///< pydantic's name for it; one of kFaultTypes
  Location location;
  std::string message;
  std::string input = {};    ///< the offending value, as JSON
  std::string context = {};  ///< an object as JSON with the limits that were broken, or empty
};

/// Collects the faults of one request, all of them up to kFaultCountMax.
class FaultList {
 public:
  void add(RequestFault fault);

  /// Whether another fault would only be counted. A reader then need not make it, nor look at the
  /// rows behind: a request's work is to be bounded by its bytes, and a wide model may miss
  /// thousands of names in a row of two.
  [[nodiscard]] bool is_full() const;

  /// Faults that are only counted, once is_full().
  void add_unlisted(std::size_t count) { count_ += count; }

  /// Says that rows behind the last fault were not looked at.
  void leave_rows() { leaves_rows_ = true; }

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] const std::vector<RequestFault>& faults() const { return faults_; }

  /// In a few words, for the log: "body.features.2: Input should be a valid number (and 3 more)".
  [[nodiscard]] std::string summary() const;

  /// Appends {"detail":[...]}. Faults beyond kFaultCountMax, and rows that were not looked at, are
  /// told of by a last entry.
  void append_to(std::string& out) const;

 private:
  [[nodiscard]] std::string rest_text() const;

  std::vector<RequestFault> faults_;
  std::size_t count_ = 0;
  bool leaves_rows_ = false;
};

}  // namespace ml_inference
