// SPDX-License-Identifier: MIT
// What a model's folder says of it: a few keys of Triton's config.pbtxt, and names of versions.
//
// Source: Triton, model_config.proto and docs/user_guide/model_configuration.md; FIL backend,
// docs/model_config.md.
#pragma once

#include "base/result.h"
#include "serving/repository/version_policy.h"
#include "serving/tensor_names.h"
#include "serving/work_kind.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Threads: a plain value.
struct ModelConfig {
  std::string name;  ///< empty: not said

  std::optional<VersionPolicy> policy;
  TensorNames tensor_names;
  WorkLimits work_limits;

  /// Keys that have no effect here, for a warning: nothing is ignored silently.
  std::vector<std::string> ignored;
};

/// Reads config.pbtxt, or the JSON of the same message where a client sends it. The keys that have
/// an effect: name, version_policy, max_batch_size (0, which is Triton's word for a model without
/// rows, is none here), the names of the only input and of the only output, and the parameters
/// is_classifier (or output_class), predict_proba and threshold; of instance_group the count, of
/// dynamic_batching the priorities and what the default queue policy says of size and time.
/// Errors: data_loss (no such text), invalid_argument (a value that is not one of its key's),
/// unimplemented (an ensemble), resource_exhausted (serving/repository/text_message.h).
[[nodiscard]] Result<ModelConfig> read_model_config(std::string_view text, bool is_json = false);

/// Reads version_labels.json: {"stable": 3, "canary": 4}. Labels are of letters, digits, '.', '_'
/// and '-'; at most 100.
/// Errors: data_loss, invalid_argument, resource_exhausted.
[[nodiscard]] Result<std::map<std::string, std::int64_t>> read_version_labels(
    std::string_view text);

}  // namespace ml_inference
