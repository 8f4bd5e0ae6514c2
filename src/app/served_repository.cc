// SPDX-License-Identifier: MIT
#include "app/served_repository.h"

#include "app/verification.h"
#include "serving/repository/version_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <malloc.h>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

std::set<std::string> names_in(std::string_view text) {
  std::set<std::string> names;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) names.emplace(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return names;
}

ControlMode mode_of(std::string_view text) {
  if (text == "none") return ControlMode::none;
  return text == "explicit" ? ControlMode::explicit_ : ControlMode::poll;
}

RepositoryOptions options_of(const RepositorySettings& settings, const std::string& own_name) {
  RepositoryOptions options;
  options.root = settings.root;
  options.own_name = own_name;
  options.mode = mode_of(settings.control_mode);
  options.poll_pause = settings.poll_pause;
  options.policy = parse_version_policy(settings.version_policy).value();
  options.default_model = settings.default_model;
  options.load_at_start = names_in(settings.load_models);
  options.optional = names_in(settings.optional_models);
  options.allows_upload = settings.allows_upload;
  return options;
}

Result<std::string> golden_rows(const ServedModel& model, const std::string& path) {
  ASSIGN_OR_RETURN(const Verification seen, verify_beside(model, path));
  return seen.row_count == 0 ? std::string() : verification_text(seen);
}

}  // namespace

std::vector<std::string> settings_without_effect(const RepositorySettings& settings) {
  const bool is_there = !settings.root.empty();
  const bool is_explicit = settings.control_mode == "explicit";
  std::vector<std::string> out;
  const auto note = [&out](bool is_given, std::string_view flag, bool has_effect,
                           std::string_view needed) {
    if (is_given && !has_effect) {
      out.push_back(fmt::format("{} has no effect, expected {} beside it", flag, needed));
    }
  };
  constexpr std::string_view kRoot = "--model-repository";
  constexpr std::string_view kExplicit = "--model-repository and --model-control-mode explicit";
  note(settings.control_mode != RepositorySettings().control_mode, "--model-control-mode", is_there,
       kRoot);
  note(!settings.default_model.empty(), "--default-model", is_there, kRoot);
  note(!settings.optional_models.empty(), "--optional-model", is_there, kRoot);
  note(!settings.load_models.empty(), "--load-model", is_there && is_explicit, kExplicit);
  note(settings.allows_upload, "--allow-upload", is_there && is_explicit, kExplicit);
  return out;
}

ServedRepository::ServedRepository(const RepositorySettings& settings, const std::string& own_name,
                                   const Cgroup& cgroup, Readiness& readiness, Metrics& metrics,
                                   JsonLog& log)
    : watch_(settings.root),
      models_(options_of(settings, own_name), doors(cgroup), readiness, metrics, log) {}

RepositoryDoors ServedRepository::doors(const Cgroup& cgroup) {
  return {.verify = golden_rows,
          .memory_left = [cgroup]() -> std::optional<std::uint64_t> {
            const CgroupFacts facts = cgroup.read();
            if (!facts.memory_limit_bytes || !facts.memory_working_set_bytes) return std::nullopt;
            return *facts.memory_limit_bytes -
                   std::min(*facts.memory_limit_bytes, *facts.memory_working_set_bytes);
          },
          .give_back_memory = [] { ::malloc_trim(0); },
          .wait =
              [this](std::chrono::milliseconds limit, bool heeds_changes) {
                return watch_.wait(limit, heeds_changes) == TreeNews::changed;
              },
          .wake = [this] { watch_.wake(); },
          .renew_watch = [this] { return watch_.renew(); }};
}

}  // namespace ml_inference
