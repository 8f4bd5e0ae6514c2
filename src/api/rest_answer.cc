// SPDX-License-Identifier: MIT
#include "api/rest_answer.h"

#include "api/tensor_output.h"
#include "base/json_text.h"
#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

// Of one element as JSON, at most, unless it is a text; with a comma.
constexpr std::size_t kElementSizeMax = 27;

// Bytes that a character of one byte may take in a JSON string.
constexpr std::size_t kEscapedSizeMax = 6;

// Quotes, colon, brackets and comma of an output.
constexpr std::size_t kOutputFrameSize = 8;

void append_value(std::string& out, const WantedOutput& output, const SpokenModel& model,
                  std::span<const double> answer) {
  if (output.tensor->has_columns) out += '[';
  append_json_elements(out, output, model, answer);
  if (output.tensor->has_columns) out += ']';
}

// Calls the function with the answer of each row, and appends commas between.
template <class Function>
void append_list(std::string& out, const SpokenModel& model, std::span<const double> answers,
                 Function function) {
  const std::size_t width = model.schema().answer_width();
  out += '[';
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    if (begin != 0) out += ',';
    function(answers.subspan(begin, width));
  }
  out += ']';
}

// One value as it is, several as an object.
template <class Function>
void append_outputs(std::string& out, const AnswerForm& form, Function function) {
  if (form.outputs.size() == 1) return function(form.outputs.front());
  out += '{';
  for (const WantedOutput& output : form.outputs) {
    if (&output != &form.outputs.front()) out += ',';
    append_json_string(out, output.tensor->name);
    out += ':';
    function(output);
  }
  out += '}';
}

// Whether the output is the method's for one of several targets: predict_proba_1.
bool is_of_method(const OutputTensor& output, std::string_view method) {
  const std::string_view name = output.name;
  if (output.kind == OutputKind::prediction || name.size() <= method.size() + 1) return false;
  return name.starts_with(method) && name[method.size()] == '_' &&
         std::ranges::all_of(name.substr(method.size() + 1),
                             [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<void> want_method(const ModelTensors& tensors, std::string_view method,
                         bool prefers_probabilities, std::string_view what, AnswerForm& form) {
  if (method.empty()) {
    const bool has_probabilities = tensors.find_output(OutputKind::probabilities) != nullptr;
    if (!prefers_probabilities || !has_probabilities) {
      form.outputs.push_back({.tensor = &tensors.outputs().front()});
      return {};
    }
    for (const OutputTensor& output : tensors.outputs()) {
      if (output.kind == OutputKind::probabilities) form.outputs.push_back({.tensor = &output});
    }
    return {};
  }
  if (const OutputTensor* const found = tensors.find_output(method)) {
    form.outputs.push_back({.tensor = found});
    return {};
  }
  std::string names;
  for (const OutputTensor& output : tensors.outputs()) {
    if (is_of_method(output, method)) form.outputs.push_back({.tensor = &output});
    names.append(names.empty() ? "" : ", ").append(output.name);
  }
  if (!form.outputs.empty()) return {};
  return fail(Code::invalid_argument,
              fmt::format("{} is '{}', expected {}", what, printable_text(method), names));
}

void append_row_value(std::string& out, const AnswerForm& form, const SpokenModel& model,
                      std::span<const double> answer) {
  append_outputs(out, form,
                 [&](const WantedOutput& output) { append_value(out, output, model, answer); });
}

void append_row_values(std::string& out, const AnswerForm& form, const SpokenModel& model,
                       std::span<const double> answers) {
  append_list(out, model, answers,
              [&](std::span<const double> answer) { append_row_value(out, form, model, answer); });
}

void append_column_values(std::string& out, const AnswerForm& form, const SpokenModel& model,
                          std::span<const double> answers) {
  append_outputs(out, form, [&](const WantedOutput& output) {
    append_list(out, model, answers,
                [&](std::span<const double> answer) { append_value(out, output, model, answer); });
  });
}

std::size_t row_value_size_max(const SpokenModel& model) {
  const std::size_t element_size = std::max(kElementSizeMax, model.tensors.text_size_max() + 1);
  std::size_t size = kOutputFrameSize;
  for (const OutputTensor& output : model.tensors.outputs()) {
    size += kOutputFrameSize + kEscapedSizeMax * output.name.size() + output.width * element_size;
  }
  return size;
}

}  // namespace ml_inference
