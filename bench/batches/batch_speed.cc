// SPDX-License-Identifier: MIT
// batch_speed [--model FILE --rows FILE]: how much sooner a batch is done by several workers than
// by one, and which part of a request that is.
//
// Without a file, of two models of its own: 100 trees on Iris, as the program serves when it is
// given none, and 500 trees of any depth on 20 000 rows of 54 features and 7 classes. The FILE of
// rows has float64 numbers, little-endian, row-major. One worker and several take turns; times are
// of the clock on the wall. With --pin each worker has a CPU of its own: on a machine that does
// other things too, the system may put two beside each other. Prints tables in Markdown. Used by
// bench/batches/run.
#include "api/limits.h"
#include "api/predict_json.h"
#include "data/iris.h"
#include "formats/load_model.h"
#include "serving/served_model.h"
#include "serving/testing/called_job.h"
#include "serving/worker_pool.h"
#include "training/train_forest.h"
#include "training/train_model.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <latch>
#include <memory>
#include <optional>
#include <random>
#include <sched.h>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string model_file;
  std::string rows_file;
  std::vector<std::size_t> batches = {500, 1'000, 2'500, 5'000, 10'000};
  std::size_t workers = std::max(2U, std::thread::hardware_concurrency());
  std::size_t repetitions = 21;
  bool pins = false;
};

// A model, and rows to ask it about.
struct Subject {
  std::string name;
  std::shared_ptr<const ServedModel> model;
  std::vector<double> rows;

  [[nodiscard]] std::size_t row_count() const {
    return rows.size() / model->schema().feature_count();
  }
  [[nodiscard]] PredictRequest request(std::size_t count) const {
    const std::size_t size = count * model->schema().feature_count();
    return {.cells = {rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(size)},
            .row_count = count};
  }
};

// What one prediction took, in seconds.
struct Taken {
  double wall = 0;
  double cpu = 0;  // of all threads
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Taken time_of(const std::function<void()>& call) {
  const double cpu_start = cpu_seconds();
  const Clock::time_point start = Clock::now();
  call();
  const std::chrono::duration<double> wall = Clock::now() - start;
  return {.wall = wall.count(), .cpu = cpu_seconds() - cpu_start};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Has a pool predict the request as the server does: within a work of one of its workers.
class Server {
 public:
  Server(std::size_t workers, bool pins) : pool_(workers, testing::patient_queue(workers)) {
    if (pins) pin(static_cast<std::ptrdiff_t>(workers));
  }

  Taken predict(const Subject& subject, const PredictRequest& request) {
    Taken taken;
    std::latch done(1);
    const bool is_submitted = testing::is_taken(pool_, [&] {
      taken = time_of([&] {
        static_cast<void>(subject.model->predict(request, scratch_, {.workers = &pool_}));
      });
      done.count_down();
    });
    if (!is_submitted) return {};
    done.wait();
    return taken;
  }

  [[nodiscard]] const std::vector<double>& answers() const { return scratch_.answers; }

 private:
  // A work for each worker: none has two, since nobody ends before all have begun.
  void pin(std::ptrdiff_t workers) {
    std::latch all_there(workers + 1);
    std::latch all_done(workers);
    for (std::ptrdiff_t worker = 0; worker < workers; ++worker) {
      const bool is_submitted = testing::is_taken(pool_, [&all_there, &all_done, worker] {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET(static_cast<std::size_t>(worker) % std::thread::hardware_concurrency(), &cpus);
        if (::sched_setaffinity(0, sizeof cpus, &cpus) != 0) std::perror("batch_speed: --pin");
        all_there.arrive_and_wait();
        all_done.count_down();
      });
      if (!is_submitted) std::abort();
    }
    all_there.arrive_and_wait();
    all_done.wait();
  }

  PredictScratch scratch_;
  WorkerPool pool_;
};

// So many calls to one measurement that it takes some milliseconds.
std::size_t calls_for(const Taken& once) {
  constexpr double kSeconds = 0.005;
  return std::max<std::size_t>(static_cast<std::size_t>(kSeconds / std::max(once.wall, 1e-6)), 1);
}

Taken mean_of(std::size_t calls, const std::function<Taken()>& call) {
  Taken sum;
  for (std::size_t i = 0; i < calls; ++i) {
    const Taken taken = call();
    sum.wall += taken.wall / static_cast<double>(calls);
    sum.cpu += taken.cpu / static_cast<double>(calls);
  }
  return sum;
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// Measurements of one batch, each beside one of the other kind.
struct Measured {
  std::vector<double> alone;     // seconds
  std::vector<double> together;  // seconds
  std::vector<double> ratios;
  std::vector<double> cpu_ratios;
};

Measured measure_batch(const Subject& subject, const PredictRequest& request, Server& one,
                       Server& several, std::size_t repetitions) {
  const std::size_t calls = calls_for(one.predict(subject, request));
  Measured measured;
  for (std::size_t i = 0; i < repetitions; ++i) {
    const Taken alone = mean_of(calls, [&] { return one.predict(subject, request); });
    const Taken together = mean_of(calls, [&] { return several.predict(subject, request); });
    measured.alone.push_back(alone.wall);
    measured.together.push_back(together.wall);
    measured.ratios.push_back(alone.wall / together.wall);
    measured.cpu_ratios.push_back(together.cpu / alone.cpu);
  }
  return measured;
}

void print_row(std::size_t row_count, const Measured& measured) {
  const double alone = std::ranges::min(measured.alone);
  const double together = std::ranges::min(measured.together);
  fmt::print(
      "| {} | {:.3f} ({:.3f}) | {:.3f} ({:.3f}) | {:.2f} ({:.2f} - {:.2f}) | {:.2f} | {:.2f} |\n",
      row_count, median(measured.alone) * 1e3, alone * 1e3, median(measured.together) * 1e3,
      together * 1e3, median(measured.ratios), std::ranges::min(measured.ratios),
      std::ranges::max(measured.ratios), alone / together, median(measured.cpu_ratios));
  std::fflush(stdout);
}

// Returns false when several workers answer otherwise than one.
bool compare(const Subject& subject, const Options& options) {
  Server one(1, options.pins);
  Server several(options.workers, options.pins);
  fmt::print("\n## {}: engine {}, {} steps a row\n\n", subject.name, subject.model->engine_name(),
             subject.model->steps_per_row());
  fmt::print(
      "| rows | 1 worker, ms (least) | {0} workers, ms (least) | ratio (least - greatest) | of the "
      "least times | CPU time |\n"
      "| ---: | ---: | ---: | ---: | ---: | ---: |\n",
      options.workers);
  for (const std::size_t count : options.batches) {
    if (count > subject.row_count()) continue;
    const PredictRequest request = subject.request(count);
    one.predict(subject, request);
    several.predict(subject, request);
    if (!same_bits(one.answers(), several.answers())) {
      fmt::print(stderr, "batch_speed: {} workers answer otherwise than one\n", options.workers);
      return false;
    }
    print_row(count, measure_batch(subject, request, one, several, options.repetitions));
  }
  return true;
}

// The rows as a client writes them.
std::string body_of(const PredictRequest& request, std::size_t feature_count) {
  std::string body = R"({"features":[)";
  for (std::size_t row = 0; row < request.row_count; ++row) {
    const std::span<const double> cells =
        std::span(request.cells).subspan(row * feature_count, feature_count);
    body += fmt::format("{}[{:.6g}]", row == 0 ? "" : ",", fmt::join(cells, ","));
  }
  return body + "]}";
}

// What the parts of a request take, on one worker but for the prediction.
void split_request(const Subject& subject, const Options& options) {
  // As many values and rows as a body may have: kJsonNodeCountMax and kRowsPerRequestMax.
  const std::size_t feature_count = subject.model->schema().feature_count();
  const std::size_t count = std::min(
      {kRowsPerRequestMax, subject.row_count(), (kJsonNodeCountMax - 8) / (feature_count + 1)});
  const PredictDialect dialect(subject.model->schema());
  const std::string body = body_of(subject.request(count), feature_count);
  Server one(1, options.pins);
  Server several(options.workers, options.pins);
  std::vector<double> reading;
  std::vector<double> alone;
  std::vector<double> together;
  std::vector<double> writing;
  std::size_t answer_size = 0;
  for (std::size_t i = 0; i < options.repetitions; ++i) {
    JsonTape tape;
    PredictCall call;
    FaultList faults;
    reading.push_back(time_of([&] { dialect.read(body, tape, call, faults); }).wall);
    if (!faults.empty()) return static_cast<void>(fmt::print("{}\n", faults.summary()));
    alone.push_back(one.predict(subject, call.request).wall);
    together.push_back(several.predict(subject, call.request).wall);
    std::string answer;
    writing.push_back(
        time_of([&] { dialect.append_answer(answer, call.form, several.answers()); }).wall);
    answer_size = answer.size();
  }
  const double rest = median(reading) + median(writing);
  fmt::print(
      "\nA request of {} rows, {} KB, answered with {} KB: reading {:.2f} ms, predicting {:.2f} "
      "by one worker and {:.2f} by {}, writing {:.2f}; all of it {:.2f} x as quick.\n",
      count, body.size() / 1'000, answer_size / 1'000, median(reading) * 1e3, median(alone) * 1e3,
      median(together) * 1e3, options.workers, median(writing) * 1e3,
      (rest + median(alone)) / (rest + median(together)));
}

Subject iris_subject(const Options& options) {
  Model model = train_builtin_model(options.workers).value();
  std::mt19937_64 random(1);
  std::vector<double> rows;
  // Flowers between two of the same kind: few are equal, and their ways through trees differ.
  for (std::size_t row = 0; row < 10'000; ++row) {
    const std::size_t kind = 50 * (row % 3);
    const auto a = iris_rows().row(kind + random() % 50);
    const auto b = iris_rows().row(kind + random() % 50);
    for (std::size_t column = 0; column < 4; ++column) {
      const double share = static_cast<double>(random() % 1'000) / 1'000;
      rows.push_back(a[column] + share * (b[column] - a[column]));
    }
  }
  return {.name = "100 trees on Iris",
          .model = ServedModel::make(std::move(model), "iris").value(),
          .rows = std::move(rows)};
}

constexpr std::size_t kWide = 54;
constexpr std::size_t kWideClassCount = 7;

// Ten columns of whole numbers, and 44 of which one of four and one of forty is 1. Classes hang on
// some of them, with noise, so that trees grow deep.
void draw_wide_row(std::mt19937_64& random, std::span<float> row, std::int32_t& of_class) {
  std::ranges::fill(row, 0.0F);
  double score = 0;
  for (std::size_t column = 0; column < 10; ++column) {
    const auto value = static_cast<double>(random() % (column < 5 ? 2'000 : 250));
    row[column] = static_cast<float>(value);
    score += std::sin(value / (100.0 + 60.0 * static_cast<double>(column)));
  }
  const std::size_t area = random() % 4;
  const std::size_t soil = random() % 40;
  row[10 + area] = 1;
  row[14 + soil] = 1;
  score += std::sin(static_cast<double>(soil)) + std::cos(static_cast<double>(area));
  score += static_cast<double>(random() % 1'000) / 500;
  const double place = (score + 5) / 12 * static_cast<double>(kWideClassCount);
  of_class = std::clamp(static_cast<std::int32_t>(place), 0, int{kWideClassCount} - 1);
}

Subject deep_subject(const Options& options) {
  constexpr std::size_t kTrainCount = 20'000;
  constexpr std::size_t kRowCount = 30'000;
  std::mt19937_64 random(2);
  std::vector<float> values(kRowCount * kWide);
  std::vector<std::int32_t> classes(kRowCount);
  for (std::size_t row = 0; row < kRowCount; ++row) {
    draw_wide_row(random, std::span(values).subspan(row * kWide, kWide), classes[row]);
  }
  const std::span<const float> seen = std::span(values).first(kTrainCount * kWide);
  TrainedForest trained =
      train_classifier({seen, kTrainCount, kWide}, std::span(classes).first(kTrainCount),
                       kWideClassCount, {.tree_count = 500, .thread_count = options.workers})
          .value();
  Schema schema;
  for (std::size_t column = 0; column < kWide; ++column) {
    schema.feature_names.push_back("x" + std::to_string(column));
  }
  for (std::int64_t label = 0; label < std::int64_t{kWideClassCount}; ++label) {
    schema.targets[0].class_labels.emplace_back(label);
  }
  Model model = make_model(schema, std::move(trained.forest), {}).value();
  const std::size_t node_count = model.size().node_count;
  return {.name = fmt::format("500 trees of any depth, {} nodes", node_count),
          .model = ServedModel::make(std::move(model), "deep").value(),
          .rows = {values.begin() + kTrainCount * kWide, values.end()}};
}

std::optional<Subject> file_subject(const Options& options) {
  Result<Model> model = load_model_file(options.model_file);
  if (!model) {
    fmt::print(stderr, "batch_speed: {}\n", model.error().message);
    return std::nullopt;
  }
  std::ifstream file(options.rows_file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::size_t row_bytes = model->estimator().feature_count() * sizeof(double);
  if (bytes.empty() || row_bytes == 0 || bytes.size() % row_bytes != 0) {
    fmt::print(stderr, "batch_speed: {}: expected rows of {} bytes, got {} bytes\n",
               options.rows_file, row_bytes, bytes.size());
    return std::nullopt;
  }
  std::vector<double> rows(bytes.size() / sizeof(double));
  std::memcpy(rows.data(), bytes.data(), bytes.size());
  return Subject{.name = options.model_file,
                 .model = ServedModel::make(*std::move(model), options.model_file).value(),
                 .rows = std::move(rows)};
}

bool measure(const Subject& subject, const Options& options) {
  if (!compare(subject, options)) return false;
  split_request(subject, options);
  return true;
}

int run(const Options& options) {
  fmt::print(
      "# Benchmark: a batch by {} workers beside one, medians of {}\n\nOn a machine that does "
      "other things too, the ratio of the least times says most.\n",
      options.workers, options.repetitions);
  if (!options.model_file.empty()) {
    const std::optional<Subject> subject = file_subject(options);
    return subject && measure(*subject, options) ? 0 : 1;
  }
  return measure(iris_subject(options), options) && measure(deep_subject(options), options) ? 0 : 1;
}

}  // namespace
}  // namespace ml_inference

int main(int argument_count, char** arguments) {
  ml_inference::Options options;
  CLI::App app("What several workers gain on one batch.");
  CLI::Option* const model = app.add_option("--model", options.model_file, "model of any format");
  app.add_option("--rows", options.rows_file, "float64 rows, raw")->needs(model);
  app.add_option("--batches", options.batches, "rows a batch")->delimiter(',');
  app.add_option("--workers", options.workers, "beside one");
  app.add_flag("--pin", options.pins, "each worker to a CPU of its own");
  app.add_option("--repetitions", options.repetitions, "measurements of each, in turns")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argument_count, arguments);
  return ml_inference::run(options);
}
