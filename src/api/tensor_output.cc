// SPDX-License-Identifier: MIT
#include "api/tensor_output.h"

#include "base/assert.h"
#include "base/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>

namespace ml_inference {
namespace {

// Of one element as JSON, at most, unless it is a text.
constexpr std::size_t kElementSizeMax = 26;

// Of one class, "value:index:label", beside its label.
constexpr std::size_t kClassTextSizeMax = 400;

template <class Element>
void append_element(std::string& out, Element element) {
  char bytes[sizeof(Element)];
  std::memcpy(bytes, &element, sizeof(Element));
  out.append(bytes, sizeof(Element));
}

void append_raw_text(std::string& out, std::string_view text) {
  append_element(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

template <class Element>
void append_raw_numbers(std::string& out, const OutputTensor& output, const SpokenModel& model,
                        std::span<const double> answers) {
  const std::size_t width = model.schema().answer_width();
  const std::size_t size_before = out.size();
  out.resize(size_before + answers.size() / width * output.width * sizeof(Element));
  char* to = out.data() + size_before;
  const auto put = [&to](double value) {
    const auto element = static_cast<Element>(value);
    std::memcpy(to, &element, sizeof(Element));
    to += sizeof(Element);
  };
  const std::optional<std::size_t> numbers = model.tensors.numbers_begin(output);
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    const std::span<const double> answer = answers.subspan(begin, width);
    for (std::size_t column = 0; column < output.width; ++column) {
      put(numbers ? answer[*numbers + column] : model.tensors.number(output, answer, column));
    }
  }
}

// A single-precision number with as few digits as tell it; as text where JSON has no number for it.
void append_json_float(std::string& out, float value) {
  if (!std::isfinite(value)) return append_json_number(out, static_cast<double>(value));
  std::array<char, 24> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  ASSERT(error == std::errc());
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append_json_element(std::string& out, const OutputTensor& output, const SpokenModel& model,
                         std::span<const double> answer, std::size_t column) {
  if (output.type == TensorType::bytes) {
    return append_json_string(out, model.tensors.text(output, answer, column));
  }
  const double value = model.tensors.number(output, answer, column);
  switch (output.type) {
    case TensorType::boolean: out += value != 0 ? "true" : "false"; break;
    case TensorType::int64: out += std::to_string(static_cast<std::int64_t>(value)); break;
    case TensorType::float32: append_json_float(out, static_cast<float>(value)); break;
    default: append_json_number(out, value);
  }
}

// Calls the function with the answer of each row.
template <class Function>
void for_rows(const SpokenModel& model, std::span<const double> answers, Function function) {
  const std::size_t width = model.schema().answer_width();
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    function(answers.subspan(begin, width));
  }
}

// Calls the function with every text of an output of texts.
template <class Function>
void for_texts(const WantedOutput& output, const SpokenModel& model,
               std::span<const double> answers, Function function) {
  for_rows(model, answers, [&](std::span<const double> answer) {
    if (output.class_count > 0) {
      for (const std::string& text : class_texts(output, model, answer)) function(text);
      return;
    }
    for (std::size_t column = 0; column < output.tensor->width; ++column) {
      function(model.tensors.text(*output.tensor, answer, column));
    }
  });
}

}  // namespace

TensorType wanted_type(const WantedOutput& output) {
  return output.class_count > 0 ? TensorType::bytes : output.tensor->type;
}

std::vector<std::int64_t> wanted_shape(const WantedOutput& output, std::size_t row_count) {
  std::vector<std::int64_t> shape{static_cast<std::int64_t>(row_count)};
  if (output.class_count > 0) {
    shape.push_back(static_cast<std::int64_t>(std::min(output.class_count, output.tensor->width)));
  } else if (output.tensor->has_columns) {
    shape.push_back(static_cast<std::int64_t>(output.tensor->width));
  }
  return shape;
}

std::size_t output_row_size_max(const SpokenModel& model, bool wants_classes) {
  std::size_t size = 0;
  for (const OutputTensor& output : model.tensors.outputs()) {
    const std::size_t element_size = std::max(kElementSizeMax, model.tensors.text_size_max());
    size += output.width * (element_size + (wants_classes ? kClassTextSizeMax : 0));
  }
  return size;
}

std::size_t raw_size(const WantedOutput& output, const SpokenModel& model,
                     std::span<const double> answers) {
  const TensorType type = wanted_type(output);
  if (type != TensorType::bytes) {
    const std::size_t row_count = answers.size() / model.schema().answer_width();
    return row_count * output.tensor->width * tensor_type_size(type);
  }
  std::size_t size = 0;
  for_texts(output, model, answers,
            [&](std::string_view text) { size += sizeof(std::uint32_t) + text.size(); });
  return size;
}

void append_raw(std::string& out, const WantedOutput& output, const SpokenModel& model,
                std::span<const double> answers) {
  const OutputTensor& tensor = *output.tensor;
  switch (wanted_type(output)) {
    case TensorType::bytes:
      return for_texts(output, model, answers,
                       [&](std::string_view text) { append_raw_text(out, text); });
    case TensorType::boolean: return append_raw_numbers<bool>(out, tensor, model, answers);
    case TensorType::int64: return append_raw_numbers<std::int64_t>(out, tensor, model, answers);
    case TensorType::float32: return append_raw_numbers<float>(out, tensor, model, answers);
    case TensorType::float64: return append_raw_numbers<double>(out, tensor, model, answers);
    default: ASSERT(false);  // no output is of another type (ModelTensors)
  }
}

void append_json_elements(std::string& out, const WantedOutput& output, const SpokenModel& model,
                          std::span<const double> answers) {
  bool is_first = true;
  const auto separate = [&] {
    if (!is_first) out += ',';
    is_first = false;
  };
  if (output.class_count > 0) {
    return for_texts(output, model, answers, [&](std::string_view text) {
      separate();
      append_json_string(out, text);
    });
  }
  for_rows(model, answers, [&](std::span<const double> answer) {
    for (std::size_t column = 0; column < output.tensor->width; ++column) {
      separate();
      append_json_element(out, *output.tensor, model, answer, column);
    }
  });
}

std::vector<std::string> class_texts(const WantedOutput& output, const SpokenModel& model,
                                     std::span<const double> answer) {
  const OutputTensor& tensor = *output.tensor;
  std::vector<std::size_t> order(tensor.width);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto value_of = [&](std::size_t column) {
    const double value = model.tensors.number(tensor, answer, column);
    return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
  };
  std::ranges::sort(order, [&](std::size_t left, std::size_t right) {
    const double left_value = value_of(left);
    const double right_value = value_of(right);
    return left_value == right_value ? left < right : left_value > right_value;
  });
  order.resize(std::min(output.class_count, order.size()));
  std::vector<std::string> texts;
  for (const std::size_t column : order) {
    std::string text = fmt::format("{:f}:{}", model.tensors.number(tensor, answer, column), column);
    const std::string_view label = model.tensors.column_label(tensor, column);
    if (!label.empty()) text.append(":").append(label);
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace ml_inference
