// SPDX-License-Identifier: MIT
// A folder of models for tests, whose looks are called for.
#pragma once

#include "serving/repository/repository_models.h"
#include "serving/repository/testing/temporary_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace ml_inference::testing {

/// The models of a folder without a thread: each look is called for.
class RepositoryTest : public ::testing::Test {
 protected:
  RepositoryTest() : null_(::open("/dev/null", O_WRONLY)), log_(null_, {}) {
    options_.root = folder_.path();
    options_.settle_pause = std::chrono::milliseconds(0);
  }
  ~RepositoryTest() override { ::close(null_); }

  RepositoryModels& models() {
    if (!models_) {
      models_ = std::make_unique<RepositoryModels>(options_, doors_, readiness_, metrics_, log_);
    }
    return *models_;
  }

  // Looks until nothing is in motion.
  void look() {
    int count = 0;
    while (models().look({})) ASSERT_LT(++count, 10);
  }

  // "m/1 available", "m/2 failed: why" of each.
  std::vector<std::string> states() {
    std::vector<std::string> out;
    for (const RepositoryEntry& entry : models().entries()) {
      out.push_back(fmt::format("{}/{} {}{}{}", entry.name, entry.version.value_or(0),
                                version_state_name(entry.state), entry.reason.empty() ? "" : ": ",
                                entry.reason));
    }
    return out;
  }

  // What the choice answers, not a number where it does not.
  double answer(ModelChoice choice = {}) const {
    const auto catalog = readiness_.catalog();
    if (catalog == nullptr) return std::nan("");
    const auto chosen = catalog->select(choice);
    return chosen ? answer_of(*chosen->version->model) : std::nan("");
  }

  static double answer_of(const ServedModel& model) {
    PredictScratch scratch;
    return model.predict({.cells = {0}, .row_count = 1}, scratch)[0];
  }

  double failure_count(const std::string& model) {
    return metrics_.counter("model_load_failures_total", "", {{"model", model}}).Value();
  }

  TemporaryFolder folder_;
  RepositoryOptions options_;
  RepositoryDoors doors_;
  Readiness readiness_;
  Metrics metrics_;
  const int null_;
  JsonLog log_;
  std::unique_ptr<RepositoryModels> models_;
};

}  // namespace ml_inference::testing
