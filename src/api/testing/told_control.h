// SPDX-License-Identifier: MIT
#pragma once

#include "serving/repository/model_control.h"

#include <string>
#include <vector>

namespace ml_inference::testing {

/// Writes down what it is asked, and says `outcome`. Knows of two models, one of them not loaded.
class ToldControl final : public ModelControl {
 public:
  [[nodiscard]] ControlRights rights() const override { return allowed; }
  [[nodiscard]] std::vector<RepositoryEntry> index() const override {
    return {{.name = "rose", .version = 4, .state = VersionState::available},
            {.name = "tulip", .version = std::nullopt}};
  }
  [[nodiscard]] Result<void> load(const std::string& name, ModelUpload upload,
                                  std::stop_token) override {
    calls.push_back("load " + name + " " + upload.config_json);
    for (const auto& [file, bytes] : upload.files) calls.push_back(file + "=" + bytes);
    return outcome;
  }
  [[nodiscard]] Result<bool> add(const std::string& name, const std::string& url,
                                 std::stop_token) override {
    calls.push_back("add " + name + " " + url);
    if (!outcome) return std::unexpected(outcome.error());
    return is_new;
  }
  [[nodiscard]] Result<bool> unload(const std::string& name, std::stop_token) override {
    calls.push_back("unload " + name);
    if (!outcome) return std::unexpected(outcome.error());
    return was_loaded;
  }
  [[nodiscard]] Result<void> set_default(const std::string& name,
                                         std::optional<std::int64_t> version,
                                         std::stop_token) override {
    calls.push_back("default " + name + " " + (version ? std::to_string(*version) : ""));
    return outcome;
  }
  [[nodiscard]] Result<void> reload_all(std::stop_token) override { return outcome; }

  ControlRights allowed{.loads = true, .unloads = true, .uploads = true, .sets_default = true};
  std::vector<std::string> calls;
  Result<void> outcome;
  bool is_new = true;      // what is added
  bool was_loaded = true;  // what is unloaded
};

}  // namespace ml_inference::testing
