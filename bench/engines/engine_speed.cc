// SPDX-License-Identifier: MIT
// engine_speed MODEL ROWS: what a prediction costs in CPU time, as the program serves the model.
//
// ROWS is a file of float64 numbers, little-endian, row-major, as many a row as the model has
// features. Batches take the rows in turns, so that each call sees other rows than the one before;
// a batch of 1 is a call a row. Prints JSON lines: one about the model, then one a measurement.
// With --commands it takes the measurements from stdin, one a line, so that a caller can have
// several programs take turns: "ENTRY BATCH SECONDS", or "answers FILE". Used by bench/engines/run.
#include "engines/engine.h"
#include "base/simd_targets.h"
#include "formats/load_model.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference {

// What is counted under callgrind (--toggle-collect=ml_inference_counted_calls): calls of the model
// and nothing of its loading. C's linkage gives it a name that can be written down.
extern "C" [[gnu::noinline]] void ml_inference_counted_calls(void (*calls)(void*), void* context) {
  calls(context);
}

namespace {

struct Options {
  std::string model_file;
  std::string rows_file;
  std::vector<std::string> entries = {"served"};
  std::vector<std::size_t> batches = {1, 64, 10'000};
  double seconds = 0.5;
  std::size_t repetitions = 5;
  std::size_t counted_rows = 0;
  std::string target;
  bool takes_commands = false;
};

// The doors through which rows go in.
constexpr std::string_view kServed = "served";    // float64 rows, Estimator::predict, as the server
constexpr std::string_view kFloat32 = "float32";  // float32 rows, Engine::predict, without a link

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// For loading, part of which has a thread of its own.
double clock_seconds() {
  const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
  return now.count();
}

/// A model behind its engine, and rows to ask it about.
class Subject {
 public:
  Subject(Model model, std::vector<double> rows) : model_(std::move(model)) {
    if (const Forest* const forest = model_.only_forest()) float32_width_ = forest->output_count();
    model_.run_forests_by([this](Forest forest) {
      std::unique_ptr<const Engine> engine = make_engine(std::move(forest));
      engine_ = forest_count_++ == 0 ? engine.get() : nullptr;
      engine_name_ = engine->name();
      memory_bytes_ += engine->memory_size();
      return engine;
    });
    feature_count_ = model_.estimator().feature_count();
    rows_ = std::move(rows);
    float32_rows_.assign(rows_.begin(), rows_.end());
    answers_.resize(row_count() * model_.estimator().answer_width());
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  [[nodiscard]] std::size_t row_count() const { return rows_.size() / feature_count_; }
  [[nodiscard]] bool has(std::string_view entry) const {
    return entry == kServed || (entry == kFloat32 && engine_ != nullptr);
  }

  /// Predicts `count` rows from `first` on.
  void predict(std::string_view entry, std::size_t first, std::size_t count) {
    if (entry == kServed) {
      const std::span<double> out = answers(count, model_.estimator().answer_width());
      model_.estimator().predict(part<const double>(rows_, first, count), out, workspace_);
    } else {
      // The engine's sums: as many as outputs, or one where the link makes two classes of it.
      const std::span<double> out = answers(count, float32_width_);
      engine_->predict(part<const float>(float32_rows_, first, count), out);
    }
  }

  /// Predicts all rows at once and writes them: float64, [row_count, answer_width].
  [[nodiscard]] bool write_answers(const std::string& path) {
    predict(kServed, 0, row_count());
    std::ofstream file(path, std::ios::binary);
    const std::span<const double> all = answers(row_count(), model_.estimator().answer_width());
    file.write(reinterpret_cast<const char*>(all.data()),
               static_cast<std::streamsize>(all.size_bytes()));
    return file.good();
  }

  void print_facts(double read_seconds, double first_answer_seconds) const {
    fmt::print(
        "{{\"engine\":\"{}\",\"trees\":{},\"nodes\":{},\"depth\":{},\"rows\":{},"
        "\"answer_width\":{},\"memory_bytes\":{},\"read_seconds\":{:.6f},"
        "\"first_answer_seconds\":{:.6f},\"entries\":[\"served\"{}]}}\n",
        engine_name_, model_.size().tree_count, model_.size().node_count, model_.size().depth,
        row_count(), model_.estimator().answer_width(), memory_bytes_, read_seconds,
        first_answer_seconds, has(kFloat32) ? ",\"float32\"" : "");
    std::fflush(stdout);
  }

 private:
  template <class T, class Value>
  [[nodiscard]] MatrixView<T> part(const std::vector<Value>& rows, std::size_t first,
                                   std::size_t count) const {
    return {std::span<T>(rows).subspan(first * feature_count_, count * feature_count_), count,
            feature_count_};
  }
  [[nodiscard]] std::span<double> answers(std::size_t count, std::size_t width) {
    if (answers_.size() < count * width) answers_.resize(count * width);
    return std::span(answers_).first(count * width);
  }

  Model model_;
  const Engine* engine_ = nullptr;  // of a model with one forest
  std::size_t forest_count_ = 0;
  std::string engine_name_ = "none";
  std::size_t memory_bytes_ = 0;
  std::size_t feature_count_ = 0;
  std::size_t float32_width_ = 0;
  std::vector<double> rows_;
  std::vector<float> float32_rows_;
  std::vector<double> answers_;
  Workspace workspace_;
};

/// Calls in turns over the rows, remembering where it was.
struct Caller {
  Subject& subject;
  std::string entry;
  std::size_t batch;
  std::size_t calls = 1;
  std::size_t first = 0;

  void run() {
    for (std::size_t call = 0; call < calls; ++call) {
      if (first + batch > subject.row_count()) first = 0;
      subject.predict(entry, first, batch);
      first += batch;
    }
  }
  void run_counted() {
    // Through a pointer that may change, or the compiler would call a copy under another name.
    static void (*volatile counted)(void (*)(void*), void*) = ml_inference_counted_calls;
    counted([](void* self) { static_cast<Caller*>(self)->run(); }, this);
  }
};

/// For at least so many seconds, or exactly so many calls where `calls` says so. Without the first,
/// which has its memory to find.
void measure(Subject& subject, const std::string& entry, std::size_t batch, double seconds,
             std::size_t calls) {
  Caller caller{subject, entry, batch};
  caller.run();
  caller.calls = std::max<std::size_t>(calls, 1);
  std::size_t done = 0;
  const double start = cpu_seconds();
  double taken = 0;
  do {
    caller.run_counted();
    done += caller.calls;
    taken = cpu_seconds() - start;
    // Ever more calls between two looks at the clock, which itself takes time.
    if (taken < seconds / 4) caller.calls *= 2;
  } while (calls == 0 && taken < seconds);
  const auto rows = static_cast<double>(done * batch);
  fmt::print("{{\"entry\":\"{}\",\"batch\":{},\"calls\":{},\"ns_per_row\":{:.2f}}}\n", entry, batch,
             done, taken * 1e9 / rows);
  std::fflush(stdout);
}

bool obey(Subject& subject, const std::string& line) {
  std::istringstream words(line);
  std::string entry;
  words >> entry;
  if (entry == "answers") {
    std::string path;
    words >> path;
    if (!subject.write_answers(path)) return false;
    fmt::print("{{\"written\":\"{}\"}}\n", path);
    std::fflush(stdout);
    return true;
  }
  std::size_t batch = 0;
  double seconds = 0;
  words >> batch >> seconds;
  if (!words || batch == 0 || batch > subject.row_count() || !subject.has(entry)) return false;
  measure(subject, entry, batch, seconds, 0);
  return true;
}

int obey_all(Subject& subject) {
  for (std::string line; std::getline(std::cin, line);) {
    if (obey(subject, line)) continue;
    fmt::print(stderr, "engine_speed: cannot do '{}'\n", line);
    return 1;
  }
  return 0;
}

int measure_all(Subject& subject, const Options& options) {
  for (const std::string& entry : options.entries) {
    for (const std::size_t batch : options.batches) {
      if (batch == 0 || batch > subject.row_count() || !subject.has(entry)) {
        fmt::print(stderr, "engine_speed: cannot measure '{}' in batches of {}\n", entry, batch);
        return 1;
      }
      for (std::size_t repetition = 0; repetition < options.repetitions; ++repetition) {
        const std::size_t calls =
            options.counted_rows == 0 ? 0 : std::max<std::size_t>(options.counted_rows / batch, 1);
        measure(subject, entry, batch, options.seconds, calls);
      }
    }
  }
  return 0;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  std::string bytes(static_cast<std::size_t>(file.tellg()), '\0');
  file.seekg(0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

std::optional<std::vector<double>> read_rows(const std::string& path, std::size_t feature_count) {
  const std::string bytes = read_file(path);
  const std::size_t row_bytes = feature_count * sizeof(double);
  if (bytes.empty() || row_bytes == 0 || bytes.size() % row_bytes != 0) {
    fmt::print(stderr, "engine_speed: {}: expected rows of {} bytes, got {} bytes\n", path,
               row_bytes, bytes.size());
    return std::nullopt;
  }
  std::vector<double> rows(bytes.size() / sizeof(double));
  std::memcpy(rows.data(), bytes.data(), bytes.size());
  return rows;
}

/// What reading the file takes once it is in the system's cache, where this leaves it.
double seconds_of_reading(const std::string& path) {
  read_file(path);
  const double start = clock_seconds();
  read_file(path);
  return clock_seconds() - start;
}

/// So that the engines of lesser machines can be seen on this one.
bool limit_targets(const std::string& target) {
  const Result<void> limited = limit_simd_targets(target);
  if (!limited) fmt::print(stderr, "engine_speed: --target: {}\n", limited.error().message);
  return limited.has_value();
}

int run(const Options& options) {
  if (!limit_targets(options.target)) return 2;
  const double read_seconds = seconds_of_reading(options.model_file);
  const double start = clock_seconds();
  Result<Model> model = load_model_file(options.model_file);
  const double load_seconds = clock_seconds() - start;
  if (!model) {
    fmt::print(stderr, "engine_speed: {}\n", model.error().message);
    return 1;
  }
  auto rows = read_rows(options.rows_file, model->estimator().feature_count());
  if (!rows) return 1;
  const double prepare_start = clock_seconds();
  Subject subject(*std::move(model), *std::move(rows));
  subject.predict(kServed, 0, 1);
  subject.print_facts(read_seconds, load_seconds + clock_seconds() - prepare_start);
  return options.takes_commands ? obey_all(subject) : measure_all(subject, options);
}

}  // namespace
}  // namespace ml_inference

int main(int argument_count, char** arguments) {
  ml_inference::Options options;
  CLI::App app("What a prediction costs in CPU time, in JSON lines.");
  app.add_option("model", options.model_file, "model file of any format")->required();
  app.add_option("rows", options.rows_file, "float64 rows, raw")->required();
  app.add_option("--entries", options.entries, "served (float64 rows, as the server), float32")
      ->delimiter(',')
      ->check(CLI::IsMember({"served", "float32"}));
  app.add_option("--batches", options.batches, "rows a call")->delimiter(',');
  app.add_option("--seconds", options.seconds, "of CPU time for a measurement, at least");
  app.add_option("--repetitions", options.repetitions, "measurements of each batch");
  app.add_option("--count-rows", options.counted_rows,
                 "so many rows instead, or a batch, in one piece: to count instructions");
  app.add_option("--target", options.target, "the highest SIMD target that engines may use")
      ->check(CLI::IsMember({"AVX3", "AVX2", "SSE4", "SCALAR"}));
  app.add_flag("--commands", options.takes_commands, "measure what stdin says, line by line");
  CLI11_PARSE(app, argument_count, arguments);
  return ml_inference::run(options);
}
