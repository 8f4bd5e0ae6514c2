// SPDX-License-Identifier: MIT
#include "app/answer_lines.h"

#include "base/assert.h"
#include "base/json_text.h"

#include <algorithm>
#include <bit>

namespace ml_inference {
namespace {

// Bit by bit: zeros of both signs are written differently. Few numbers, for which a call of
// memcmp() would take longer.
bool is_same(const double* known, std::span<const double> answer) {
  std::uint64_t difference = 0;
  for (const double number : answer) {
    difference |= std::bit_cast<std::uint64_t>(number) ^ std::bit_cast<std::uint64_t>(*known++);
  }
  return difference == 0;
}

class JsonLines final : public LineFormat {
 public:
  explicit JsonLines(const Schema& schema) : dialect_(schema) {}

  void append_header(std::string&) const override {}
  void append_answer(std::string& out, std::span<const double> answer) const override {
    dialect_.append_row(out, answer);
    out += '\n';
  }
  void append_reason(std::string& out, std::string_view reason) const override {
    out += R"({"error":)";
    append_json_string(out, reason);
    out += "}\n";
  }
  void append_no_answer(std::string& out) const override {
    dialect_.append_no_answer(out);
    out += '\n';
  }

 private:
  PredictDialect dialect_;
};

class CsvLines final : public LineFormat {
 public:
  CsvLines(const Schema& schema, ErrorPolicy policy)
      : csv_(schema, policy == ErrorPolicy::report ? ErrorColumn::last : ErrorColumn::none) {}

  void append_header(std::string& out) const override { csv_.append_header(out); }
  void append_answer(std::string& out, std::span<const double> answer) const override {
    csv_.append_row(out, answer);
  }
  void append_reason(std::string& out, std::string_view reason) const override {
    csv_.append_no_answer(out, reason);
  }
  void append_no_answer(std::string& out) const override { csv_.append_no_answer(out, ""); }

 private:
  PredictCsv csv_;
};

}  // namespace

std::unique_ptr<const LineFormat> make_line_format(OutputFormat format, const Schema& schema,
                                                   ErrorPolicy policy) {
  if (format == OutputFormat::csv) return std::make_unique<CsvLines>(schema, policy);
  return std::make_unique<JsonLines>(schema);
}

AnswerLines::AnswerLines(const LineFormat& format, std::size_t width)
    : format_(format), width_(width) {
  if (width == 0 || width > kWidthMax) return;
  answers_.resize(kSlotCount * width);
  lines_.resize(kSlotCount);
}

// Multiplied and folded: answers that differ in few bits, as counts of trees do, are to fall apart.
std::size_t AnswerLines::slot_of(std::span<const double> answer) {
  std::uint64_t hash = 0;
  for (const double number : answer) {
    hash = (std::rotl(hash, 23) ^ std::bit_cast<std::uint64_t>(number)) * 0x9E3779B97F4A7C15U;
  }
  return (hash >> 40U) % kSlotCount;
}

void AnswerLines::append(std::string& out, std::span<const double> answer) {
  DCHECK(answer.size() == width_);
  if (lines_.empty()) return format_.append_answer(out, answer);
  const std::size_t slot = slot_of(answer);
  const Line& line = lines_[slot];
  const double* const known = answers_.data() + slot * width_;
  if (line.size > 0 && is_same(known, answer)) {
    out.append(line.text, line.size);
    return;
  }
  const std::size_t begin = out.size();
  format_.append_answer(out, answer);
  remember(slot, answer, std::string_view(out).substr(begin));
}

void AnswerLines::remember(std::size_t slot, std::span<const double> answer,
                           std::string_view text) {
  if (text.size() > kLineSizeMax) return;
  Line& line = lines_[slot];
  line.size = text.size();
  std::ranges::copy(text, line.text);
  std::ranges::copy(answer, answers_.begin() + static_cast<std::ptrdiff_t>(slot * width_));
}

}  // namespace ml_inference
