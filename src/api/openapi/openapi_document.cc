// SPDX-License-Identifier: MIT
#include "api/openapi/openapi_document.h"

#include "api/limits.h"
#include "api/openapi/described_model.h"
#include "api/openapi/described_paths.h"
#include "api/openapi/dialect_description.h"
#include "api/openapi/json_schema.h"
#include "api/openapi/responses.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::array kDialects{Dialect::own, Dialect::oip, Dialect::v1, Dialect::scoring,
                               Dialect::torchserve};

// What components may be called.
std::string component_word(std::string_view name) {
  std::string word;
  for (const char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_';
    word += is_plain ? c : '_';
  }
  return word;
}

// The paths and schemas of the models, as long as there is room.
class Models {
 public:
  explicit Models(const DocumentFacts& facts)
      : catalog_(*facts.catalog), writer_(facts.aliases, facts.rights, facts.guarded) {
    if (const Result<ChosenModel> chosen = catalog_.select({})) default_ = chosen->version;
  }

  void describe() {
    if (default_ != nullptr) {  // before all others: it is what a learner tries
      for (const CatalogModel& model : catalog_.models()) describe_versions(model, true);
    }
    for (const CatalogModel& model : catalog_.models()) describe_versions(model, false);
  }

  JsonObject paths;
  JsonObject schemas;
  std::vector<std::string> left_out;  // "iris version 3"

  [[nodiscard]] bool has_default() const { return default_ != nullptr; }

 private:
  void describe_versions(const CatalogModel& model, bool is_default) {
    const ModelVersion* const answering = model.answering();
    for (const ModelVersion& version : model.versions) {
      if (version.model == nullptr || (&version == default_) != is_default) continue;
      ModelPlaces places{.is_default = is_default,
                         .is_answering = &version == answering,
                         .version = std::to_string(version.number)};
      for (const auto& [label, number] : model.labels) {
        if (number == version.number) places.labels.push_back(label);
      }
      describe(model, version, places);
    }
  }

  std::string prefix_of(const CatalogModel& model, const ModelVersion& version) {
    std::string prefix = fmt::format("{}.v{}.", component_word(model.name), version.number);
    for (int count = 2; !prefixes_.insert(prefix).second; ++count) {
      prefix = fmt::format("{}.v{}.{}.", component_word(model.name), version.number, count);
    }
    return prefix;
  }

  void describe(const CatalogModel& model, const ModelVersion& version, const ModelPlaces& places) {
    const DescribedModel described(model, version, prefix_of(model, version));
    JsonObject its_schemas = described.schemas();
    for (const Dialect dialect : kDialects) {
      for (auto& [name, schema] : dialect_description(dialect).model_schemas(described)) {
        its_schemas[name] = std::move(schema);
      }
    }
    JsonObject its_paths;
    writer_.add_predicting(described, places, its_paths);
    const std::size_t size =
        boost::json::serialize(its_schemas).size() + boost::json::serialize(its_paths).size();
    if (size_ + size > kDescribedModelsSizeMax) {
      left_out.push_back(fmt::format("{} version {}", model.name, version.number));
      return;
    }
    size_ += size;
    for (auto& [name, schema] : its_schemas) schemas[name] = std::move(schema);
    for (auto& [path, item] : its_paths) paths[path] = std::move(item);
  }

  const ModelCatalog& catalog_;
  PathWriter writer_;
  const ModelVersion* default_ = nullptr;
  std::set<std::string> prefixes_;
  std::size_t size_ = 0;
};

std::string left_out_text(std::span<const std::string> left_out) {
  std::string text = fmt::format(
      "\n\nNot described, because this document gives models at most {} bytes; they answer under "
      "the same paths with their own names: ",
      kDescribedModelsSizeMax);
  const std::size_t shown = std::min(left_out.size(), kDescribedNameCountMax);
  text += fmt::format("{}", fmt::join(left_out.first(shown), ", "));
  if (shown < left_out.size()) text += fmt::format(", and {} more", left_out.size() - shown);
  return text + ".";
}

std::string info_text(const DocumentFacts& facts, bool has_default,
                      std::span<const std::string> left_out) {
  std::string text =
      "Predictions of machine-learning models, in the words of several servers: our own API, Open "
      "Inference Protocol v2 (KServe, Triton), KServe v1, TensorFlow Serving, Vertex AI, MLflow, "
      "SageMaker and TorchServe.\n\nEach GET is answered for HEAD, too, without the body. Another "
      "path than these is answered with 404, another method with 405: see the components' "
      "responses NotFound and MethodNotAllowed. What could only be refused is not listed: "
      "explanations, and changes of models that the settings do not allow.";
  if (facts.catalog == nullptr) {
    text += "\n\nNo model answers yet: operations that predict come with the models.";
  } else if (!has_default) {
    text +=
        "\n\nNo model answers where none is named (--default-model): /predict and /invocations "
        "are refused.";
  }
  if (!facts.rights.loads) {
    text += "\n\nModels are not loaded by requests (--model-repository, --model-control-mode).";
  } else if (!facts.rights.unloads) {
    text += "\n\nModels are not unloaded by requests (--model-control-mode explicit).";
  }
  if (!left_out.empty()) text += left_out_text(left_out);
  return text;
}

bool has_labels(const ModelCatalog* catalog) {
  return catalog != nullptr &&
         std::ranges::any_of(catalog->models(),
                             [](const CatalogModel& model) { return !model.labels.empty(); });
}

JsonArray model_names(const ModelCatalog* catalog) {
  JsonArray names;
  if (catalog == nullptr || catalog->models().size() > kDescribedNameCountMax) return names;
  for (const CatalogModel& model : catalog->models()) names.emplace_back(model.name);
  return names;
}

JsonArray tags() {
  JsonArray all;
  for (const Dialect dialect : kDialects) {
    const DialectDescription& described = dialect_description(dialect);
    all.push_back({{"name", described.tag()}, {"description", described.description()}});
  }
  return all;
}

JsonObject components(const DocumentFacts& facts, JsonObject schemas) {
  JsonObject responses;
  for (const Dialect dialect : kDialects) {
    const DialectDescription& described = dialect_description(dialect);
    for (auto& [name, schema] : described.schemas()) schemas[name] = std::move(schema);
    for (auto& [name, answer] : shared_responses(described, facts.guarded)) {
      responses[name] = std::move(answer);
    }
  }
  JsonObject all{{"schemas", std::move(schemas)},
                 {"responses", std::move(responses)},
                 {"headers", shared_headers(facts.guarded)},
                 {"parameters", shared_parameters(model_names(facts.catalog))}};
  if (facts.guarded) {
    all["securitySchemes"] = {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}};
  }
  return all;
}

}  // namespace

std::string openapi_document(const DocumentFacts& facts) {
  JsonObject paths;
  JsonObject schemas;
  std::vector<std::string> left_out;
  bool has_default = false;
  if (facts.catalog != nullptr) {
    Models models(facts);
    models.describe();
    paths = std::move(models.paths);
    schemas = std::move(models.schemas);
    left_out = std::move(models.left_out);
    has_default = models.has_default();
  }
  PathWriter(facts.aliases, facts.rights, facts.guarded)
      .add_informing(has_labels(facts.catalog), paths);
  const Json document{{"openapi", "3.1.0"},
                      {"info",
                       {{"title", "ml-inference"},
                        {"description", info_text(facts, has_default, left_out)},
                        {"license", {{"name", "MIT"}, {"identifier", "MIT"}}},
                        {"version", facts.version}}},
                      {"servers", JsonArray{{{"url", "/"}}}},
                      {"security", JsonArray{}},
                      {"tags", tags()},
                      {"paths", std::move(paths)},
                      {"components", components(facts, std::move(schemas))}};
  return boost::json::serialize(document);
}

}  // namespace ml_inference
