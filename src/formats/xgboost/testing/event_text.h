// SPDX-License-Identifier: MIT
// Events as a line of text, to compare two notations.
#pragma once

#include "formats/xgboost/events.h"

#include <fmt/format.h>

#include <string>

namespace ml_inference::testing {

/// Writes down what it hears: "{ a: [ 1 2.5 ] }". Whole numbers have no point, texts have quotes.
class EventText final : public XgboostEvents {
 public:
  void begin_object() override { out_ += "{ "; }
  void key(std::string_view text) override { out_ += fmt::format("{}: ", text); }
  void end_object() override { out_ += "} "; }
  bool begin_list(std::size_t count) override {
    out_ += count > 0 ? fmt::format("[{}: ", count) : "[ ";
    return wants_numbers;
  }
  void end_list() override { out_ += "] "; }
  void text(std::string_view text) override { out_ += fmt::format("'{}' ", text); }
  void integer(std::int64_t value) override { out_ += fmt::format("{} ", value); }
  void real(float value) override { out_ += fmt::format("{:#} ", value); }
  void boolean(bool value) override { out_ += value ? "true " : "false "; }
  void null() override { out_ += "null "; }

  /// All of it, without the blank at the end.
  [[nodiscard]] std::string take() const { return out_.substr(0, out_.find_last_not_of(' ') + 1); }

  bool wants_numbers = true;

 private:
  std::string out_;
};

}  // namespace ml_inference::testing
