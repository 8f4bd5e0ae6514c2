// SPDX-License-Identifier: MIT
// Any bytes as the body of an inference request: refused in words, or rows that the model takes and
// an answer whose JSON is whole.
#include "api/limits.h"
#include "api/oip/oip_dialect.h"
#include "api/question_run.h"
#include "api/testing/stumps.h"
#include "base/assert.h"
#include "base/utf8.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace ml_inference;

// Numbers alone, numbers that may be missing, and a feature with categories.
std::unique_ptr<SpokenModel> make_model(std::size_t kind) {
  Schema schema = testing::iris_schema();
  schema.input.accepts_missing = kind > 0;
  schema.input.accepts_infinite = kind > 0;
  if (kind > 1) schema.categories = {{.feature = 0, .labels = {"red", "blue"}}};
  return std::make_unique<SpokenModel>(CatalogModel{.name = "m"},
                                       ModelVersion{.model = testing::make_stumps(schema)});
}

const SpokenModel& model_of(std::size_t kind) {
  static const std::array models{make_model(0), make_model(1), make_model(2)};
  return *models[kind % models.size()];
}

void check(const SpokenModel& model, std::string_view json_size, std::string_view body) {
  const OipDialect dialect;
  const Question question{.model = model,
                          .route = find_route("/v2/models/m/infer").entry(),
                          .json_size = json_size,
                          .body = body};
  PredictMemory memory;
  HttpResponse response;
  answer_question(dialect, question, memory, response, {});
  ASSERT(response.status == 200 || response.status == 400 || response.status == 503);
  const std::size_t json_end = response.json_size == 0 ? response.body.size() : response.json_size;
  const std::string_view json = std::string_view(response.body).substr(0, json_end);
  ASSERT(is_utf8(json) && json.starts_with('{') && json.ends_with('}'));
  const std::size_t taken = memory.call.request.cells.capacity() * sizeof(double) +
                            memory.scratch.answers.capacity() * sizeof(double) +
                            response.body.size();
  ASSERT(taken <= dialect.memory_size_max(question));
}

}  // namespace

// The first byte chooses the model, and whether the next two say how long the JSON is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::size_t json_size = data[1] + 256U * data[2];
  const bool has_size = (data[0] & 0x80U) != 0;
  check(model_of(data[0] & 0x7FU), has_size ? std::to_string(json_size) : "", body);
  return 0;
}
