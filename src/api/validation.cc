// SPDX-License-Identifier: MIT
#include "api/validation.h"

#include "api/limits.h"
#include "base/assert.h"
#include "base/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

void append_location(std::string& out, const Location& location) {
  out += '[';
  for (const auto& step : location) {
    if (&step != &location.front()) out += ',';
    if (const auto* index = std::get_if<std::size_t>(&step)) {
      out += std::to_string(*index);
    } else {
      append_json_string(out, std::get<std::string>(step));
    }
  }
  out += ']';
}

void append_fault(std::string& out, const RequestFault& fault) {
  out += R"({"type":)";
  append_json_string(out, fault.type);
  out += R"(,"loc":)";
  append_location(out, fault.location);
  out += R"(,"msg":)";
  append_json_string(out, fault.message);
  out += R"(,"input":)";
  out += fault.input;
  if (!fault.context.empty()) out += R"(,"ctx":)" + fault.context;
  out += '}';
}

// A key of the request may be as long as its body: a log line must not be.
std::string_view shown(std::string_view key) { return key.substr(0, kLoggedKeySizeMax); }

std::string location_text(const Location& location) {
  std::string out;
  for (const auto& step : location) {
    if (!out.empty()) out += '.';
    if (const auto* index = std::get_if<std::size_t>(&step)) {
      out += std::to_string(*index);
    } else {
      out += shown(std::get<std::string>(step));
    }
  }
  return out;
}

}  // namespace

void FaultList::add(RequestFault fault) {
  DCHECK(std::ranges::count(kFaultTypes, fault.type) == 1);
  ++count_;
  if (faults_.size() < kFaultCountMax) faults_.push_back(std::move(fault));
}

bool FaultList::is_full() const { return faults_.size() >= kFaultCountMax; }

std::string FaultList::summary() const {
  const RequestFault& first = faults_.front();
  std::string out = location_text(first.location) + ": " + first.message;
  if (count_ > 1) {
    out += fmt::format(" (and {}{} more)", leaves_rows_ ? "at least " : "", count_ - 1);
  }
  return out;
}

std::string FaultList::rest_text() const {
  constexpr std::string_view kRows = "rows behind these faults were not looked at";
  const std::size_t rest = count_ - faults_.size();
  if (rest == 0) return std::string(kRows);
  return fmt::format("{} more faults are not listed{}{}", rest, leaves_rows_ ? ", and " : "",
                     leaves_rows_ ? kRows : "");
}

void FaultList::append_to(std::string& out) const {
  out += R"({"detail":[)";
  for (const RequestFault& fault : faults_) {
    if (&fault != &faults_.front()) out += ',';
    append_fault(out, fault);
  }
  if (count_ > faults_.size() || leaves_rows_) {
    out += ',';
    append_fault(
        out,
        {.type = "too_many_faults", .location = {"body"}, .message = rest_text(), .input = "null"});
  }
  out += "]}";
}

}  // namespace ml_inference
