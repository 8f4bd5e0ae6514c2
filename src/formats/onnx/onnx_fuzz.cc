// SPDX-License-Identifier: MIT
// Any bytes as an ONNX file: they are read or refused, never more. What is read is written and read
// again, and has to be the same model; so the writer is fuzzed with every model that a file can
// hold.
//
//   make fuzz, or build/fuzz/src/formats/onnx_fuzz tests/corpus/onnx tests/golden/onnx
#include "base/assert.h"
#include "formats/load_model.h"
#include "formats/onnx/writer.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ml_inference;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Result<Model> model = load_model(bytes, "fuzz");
  if (!model) {
    ASSERT(model.error().code != Code::internal);
    ASSERT(!model.error().message.empty());
    return 0;
  }
  const Result<std::string> written = write_onnx(*model);
  ASSERT(written.has_value());
  const Result<Model> again = load_model(*written, "written");
  ASSERT(again.has_value());
  ASSERT(*again->only_forest() == *model->only_forest());
  ASSERT(again->schema() == model->schema());
  return 0;
}
