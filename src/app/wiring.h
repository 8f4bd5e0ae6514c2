// SPDX-License-Identifier: MIT
// What serves: every room is connected here, so that reading one file tells what exists.
#pragma once

#include "api/routes.h"
#include "app/served_repository.h"
#include "base/byte_units.h"
#include "base/result.h"
#include "server/server_options.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ml_inference {

/// What an operator can set about serving; the flags of the same names describe each.
struct ServeOptions {
  std::string model_path;  ///< empty: the built-in model
  std::string model_name;  ///< empty: by the file
  RepositorySettings repository;
  std::string on_model_failure = "exit";
  std::size_t thread_count = 0;  ///< 0: one a granted CPU
  std::string log_level = "info";
  std::uint32_t log_sample = 1;
  std::size_t log_buffer_size_bytes = kMebibyte;
  std::string otlp_endpoint;  ///< base URL; empty: the standard variable's, or no tracing
  double trace_sample = 1;
  std::string token_file;                   ///< empty: everybody is admitted
  std::string config_file;                  ///< empty: the flags hold
  std::vector<RouteAlias> aliases;          ///< paths that a cloud asks under
  bool predict_probabilities = false;       ///< as ApiOptions has it
  std::vector<std::string> cloud_warnings;  ///< of a cloud's variables, for the log
  ServerOptions server;
};

/// Serves until a signal ends it and all requests are answered.
/// Errors: those of listening, and of the model unless on_model_failure is "stay".
[[nodiscard]] Result<void> serve(ServeOptions options);

}  // namespace ml_inference
