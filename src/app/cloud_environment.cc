// SPDX-License-Identifier: MIT
#include "app/cloud_environment.h"

#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ml_inference {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;
using ModelFinder = std::function<std::optional<std::string>(const std::string&)>;

constexpr char kSageMakerModel[] = "/opt/ml/model";
constexpr char kSageMakerModels[] = "/opt/ml/models";
constexpr std::string_view kSageMakerPrefix = "SAGEMAKER_";
constexpr std::uint16_t kSageMakerPort = 8080;

std::string value_of(const Variables& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::optional<std::string> only_file(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  if (error) return std::nullopt;
  std::string found;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (!entry->is_regular_file()) continue;
    if (!found.empty()) return folder;
    found = entry->path().string();
  }
  return found.empty() ? folder : found;
}

class Reader {
 public:
  explicit Reader(const Variables& environment) : environment_(environment) {}

  void read_vertex() {
    if (const auto port = port_of("AIP_HTTP_PORT")) found_.port = port;
    const std::string base = default_route();
    add_alias("AIP_HEALTH_ROUTE", base, Operation::ready);
    add_alias("AIP_PREDICT_ROUTE", base.empty() ? base : base + ":predict", Operation::predict);
  }

  void read_sagemaker(const ModelFinder& model_in) {
    const std::optional<std::string> model = model_in(kSageMakerModel);
    const auto variable = environment_.lower_bound(kSageMakerPrefix);
    const bool has_variable =
        variable != environment_.end() && variable->first.starts_with(kSageMakerPrefix);
    found_.model_path = model.value_or("");
    if (!model && !has_variable) return;
    found_.port = port_of("SAGEMAKER_BIND_TO_PORT").value_or(kSageMakerPort);
    if (is_true("SAGEMAKER_MULTI_MODEL")) {
      found_.model_path.clear();
      found_.repository_path = kSageMakerModels;
    }
  }

  void read_kserve() { found_.predict_probabilities = is_true("PREDICT_PROBA"); }

  [[nodiscard]] CloudEnvironment take() && { return std::move(found_); }

 private:
  void warn(std::string_view name, std::string_view value, std::string_view expected) {
    found_.warnings.push_back(fmt::format("{} is '{}', expected {}; it is left out", name,
                                          printable_text(value), expected));
  }

  bool is_true(std::string_view name) {
    std::string value = value_of(environment_, name);
    for (char& c : value) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!value.empty() && value != "true" && value != "false") {
      warn(name, value_of(environment_, name), "true or false");
    }
    return value == "true";
  }

  std::optional<std::uint16_t> port_of(std::string_view name) {
    const std::string value = value_of(environment_, name);
    if (value.empty()) return std::nullopt;
    std::uint16_t port = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, port);
    if (error == std::errc() && stop == end && port > 0) return port;
    warn(name, value, "a port from 1 to 65535");
    return std::nullopt;
  }

  // What Vertex AI calls where the model names no routes.
  std::string default_route() {
    const std::string mode = value_of(environment_, "AIP_MODE");
    if (!mode.empty() && mode != "PREDICTION") {
      warn("AIP_MODE", mode, "PREDICTION");
      return {};
    }
    const std::string endpoint = value_of(environment_, "AIP_ENDPOINT_ID");
    const std::string model = value_of(environment_, "AIP_DEPLOYED_MODEL_ID");
    if (endpoint.empty() || model.empty()) return {};
    return fmt::format("/v1/endpoints/{}/deployedModels/{}", endpoint, model);
  }

  void add_alias(std::string_view name, const std::string& otherwise, Operation operation) {
    const std::string value = value_of(environment_, name);
    const std::string& path = value.empty() ? otherwise : value;
    if (path.empty()) return;
    const bool is_path = path.front() == '/' && std::ranges::all_of(path, [](char c) {
                           return c > ' ' && c < '\x7f' && c != '?' && c != '#';
                         });
    if (!is_path) return warn(name, path, "a path such as /health");
    found_.aliases.push_back({.path = path, .operation = operation, .dialect = Dialect::v1});
  }

  const Variables& environment_;
  CloudEnvironment found_;
};

}  // namespace

CloudEnvironment read_cloud_environment(const Variables& environment, const ModelFinder& model_in) {
  Reader reader(environment);
  reader.read_sagemaker(model_in);
  reader.read_vertex();
  reader.read_kserve();
  return std::move(reader).take();
}

CloudEnvironment cloud_environment() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const std::size_t equals = std::min(variable.find('='), variable.size());
    variables.emplace(variable.substr(0, equals),
                      variable.substr(std::min(equals + 1, variable.size())));
  }
  return read_cloud_environment(variables, only_file);
}

}  // namespace ml_inference
