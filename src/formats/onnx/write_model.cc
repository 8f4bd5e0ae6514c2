// SPDX-License-Identifier: MIT
#include "formats/onnx/write_model.h"

#include "base/json_text.h"
#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/onnx/limits.h"
#include "formats/onnx/metadata.h"
#include "formats/onnx/stated_categories.h"
#include "formats/onnx/write_answers.h"
#include "formats/onnx/write_estimator.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <variant>

namespace ml_inference {
namespace {

using onnx::TensorProto;

// TreeEnsemble came with ai.onnx.ml 5 (ONNX 1.17, IR version 10); sums of columns take their axes
// from an input since ai.onnx 13, and maxima since 18.
constexpr OnnxVersions kGraphVersions{.file = 10, .operators = 18, .ml = 5};

constexpr std::string_view kRowInput = "features";

std::string json_array(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, text);
  }
  return out + ']';
}

bool are_texts(const Categories& categories) {
  return std::holds_alternative<std::string>(categories.labels.front());
}

// What an input holds for a category that is no text.
double number_of(const Label& label) {
  if (const auto* whole = std::get_if<std::int64_t>(&label)) return static_cast<double>(*whole);
  if (const auto* truth = std::get_if<bool>(&label)) return *truth ? 1 : 0;
  return std::get<double>(label);
}

// The columns of a row, of which those with categories become the numbers of these.
class RowWriter {
 public:
  RowWriter(GraphWriter& graph, const Schema& schema)
      : graph_(graph), schema_(schema), type_(schema.input.type) {}

  WrittenValue write() {
    for (const Categories& categories : schema_.categories) expect_sayable(categories);
    if (!schema_.categories.empty()) return of_many_inputs();
    const WrittenValue row{graph_.new_name(kRowInput), type_, schema_.feature_count()};
    graph_.add_input(row.name, onnx_type(type_), row.width);
    return row;
  }

 private:
  void expect_sayable(const Categories& categories) const {
    const std::string feature = quoted_text(schema_.feature_names[categories.feature]);
    if (categories.last_label_characters != 0) {
      refuse(Code::unimplemented,
             "onnx: the model has the feature {}, of whose last category the file has lost the end",
             feature);
    }
    if (categories.labels.empty()) {
      refuse(Code::unimplemented, "onnx: the model has the feature {} without categories", feature);
    }
    for (const Label& label : categories.labels) {
      const auto* text = std::get_if<std::string>(&label);
      const bool is_number =
          text == nullptr && rounded(type_, number_of(label)) == number_of(label);
      const bool is_known = is_number || (text != nullptr && !text->empty());
      if (is_known && label.index() == categories.labels.front().index()) continue;
      refuse(Code::unimplemented,
             "onnx: the model has the feature {} with the category {}, expected all texts or all "
             "{} numbers",
             feature, quoted_text(label_text(label)), number_type_name(type_));
    }
  }

  WrittenValue codes_of_numbers(const WrittenValue& column, const Categories& categories) {
    std::vector<double> keys;
    for (const Label& label : categories.labels) keys.push_back(number_of(label));
    return write_codes(graph_, column, keys, codes(keys.size()));
  }

  static std::vector<double> codes(std::size_t count) {
    std::vector<double> codes(count);
    std::iota(codes.begin(), codes.end(), 0.0);
    return codes;
  }

  // Texts and numbers do not go into one array, and our reader has the categories of a feature for
  // an input: each feature is an input of its own.
  WrittenValue of_many_inputs() {
    WrittenParts parts;
    for (std::size_t feature = 0; feature < schema_.feature_count(); ++feature) {
      const WrittenValue input{graph_.new_name(schema_.feature_names[feature]), type_, 1};
      const Categories* categories = schema_.categories_of(feature);
      const bool is_text = categories != nullptr && are_texts(*categories);
      graph_.add_input(input.name, is_text ? TensorProto::STRING : onnx_type(type_), 1);
      parts.push_back(is_text                 ? codes_of_texts(input, *categories)
                      : categories != nullptr ? codes_of_numbers(input, *categories)
                                              : input);
    }
    return graph_.joined(parts);
  }

  WrittenValue codes_of_texts(const WrittenValue& input, const Categories& categories) {
    constexpr double kMissing[] = {std::numeric_limits<double>::quiet_NaN()};
    const WrittenValue made{graph_.new_name("codes"), type_, 1};
    onnx::NodeProto& node = graph_.add_ml("LabelEncoder", input.name, made.name);
    const auto add = [&](std::string_view name) -> TensorProto& {
      return *add_onnx_attribute(node, name, onnx::AttributeProto::TENSOR).mutable_t();
    };
    TensorProto& keys = add("keys_tensor");
    keys.set_data_type(TensorProto::STRING);
    keys.add_dims(static_cast<std::int64_t>(categories.labels.size()));
    for (const Label& label : categories.labels) keys.add_string_data(std::get<std::string>(label));
    const std::vector<double> values = codes(categories.labels.size());
    add("values_tensor") = onnx_tensor(type_, values, {values.size()});
    add("default_tensor") = onnx_tensor(type_, kMissing, {1});
    return made;
  }

  GraphWriter& graph_;
  const Schema& schema_;
  NumberType type_;
};

}  // namespace

void write_header(onnx::ModelProto& file, const OnnxVersions& versions, const Schema& schema) {
  file.set_ir_version(versions.file);
  file.set_producer_name(std::string(kOnnxProducer));
  file.set_producer_version(ML_INFERENCE_VERSION);
  const auto add_operators = [&](const char* domain, std::int64_t version) {
    onnx::OperatorSetIdProto& set = *file.add_opset_import();
    set.set_domain(domain);
    set.set_version(version);
  };
  add_operators("", versions.operators);
  add_operators("ai.onnx.ml", versions.ml);
  const auto add_property = [&](std::string_view key, const std::string& value) {
    onnx::StringStringEntryProto& entry = *file.add_metadata_props();
    entry.set_key(std::string(key));
    entry.set_value(value);
  };
  add_property(kFeatureNamesKey, json_array(schema.feature_names));
  add_property(kTargetNameKey, schema.targets[0].name);
  add_property(kAcceptsMissingKey, schema.input.accepts_missing ? "true" : "false");
  add_property(kAcceptsInfiniteKey, schema.input.accepts_infinite ? "true" : "false");
  if (schema.categories.empty()) return;
  const std::string categories = stated_categories_text(schema.categories);
  if (categories.size() > kOnnxCategoriesTextMax) {
    refuse(Code::unimplemented, "onnx: the model has categories of {} bytes, expected at most {}",
           categories.size(), kOnnxCategoriesTextMax);
  }
  add_property(kCategoriesKey, categories);
}

onnx::ModelProto write_model_graph(const Model& model) {
  onnx::ModelProto file;
  write_header(file, kGraphVersions, model.schema());
  onnx::GraphProto& made = *file.mutable_graph();
  made.set_name("model");
  if (model.schema().takes_any_width) {
    refuse(Code::unimplemented,
           "onnx: the model takes rows of any width, expected a number of features");
  }
  // Several values of a row's width have to fit into what the reader has for one row.
  if (model.schema().feature_count() > kOnnxElementCountMax / 8) {
    refuse(Code::unimplemented, "onnx: the model has {} features, expected at most {}",
           model.schema().feature_count(), kOnnxElementCountMax / 8);
  }
  GraphWriter graph(made);
  for (const std::string_view name :
       {kLabelOutput, kProbabilitiesOutput, kPredictionOutput, kScoresOutput}) {
    static_cast<void>(graph.new_name(name));
  }
  const WrittenValue rows = RowWriter(graph, model.schema()).write();
  write_answers(graph, model.schema(), write_estimator(graph, model.estimator(), rows));
  if (made.node_size() > kOnnxGraphNodeCountMax) {
    refuse(Code::unimplemented, "onnx: the model takes {} operators, expected at most {}",
           made.node_size(), kOnnxGraphNodeCountMax);
  }
  return file;
}

}  // namespace ml_inference
