// SPDX-License-Identifier: MIT
// load_model_file FILE: reads a model once and answers a row, as the program does at its start, and
// before that merely reads the file, twice. Prints one JSON line: seconds of the clock and of the
// processor for each, the trees and nodes, and the most memory that the process had. Used by
// bench/model_load/run.
#include "formats/load_model.h"
#include "serving/served_model.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <malloc.h>
#include <memory>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ml_inference {
namespace {

struct Taken {
  double clock = 0;  // seconds
  double cpu = 0;    // of all threads of the process, the system's work for them included
};

// Since it was made.
class Stopwatch {
 public:
  [[nodiscard]] Taken taken() const {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
    return {.clock = passed.count(), .cpu = cpu_seconds() - cpu_begin_};
  }

 private:
  static double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
  }

  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double cpu_begin_ = cpu_seconds();
};

// Whole, into memory that nobody has touched before, in one piece and nothing else: what any
// program does that has a file's bytes to look at.
bool read_whole(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (file < 0 || fstat(file, &status) != 0) return false;
  const auto size = static_cast<std::size_t>(status.st_size);
  const auto bytes = std::make_unique_for_overwrite<char[]>(size);
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = read(file, bytes.get() + filled, size - filled);
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  close(file);
  return filled == size;
}

std::string json(std::string_view name, const Taken& taken) {
  return fmt::format("\"{}\":{{\"clock\":{:.6f},\"cpu\":{:.6f}}}", name, taken.clock, taken.cpu);
}

std::int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

int fails(std::string_view message) {
  fmt::print(stderr, "load_model_file: {}\n", message);
  return 1;
}

int run(const char* path) {
  if (!read_whole(path)) return fails("cannot read the file");  // now it is in the system's cache
  const Stopwatch reading;
  if (!read_whole(path) || !read_whole(path)) return fails("cannot read the file");
  const Taken read_twice = reading.taken();
  const Stopwatch loading;
  Result<Model> model = load_model_file(path);
  if (!model) return fails(model.error().message);
  const Taken loaded = loading.taken();
  const ModelSize size = model->size();
  // Makes the engines and predicts a row.
  const auto served = ServedModel::make(*std::move(model), path);
  if (!served) return fails(served.error().message);
  const Taken answered = loading.taken();
  fmt::print("{{{},{},{},\"trees\":{},\"nodes\":{},\"peak_bytes\":{}}}\n",
             json("read_twice", read_twice), json("loaded", loaded), json("first_answer", answered),
             size.tree_count, size.node_count, peak_bytes());
  return 0;
}

}  // namespace
}  // namespace ml_inference

int main(int argument_count, char** arguments) {
  // As the program does.
  constexpr int kReturnedBlockSize = 128 * 1024;
  mallopt(M_MMAP_THRESHOLD, kReturnedBlockSize);
  mallopt(M_TRIM_THRESHOLD, kReturnedBlockSize);
  if (argument_count == 2) return ml_inference::run(arguments[1]);
  fmt::print(stderr, "usage: load_model_file FILE\n");
  return 2;
}
