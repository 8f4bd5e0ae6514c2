// SPDX-License-Identifier: MIT
#include "formats/onnx/write_answers.h"

#include "formats/format_error.h"
#include "formats/onnx/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <variant>

namespace ml_inference {
namespace {

using onnx::TensorProto;

// Beyond it a whole number is no exact double, and so no exact element of our own dataflows.
constexpr std::int64_t kWholeMax = std::int64_t{1} << 53;

void add_label(const Label& label, TensorProto& tensor) {
  if (const auto* number = std::get_if<std::int64_t>(&label)) {
    if (*number >= -kWholeMax && *number <= kWholeMax) return tensor.add_int64_data(*number);
  }
  if (const auto* text = std::get_if<std::string>(&label)) return tensor.add_string_data(*text);
  if (const auto* truth = std::get_if<bool>(&label)) return tensor.add_int32_data(*truth ? 1 : 0);
  refuse(Code::unimplemented,
         "onnx: the model has the class {}, expected labels that are text, booleans or whole "
         "numbers up to 2^53",
         label_text(label));
}

TensorProto::DataType type_of(const Label& label) {
  if (std::holds_alternative<std::string>(label)) return TensorProto::STRING;
  if (std::holds_alternative<bool>(label)) return TensorProto::BOOL;
  return TensorProto::INT64;
}

class AnswerWriter {
 public:
  AnswerWriter(GraphWriter& graph, const Schema& schema, const WrittenParts& parts)
      : graph_(graph), schema_(schema), parts_(parts) {}

  void write() {
    const std::size_t output_count = schema_.output_count();
    if (schema_.task() == Task::classification) {
      write_labels();
      if (output_count != 0) write_numbers(kProbabilitiesOutput, 0, output_count);
    } else {
      write_numbers(kPredictionOutput, 0, output_count);
    }
    const std::size_t score_count = schema_.score_count();
    if (score_count != 0) write_numbers(kScoresOutput, output_count, score_count);
  }

 private:
  void write_numbers(std::string_view name, std::size_t begin, std::size_t count) {
    const WrittenValue value = numbers(begin, count);
    graph_.add_output(std::string(name), value.name, onnx_type(value.type), count);
  }

  WrittenValue numbers(std::size_t begin, std::size_t count) {
    WrittenParts slice = slice_of(graph_, parts_, begin, count);
    const bool is_one_type = std::ranges::all_of(
        slice, [&](const WrittenValue& part) { return part.type == slice.front().type; });
    if (!is_one_type) {
      for (WrittenValue& part : slice) part = graph_.cast(part, NumberType::float64);
    }
    return graph_.joined(slice);
  }

  void write_labels() {
    const std::vector<Target>& targets = schema_.targets;
    std::vector<std::string> places;
    std::size_t outputs_begin = 0;
    std::size_t scores_begin = schema_.output_count();
    for (const Target& target : targets) {
      places.push_back(place_of_class(target, outputs_begin, scores_begin));
      outputs_begin += target.output_count();
      scores_begin += target.score_count;
    }
    const bool are_alike = std::ranges::all_of(targets, [&](const Target& target) {
      return target.class_labels == targets.front().class_labels;
    });
    if (are_alike && targets.size() > 1) {
      const std::string place = graph_.add("Concat", places, {{"axis", 1}});
      return write_label(kLabelOutput, targets.front(), place, targets.size());
    }
    constexpr std::int64_t kColumns[] = {1};
    for (std::size_t index = 0; index < targets.size(); ++index) {
      const std::string place = graph_.add("Squeeze", {places[index], graph_.integers(kColumns)});
      const std::string name = targets.size() == 1
                                   ? std::string(kLabelOutput)
                                   : graph_.new_name(fmt::format("{}_{}", kLabelOutput, index));
      write_label(name, targets[index], place, 0);
    }
  }

  // place  which class, int64 [N] for width 0, else [N, width].
  void write_label(std::string_view name, const Target& target, const std::string& place,
                   std::size_t width) {
    const std::string label = graph_.add("Gather", {labels_of(target), place}, {{"axis", 0}});
    graph_.add_output(std::string(name), label, type_of(target.class_labels.front()), width);
  }

  // Which class, int64 [N, 1].
  std::string place_of_class(const Target& target, std::size_t outputs, std::size_t scores) {
    switch (target.class_rule) {
      case ClassRule::largest_probability: return largest(numbers(outputs, target.output_count()));
      case ClassRule::largest_score: return largest(numbers(scores, target.score_count));
      case ClassRule::positive_score: return whether("Greater", numbers(scores, 1));
      case ClassRule::non_negative_score: return whether("GreaterOrEqual", numbers(scores, 1));
      case ClassRule::stated: break;
    }
    refuse(Code::unimplemented, "onnx: the model states its classes: it is a graph of operators");
  }

  std::string largest(const WrittenValue& value) {
    return graph_.add("ArgMax", {value.name}, {{"axis", 1}, {"keepdims", 1}});
  }

  std::string whether(std::string_view comparison, const WrittenValue& score) {
    return graph_.add("Cast", {graph_.compare(comparison, score, 0)}, {{"to", TensorProto::INT64}});
  }

  std::string labels_of(const Target& target) {
    TensorProto tensor;
    tensor.set_data_type(type_of(target.class_labels.front()));
    tensor.add_dims(static_cast<std::int64_t>(target.class_labels.size()));
    for (const Label& label : target.class_labels) add_label(label, tensor);
    return graph_.tensor(std::move(tensor));
  }

  GraphWriter& graph_;
  const Schema& schema_;
  const WrittenParts& parts_;
};

}  // namespace

void write_answers(GraphWriter& graph, const Schema& schema, const WrittenParts& parts) {
  AnswerWriter(graph, schema, parts).write();
}

}  // namespace ml_inference
