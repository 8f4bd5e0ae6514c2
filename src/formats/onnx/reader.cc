// SPDX-License-Identifier: MIT
#include "formats/onnx/reader.h"

#include "formats/format_error.h"
#include "formats/onnx/budget.h"
#include "formats/onnx/dataflow.h"
#include "formats/onnx/file.h"
#include "formats/onnx/graph.h"
#include "formats/onnx/metadata.h"
#include "formats/onnx/onnx.pb.h"
#include "formats/onnx/wire.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// The values of metadata_props, by key.
class Metadata {
 public:
  explicit Metadata(const OnnxFile& file) : file_(file) {}

  [[nodiscard]] bool is_ours() const { return file_.producer_name == kOnnxProducer; }

  [[nodiscard]] OnnxMemory& memory() const { return *file_.memory; }

  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const {
    return find_onnx_metadata(file_, key);
  }

  // A flag of our own files; in others' the word may mean anything.
  [[nodiscard]] bool flag(std::string_view key, bool otherwise) const {
    const std::optional<std::string_view> text = is_ours() ? find(key) : std::nullopt;
    if (!text) return otherwise;
    if (*text != "true" && *text != "false") {
      refuse(Code::data_loss, "onnx: metadata {} is {}, expected true or false", key,
             quoted_text(*text));
    }
    return *text == "true";
  }

  // How many feature names there are; 0 when they are none.
  [[nodiscard]] std::size_t name_count() const {
    const std::optional<std::string_view> text = find(kFeatureNamesKey);
    const auto names = text ? string_array(*text) : std::nullopt;
    return names ? names->size() : 0;
  }

  // The feature names, when they are there and as many as expected. In a file of ours anything else
  // is a fault; in others' the key may hold anything.
  [[nodiscard]] std::optional<std::vector<std::string>> feature_names(std::size_t count) const {
    const std::optional<std::string_view> text = find(kFeatureNamesKey);
    if (!text) return std::nullopt;
    std::optional<std::vector<std::string>> names = string_array(*text);
    if (names && names->size() == count) return names;
    if (!is_ours()) return std::nullopt;
    refuse(Code::data_loss, "onnx: metadata {} has {} names, expected a JSON array of {}",
           kFeatureNamesKey, names ? names->size() : 0, count);
  }

 private:
  // A name takes its place in the JSON and in the list.
  [[nodiscard]] std::optional<std::vector<std::string>> string_array(std::string_view text) const {
    constexpr std::size_t kNameSize = 120;
    const auto commas = static_cast<std::size_t>(std::ranges::count(text, ','));
    const OnnxMemoryShare parsing(*file_.memory, text.size() + commas * kNameSize, 1);
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

  const OnnxFile& file_;
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
  if (!of_inputs.empty()) return of_inputs;
  metadata.memory().take(count, sizeof(std::string));
  return numbered_names(count);
}

Schema read_schema(const Metadata& metadata, const std::vector<std::string>& input_names,
                   std::size_t feature_count, std::vector<Target> targets) {
  Schema schema{.feature_names = feature_names(metadata, input_names, feature_count),
                // onnxruntime takes any float.
                .input = {.accepts_missing = metadata.flag(kAcceptsMissingKey, true),
                          .accepts_infinite = metadata.flag(kAcceptsInfiniteKey, true)},
                .targets = std::move(targets)};
  const auto target = metadata.is_ours() ? metadata.find(kTargetNameKey) : std::nullopt;
  if (target) schema.targets[0].name = *target;
  return schema;
}

Model checked(Result<Model> model) {
  if (!model) refuse(model.error().code, "onnx: {}", model.error().message);
  return *std::move(model);
}

// The one forest that the graph is, if it is.
std::optional<Model> read_forest_model(const OnnxFile& file) {
  const Metadata metadata(file);
  std::optional<OnnxGraph> graph = read_onnx_graph(file, metadata.is_ours());
  if (!graph) return std::nullopt;
  std::optional<OnnxForest> read = read_onnx_forest(*graph);
  if (!read) return std::nullopt;
  const Task task = graph->task;
  const std::vector<std::string> names = std::move(graph->input_names);
  std::vector<Label> labels = std::move(graph->ensemble.class_labels);
  graph.reset();  // its arrays, which the schema then has room in place of
  Schema schema = read_schema(metadata, names, read->forest.feature_count(),
                              {{.task = task, .class_labels = std::move(labels)}});
  return checked(make_model(std::move(schema), std::move(read->forest),
                            {.format = "onnx", .producer = std::string(file.producer_name)},
                            read->link));
}

Model read_dataflow_model(const OnnxFile& file) {
  const Metadata metadata(file);
  OnnxDataflow read = read_onnx_dataflow(file, metadata.name_count());
  Schema schema =
      read_schema(metadata, read.feature_names, read.feature_count, std::move(read.targets));
  // Others' float inputs are rounded inside the graph, and take what float32 cannot hold.
  const bool is_float32 = metadata.is_ours() && OnnxValueInfo(file.inputs.front()).element_type ==
                                                    onnx::TensorProto::FLOAT;
  schema.input.type = is_float32 ? NumberType::float32 : NumberType::float64;
  schema.categories = std::move(read.categories);
  return checked(make_model(std::move(schema), std::move(read.estimator),
                            {.format = "onnx", .producer = std::string(file.producer_name)}));
}

}  // namespace

bool begins_like_onnx(std::string_view bytes) {
  // Field 1 as a varint, and the tag of a field behind it.
  constexpr char kIrVersionTag = 0x08;
  return bytes.size() > 2 && bytes[0] == kIrVersionTag && bytes[1] > 0 && bytes[2] != 0;
}

Model read_onnx(std::string_view bytes) {
  check_onnx_budget(bytes);
  OnnxMemory memory(bytes.size());
  const OnnxFile file(bytes, memory);
  if (!file.has_graph) refuse(Code::data_loss, "onnx: the file has no graph");
  static_cast<void>(onnx_versions(file));
  if (std::optional<Model> model = read_forest_model(file)) return *std::move(model);
  return read_dataflow_model(file);
}

}  // namespace ml_inference
