// SPDX-License-Identifier: MIT
// Any bytes in place of config.pbtxt, as text and as JSON, and in place of version_labels.json.
#include "base/assert.h"
#include "serving/repository/model_config.h"

#include <cstddef>
#include <cstdint>

namespace {

// A message that quotes a text quotes little more than that, as printable_text() writes it.
constexpr std::size_t kMessageSizeBase = 400;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ml_inference;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool is_json : {false, true}) {
    const auto config = read_model_config(text, is_json);
    if (!config) {
      ASSERT(config.error().message.size() < kMessageSizeBase + 6 * size);
      continue;
    }
    ASSERT(config->max_batch_size.value_or(0) >= 0);
    if (config->policy) {
      const auto wanted = config->policy->wanted({});
      ASSERT(wanted.empty() || *wanted.begin() > 0);
    }
  }
  const auto labels = read_version_labels(text);
  ASSERT(!labels || labels->empty() || labels->begin()->second > 0);
  return 0;
}
