// SPDX-License-Identifier: MIT
#include "formats/onnx/reader.h"

#include "formats/format_error.h"
#include "formats/onnx/budget.h"
#include "formats/onnx/dataflow.h"
#include "formats/onnx/graph.h"
#include "formats/onnx/metadata.h"
#include "formats/onnx/onnx.pb.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

onnx::ModelProto parse(std::string_view bytes) {
  check_onnx_budget(bytes);
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    refuse(Code::data_loss, "onnx: the {} bytes are no ModelProto", bytes.size());
  }
  if (!model.has_graph()) refuse(Code::data_loss, "onnx: the file has no graph");
  return model;
}

// The values of metadata_props, by key.
class Metadata {
 public:
  explicit Metadata(const onnx::ModelProto& model) : model_(model) {}

  [[nodiscard]] bool is_ours() const { return model_.producer_name() == kOnnxProducer; }

  [[nodiscard]] const std::string* find(std::string_view key) const {
    const auto& entries = model_.metadata_props();
    const auto found = std::ranges::find(entries, key, &onnx::StringStringEntryProto::key);
    return found == entries.end() ? nullptr : &found->value();
  }

  // A flag of our own files; in others' the word may mean anything.
  [[nodiscard]] bool flag(std::string_view key, bool otherwise) const {
    const std::string* text = is_ours() ? find(key) : nullptr;
    if (text == nullptr) return otherwise;
    if (*text != "true" && *text != "false") {
      refuse(Code::data_loss, "onnx: metadata {} is {}, expected true or false", key,
             quoted_text(*text));
    }
    return *text == "true";
  }

  // How many feature names there are; 0 when they are none.
  [[nodiscard]] std::size_t name_count() const {
    const std::string* text = find(kFeatureNamesKey);
    const auto names = text == nullptr ? std::nullopt : string_array(*text);
    return names ? names->size() : 0;
  }

  // The feature names, when they are there and as many as expected. In a file of ours anything else
  // is a fault; in others' the key may hold anything.
  [[nodiscard]] std::optional<std::vector<std::string>> feature_names(std::size_t count) const {
    const std::string* text = find(kFeatureNamesKey);
    if (text == nullptr) return std::nullopt;
    std::optional<std::vector<std::string>> names = string_array(*text);
    if (names && names->size() == count) return names;
    if (!is_ours()) return std::nullopt;
    refuse(Code::data_loss, "onnx: metadata {} has {} names, expected a JSON array of {}",
           kFeatureNamesKey, names ? names->size() : 0, count);
  }

 private:
  static std::optional<std::vector<std::string>> string_array(std::string_view text) {
    boost::json::error_code error;
    const boost::json::value parsed = boost::json::parse(text, error);
    if (error || !parsed.is_array()) return std::nullopt;
    std::vector<std::string> names;
    for (const boost::json::value& name : parsed.get_array()) {
      if (!name.is_string()) return std::nullopt;
      names.emplace_back(name.get_string());
    }
    return names;
  }

  const onnx::ModelProto& model_;
};

std::vector<std::string> numbered_names(std::size_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t index = 0; index < count; ++index) names.push_back(fmt::format("x{}", index));
  return names;
}

std::vector<std::string> feature_names(const Metadata& metadata,
                                       const std::vector<std::string>& of_inputs,
                                       std::size_t count) {
  if (auto names = metadata.feature_names(count)) return *std::move(names);
  return of_inputs.empty() ? numbered_names(count) : of_inputs;
}

Schema read_schema(const Metadata& metadata, const std::vector<std::string>& input_names,
                   std::size_t feature_count, std::vector<Target> targets) {
  Schema schema{.feature_names = feature_names(metadata, input_names, feature_count),
                // onnxruntime takes any float.
                .input = {.accepts_missing = metadata.flag(kAcceptsMissingKey, true),
                          .accepts_infinite = metadata.flag(kAcceptsInfiniteKey, true)},
                .targets = std::move(targets)};
  const std::string* target = metadata.is_ours() ? metadata.find(kTargetNameKey) : nullptr;
  if (target != nullptr) schema.targets[0].name = *target;
  return schema;
}

Model checked(Result<Model> model) {
  if (!model) refuse(model.error().code, "onnx: {}", model.error().message);
  return *std::move(model);
}

// The one forest that the graph is, if it is.
std::optional<Model> read_forest_model(const onnx::ModelProto& file, std::size_t memory_max) {
  const Metadata metadata(file);
  const std::optional<OnnxGraph> graph = read_onnx_graph(file.graph(), metadata.is_ours());
  if (!graph) return std::nullopt;
  std::optional<OnnxForest> read = read_onnx_forest(*graph, memory_max);
  if (!read) return std::nullopt;
  Schema schema =
      read_schema(metadata, graph->input_names, read->forest.feature_count(),
                  {{.task = graph->task, .class_labels = graph->ensemble.class_labels}});
  return checked(make_model(std::move(schema), std::move(read->forest),
                            {.format = "onnx", .producer = file.producer_name()}, read->link));
}

Model read_dataflow_model(const onnx::ModelProto& file, std::size_t memory_max) {
  const Metadata metadata(file);
  OnnxDataflow read = read_onnx_dataflow(file, metadata.name_count(), memory_max);
  Schema schema =
      read_schema(metadata, read.feature_names, read.feature_count, std::move(read.targets));
  // Others' float inputs are rounded inside the graph, and take what float32 cannot hold.
  const bool is_float32 =
      metadata.is_ours() &&
      file.graph().input(0).type().tensor_type().elem_type() == onnx::TensorProto::FLOAT;
  schema.input.type = is_float32 ? NumberType::float32 : NumberType::float64;
  schema.categories = std::move(read.categories);
  return checked(make_model(std::move(schema), std::move(read.estimator),
                            {.format = "onnx", .producer = file.producer_name()}));
}

}  // namespace

bool begins_like_onnx(std::string_view bytes) {
  // Field 1 as a varint, and the tag of a field behind it.
  constexpr char kIrVersionTag = 0x08;
  return bytes.size() > 2 && bytes[0] == kIrVersionTag && bytes[1] > 0 && bytes[2] != 0;
}

Model read_onnx(std::string_view bytes) {
  const onnx::ModelProto file = parse(bytes);
  static_cast<void>(onnx_versions(file));
  const std::size_t memory_max = onnx_memory_max(bytes.size());
  if (std::optional<Model> model = read_forest_model(file, memory_max)) return *std::move(model);
  return read_dataflow_model(file, memory_max);
}

}  // namespace ml_inference
