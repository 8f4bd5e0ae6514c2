// SPDX-License-Identifier: MIT
// load_model_file FILE: reads a model once, as the program does at its start, and prints one JSON
// line {"seconds":…,"trees":…,"nodes":…}. Used by bench/model_load/run.
#include "formats/load_model.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

namespace {

int run(const char* path) {
  const auto start = std::chrono::steady_clock::now();
  const ml_inference::Result<ml_inference::Model> model = ml_inference::load_model_file(path);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (!model) {
    fmt::print(stderr, "load_model_file: {}\n", model.error().message);
    return 1;
  }
  fmt::print("{{\"seconds\":{:.6f},\"trees\":{},\"nodes\":{}}}\n", taken.count(),
             model->size().tree_count, model->size().node_count);
  return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count == 2) return run(arguments[1]);
  fmt::print(stderr, "usage: load_model_file FILE\n");
  return 2;
}
