// SPDX-License-Identifier: MIT
#include "formats/onnx/write_answers.h"

#include "formats/format_error.h"
#include "formats/onnx/metadata.h"

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
      if (target.class_labels != targets.front().class_labels) {
        refuse(Code::unimplemented, "onnx: the model has targets of different classes");
      }
      places.push_back(place_of_class(target, outputs_begin, scores_begin));
      outputs_begin += target.output_count();
      scores_begin += target.score_count;
    }
    constexpr std::int64_t kColumns[] = {1};
    const std::string place = places.size() == 1
                                  ? graph_.add("Squeeze", {places[0], graph_.integers(kColumns)})
                                  : graph_.add("Concat", places, {{"axis", 1}});
    const std::string label = graph_.add("Gather", {labels(), place}, {{"axis", 0}});
    graph_.add_output(std::string(kLabelOutput), label, type_of(schema_.class_labels().front()),
                      targets.size() == 1 ? 0 : targets.size());
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

  std::string labels() {
    TensorProto tensor;
    tensor.set_data_type(type_of(schema_.class_labels().front()));
    tensor.add_dims(static_cast<std::int64_t>(schema_.class_labels().size()));
    for (const Label& label : schema_.class_labels()) add_label(label, tensor);
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
