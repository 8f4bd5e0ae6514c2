// SPDX-License-Identifier: MIT
#include "formats/onnx/reader.h"

#include "formats/format_error.h"
#include "formats/onnx/budget.h"
#include "formats/onnx/forest.h"
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

// The tree ensembles are the same in ai.onnx.ml 1 to 4 but for attributes that came in 3; from 5 on
// another operator replaces them.
constexpr std::int64_t kMlVersionMax = 4;

onnx::ModelProto parse(std::string_view bytes) {
  check_onnx_budget(bytes);
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    refuse(Code::data_loss, "onnx: the {} bytes are no ModelProto", bytes.size());
  }
  if (!model.has_graph()) refuse(Code::data_loss, "onnx: the file has no graph");
  return model;
}

void check_operator_sets(const onnx::ModelProto& model) {
  for (const onnx::OperatorSetIdProto& set : model.opset_import()) {
    if (set.domain() == "ai.onnx.ml" && (set.version() < 1 || set.version() > kMlVersionMax)) {
      refuse(Code::unimplemented, "onnx: the operators are of ai.onnx.ml {}, expected 1 to {}",
             set.version(), kMlVersionMax);
    }
  }
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

std::vector<std::string> feature_names(const Metadata& metadata, const OnnxGraph& graph,
                                       std::size_t count) {
  if (auto names = metadata.feature_names(count)) return *std::move(names);
  return graph.input_names.empty() ? numbered_names(count) : graph.input_names;
}

Schema read_schema(const Metadata& metadata, const OnnxGraph& graph, std::size_t feature_count) {
  Schema schema{.feature_names = feature_names(metadata, graph, feature_count),
                // onnxruntime takes any float.
                .input = {.accepts_missing = metadata.flag(kAcceptsMissingKey, true),
                          .accepts_infinite = metadata.flag(kAcceptsInfiniteKey, true)},
                .targets = {{.task = graph.task, .class_labels = graph.class_labels}}};
  const std::string* target = metadata.is_ours() ? metadata.find(kTargetNameKey) : nullptr;
  if (target != nullptr) schema.targets[0].name = *target;
  return schema;
}

}  // namespace

bool begins_like_onnx(std::string_view bytes) {
  // Field 1 as a varint, and the tag of a field behind it.
  constexpr char kIrVersionTag = 0x08;
  return bytes.size() > 2 && bytes[0] == kIrVersionTag && bytes[1] > 0 && bytes[2] != 0;
}

Model read_onnx(std::string_view bytes) {
  const onnx::ModelProto file = parse(bytes);
  check_operator_sets(file);
  const OnnxGraph graph = read_onnx_graph(file.graph());
  Forest forest = read_onnx_forest(graph, onnx_memory_max(bytes.size()));
  Schema schema = read_schema(Metadata(file), graph, forest.feature_count());
  Provenance provenance{.format = "onnx", .producer = file.producer_name()};
  Result<Model> model = make_model(std::move(schema), std::move(forest), std::move(provenance));
  if (!model) refuse(model.error().code, "onnx: {}", model.error().message);
  return *std::move(model);
}

}  // namespace ml_inference
