// SPDX-License-Identifier: MIT
// train_boosted FOLDER THREADS [ROUNDS]: boosts on the rows of a folder that compare.py wrote,
// saves the answers for its test rows in ours.f64, and prints what it took as JSON.
#include "base/assert.h"
#include "data/matrix.h"
#include "model/reference_predict.h"
#include "training/train_boosting.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

template <class T>
std::vector<T> file_numbers(const std::string& path) {
  const std::string bytes = file_text(path);
  std::vector<T> numbers(bytes.size() / sizeof(T));
  bytes.copy(reinterpret_cast<char*>(numbers.data()), bytes.size());
  return numbers;
}

std::vector<double> wide_numbers(const std::string& path) {
  const std::vector<float> numbers = file_numbers<float>(path);
  return {numbers.begin(), numbers.end()};
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// [row_count, class_count] probabilities, or one value a row.
std::vector<double> answers(const TrainedBoosting& trained, MatrixView<const double> rows) {
  const std::size_t sum_count = trained.forest.output_count();
  std::vector<double> sums(rows.row_count() * sum_count);
  reference_predict(trained.forest, rows, sums);
  std::vector<double> out(rows.row_count() * trained.link.output_count(sum_count));
  apply_link(trained.link, MatrixView<const double>(sums, rows.row_count(), sum_count), out);
  return out;
}

int run(const std::string& folder, std::size_t thread_count, std::size_t round_count) {
  const boost::json::object about =
      boost::json::parse(file_text(folder + "/about.json")).as_object();
  const auto count = [&](const char* key) { return about.at(key).to_number<std::size_t>(); };
  const std::vector<double> values = wide_numbers(folder + "/train.f32");
  const std::vector<double> targets = file_numbers<double>(folder + "/target.f64");
  const std::vector<double> test = wide_numbers(folder + "/test.f32");
  const std::size_t feature_count = count("features");
  const std::size_t class_count = count("classes");
  BoostingOptions options{
      .max_iter = round_count, .early_stopping = EarlyStopping::no, .thread_count = thread_count};
  for (const boost::json::value& feature : about.at("categorical").as_array()) {
    options.categorical_features.push_back(feature.to_number<std::size_t>());
  }
  const MatrixView<const double> rows(values, targets.size(), feature_count);
  const std::vector<std::int32_t> classes(targets.begin(), targets.end());
  const double cpu_begin = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  const Result<TrainedBoosting> trained =
      class_count == 0 ? train_boosted_regressor(rows, targets, options)
                       : train_boosted_classifier(rows, classes, class_count, options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const double cpu = cpu_seconds() - cpu_begin;
  ASSERT(trained.has_value());
  const std::vector<double> out =
      answers(*trained, MatrixView<const double>(test, test.size() / feature_count, feature_count));
  std::ofstream(folder + "/ours.f64", std::ios::binary)
      .write(reinterpret_cast<const char*>(out.data()),
             static_cast<std::streamsize>(out.size() * sizeof(double)));
  fmt::print("{{\"cpu\": {}, \"seconds\": {}, \"nodes\": {}}}\n", cpu, seconds.count(),
             trained->forest.nodes().size());
  return 0;
}

}  // namespace
}  // namespace ml_inference

int main(int argument_count, char** arguments) {
  if (argument_count < 3) return 2;
  const std::size_t rounds = argument_count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 100;
  return ml_inference::run(arguments[1], std::strtoull(arguments[2], nullptr, 10), rounds);
}
