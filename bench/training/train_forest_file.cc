// SPDX-License-Identifier: MIT
// train_forest_file FILE --seed N --trees N --threads N --estimator NAME: trains a forest on rows
// from a file, scores it on others, and prints one JSON line
// {"cpu_seconds":…,"wall_seconds":…,"score":…,"nodes":…}. Used by bench/training/run.
//
// FILE  four uint64: rows to train on, rows to score on, features, classes (0 for a regression);
//       then float32 values of both, row-major; then a float64 target for each row, class
//       numbers from 0 or numbers. Little-endian.
#include "data/matrix.h"
#include "model/reference_predict.h"
#include "training/train_forest.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

struct Data {
  std::size_t train_count = 0;
  std::size_t test_count = 0;
  std::size_t feature_count = 0;
  std::size_t class_count = 0;
  std::vector<float> values;
  std::vector<double> targets;

  [[nodiscard]] MatrixView<const float> train_rows() const {
    return {std::span(values).first(train_count * feature_count), train_count, feature_count};
  }
  [[nodiscard]] MatrixView<const float> test_rows() const {
    return {std::span(values).subspan(train_count * feature_count), test_count, feature_count};
  }
  [[nodiscard]] std::span<const double> test_targets() const {
    return std::span(targets).subspan(train_count);
  }
};

[[noreturn]] void exit_with(const std::string& message) {
  fmt::print(stderr, "train_forest_file: {}\n", message);
  std::exit(1);
}

template <class T>
void read_numbers(std::ifstream& file, std::span<T> numbers) {
  file.read(reinterpret_cast<char*>(numbers.data()),
            static_cast<std::streamsize>(numbers.size_bytes()));
  if (!file) exit_with("the file is too short");
}

Data read_data(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint64_t> sizes(4);
  read_numbers(file, std::span(sizes));
  Data data{.train_count = sizes[0],
            .test_count = sizes[1],
            .feature_count = sizes[2],
            .class_count = sizes[3]};
  const std::size_t row_count = data.train_count + data.test_count;
  data.values.resize(row_count * data.feature_count);
  data.targets.resize(row_count);
  read_numbers(file, std::span(data.values));
  read_numbers(file, std::span(data.targets));
  return data;
}

double cpu_seconds() {
  timespec time{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) exit_with("no clock of CPU time");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Result<TrainedForest> train(const Data& data, const ForestOptions& options) {
  const std::span<const double> targets = std::span(data.targets).first(data.train_count);
  if (data.class_count == 0) return train_regressor(data.train_rows(), targets, options);
  const std::vector<std::int32_t> classes(targets.begin(), targets.end());
  return train_classifier(data.train_rows(), classes, data.class_count, options);
}

double accuracy(const Forest& forest, const Data& data) {
  std::vector<double> out(data.test_count * data.class_count);
  reference_predict(forest, data.test_rows(), out);
  std::size_t right_count = 0;
  for (std::size_t row = 0; row < data.test_count; ++row) {
    const auto shares = std::span(out).subspan(row * data.class_count, data.class_count);
    const auto best = std::ranges::max_element(shares) - shares.begin();
    right_count += static_cast<double>(best) == data.test_targets()[row] ? 1U : 0U;
  }
  return static_cast<double>(right_count) / static_cast<double>(data.test_count);
}

double r_squared(const Forest& forest, const Data& data) {
  std::vector<double> out(data.test_count);
  reference_predict(forest, data.test_rows(), out);
  const std::span<const double> targets = data.test_targets();
  const double mean =
      std::accumulate(targets.begin(), targets.end(), 0.0) / static_cast<double>(targets.size());
  double error = 0;
  double deviation = 0;
  for (std::size_t row = 0; row < out.size(); ++row) {
    error += (targets[row] - out[row]) * (targets[row] - out[row]);
    deviation += (targets[row] - mean) * (targets[row] - mean);
  }
  return 1 - error / deviation;
}

void run(const std::string& path, const ForestOptions& options) {
  const Data data = read_data(path);
  const double cpu_start = cpu_seconds();
  const auto wall_start = std::chrono::steady_clock::now();
  const Result<TrainedForest> trained = train(data, options);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - wall_start;
  const double cpu = cpu_seconds() - cpu_start;
  if (!trained) exit_with(trained.error().message);
  const Forest& forest = trained->forest;
  fmt::print(
      "{{\"cpu_seconds\":{:.6f},\"wall_seconds\":{:.6f},\"score\":{:.6f},"
      "\"nodes\":{}}}\n",
      cpu, wall.count(), data.class_count > 0 ? accuracy(forest, data) : r_squared(forest, data),
      forest.nodes().size());
}

}  // namespace
}  // namespace ml_inference

int main(int argument_count, char** arguments) {
  std::string path;
  std::string estimator = "random-forest";
  std::uint64_t seed = 42;
  std::size_t tree_count = 100;
  std::size_t thread_count = 1;
  CLI::App app("train a forest on rows from a file and score it on others");
  app.add_option("FILE", path)->required();
  app.add_option("--seed", seed);
  app.add_option("--trees", tree_count);
  app.add_option("--threads", thread_count);
  app.add_option("--estimator", estimator)->check(CLI::IsMember({"random-forest", "extra-trees"}));
  CLI11_PARSE(app, argument_count, arguments);
  ml_inference::ForestOptions options;
  if (estimator == "extra-trees") options = ml_inference::extra_trees_options();
  options.seed = seed;
  options.tree_count = tree_count;
  options.thread_count = thread_count;
  ml_inference::run(path, options);
}
