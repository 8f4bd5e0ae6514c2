// SPDX-License-Identifier: MIT
// Any bytes as an ONNX file: they are read or refused, never more. What is read answers some rows.
// What is one forest is written and read again, and has to be the same model; so the writer is
// fuzzed with every forest that a file can hold. So is what converts forests.
//
//   make fuzz, or build/fuzz/src/formats/onnx_fuzz tests/corpus/onnx tests/golden/onnx
#include "base/assert.h"
#include "formats/load_model.h"
#include "formats/onnx/writer.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace {

// Rows of one value each: nothing that a row holds may lead out of the memory.
void answer_rows(const ml_inference::Model& model) {
  const std::size_t width = model.schema().feature_count();
  if (width > 10'000 || model.size().steps_per_row > 1'000'000) return;
  ml_inference::Workspace workspace;
  std::vector<double> out(model.schema().answer_width());
  for (const double value : {0.0, 1.0, -1.5, 1e300, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()}) {
    const std::vector<double> row(width, value);
    static_cast<void>(model.estimator().refusal(row, workspace));
    model.estimator().predict({row, 1, width}, out, workspace);
  }
}

// Whatever is not too large to be read in a moment can be read again.
void convert(const ml_inference::Model& model) {
  if (model.schema().feature_count() > 1'000 || model.size().node_count > 10'000 ||
      model.schema().answer_width() > 100) {
    return;
  }
  if (const auto converted = ml_inference::convert_to_onnx(model)) {
    ASSERT(ml_inference::load_model(*converted, "converted").has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ml_inference;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Result<Model> model = load_model(bytes, "fuzz");
  if (!model) {
    ASSERT(model.error().code != Code::internal);
    ASSERT(!model.error().message.empty());
    return 0;
  }
  answer_rows(*model);
  convert(*model);
  const Result<std::string> written = write_onnx(*model);
  if (!written) return 0;
  const Result<Model> again = load_model(*written, "written");
  ASSERT(again.has_value());
  ASSERT(*again->only_forest() == *model->only_forest());
  ASSERT(again->schema() == model->schema());
  return 0;
}
