// SPDX-License-Identifier: MIT
// Any bytes as a message of a REST dialect beside our own and OIP: the first one chooses the
// dialect and the form, the rest is the body. An answer or a refusal comes, in its dialect's form,
// within the memory that was told beforehand.
#include "api/dialects.h"
#include "api/limits.h"
#include "api/prediction.h"
#include "api/question_run.h"
#include "api/testing/stumps.h"
#include "base/assert.h"
#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace ml_inference;

struct Way {
  Dialect dialect;
  Operation operation;
  std::string_view content_type;
  std::string_view accept;
};

constexpr std::array<Way, 8> kWays{{
    {Dialect::v1, Operation::predict, "application/json", ""},
    {Dialect::v1, Operation::classify, "application/json", ""},
    {Dialect::v1, Operation::regress, "application/json", ""},
    {Dialect::scoring, Operation::predict, "application/json", ""},
    {Dialect::scoring, Operation::predict, "text/csv", ""},
    {Dialect::scoring, Operation::predict, "text/csv; header=present", "text/csv"},
    {Dialect::scoring, Operation::predict, "application/jsonlines", "application/jsonlines"},
    {Dialect::torchserve, Operation::predict, "", ""},
}};

Schema text_schema() {
  Schema schema = testing::iris_schema();
  schema.feature_names = {"colour", "b", "c"};
  schema.categories = {{.feature = 0, .labels = {std::string("red"), std::string("blue")}}};
  schema.input.accepts_missing = true;
  return schema;
}

Schema price_schema() {
  Schema schema = testing::iris_schema();
  schema.feature_names = {"a", "b", "c"};
  schema.targets[0] = {.task = Task::regression, .class_labels = {}};
  return schema;
}

std::shared_ptr<const SpokenModel> spoken(const Schema& schema) {
  const CatalogModel model{.name = "m"};
  const ModelVersion version{.state = VersionState::available,
                             .model = testing::make_stumps(schema)};
  return std::make_shared<const SpokenModel>(model, version);
}

// The first route of the dialect that does so.
const RouteEntry& route_of(const Way& way) {
  const auto found = std::ranges::find_if(all_routes(), [&](const RouteEntry& entry) {
    return entry.dialect == way.dialect && entry.operation == way.operation;
  });
  ASSERT(found != all_routes().end());
  return *found;
}

void check_answer(const Way& way, const HttpResponse& response, const Question& question) {
  ASSERT(response.status == 200 || response.status == 400);
  ASSERT(is_utf8(response.body) && !response.body.empty());
  if (response.status == 200 && !way.accept.empty()) return;
  JsonTape tape;
  const bool is_long = JsonTape::node_count_max(response.body) == kJsonNodeCountMax;
  ASSERT(is_long || tape.parse(response.body).has_value());
  ASSERT(response.body.size() <= prediction_dialect(question.route)->memory_size_max(question));
}

void check_body(const Way& way, const SpokenModel& model, std::string_view body) {
  const Question question{.model = model,
                          .route = route_of(way),
                          .content_type = way.content_type,
                          .accept = way.accept,
                          .json_size = {},
                          .body = body};
  const PredictionDialect& dialect = *prediction_dialect(question.route);
  ASSERT(dialect.takes(way.content_type));
  PredictMemory memory;
  HttpResponse response;
  answer_question(dialect, question, memory, response, {});
  ASSERT(memory.call.request.row_count <= kRowsPerRequestMax);
  ASSERT(memory.call.request.cells.capacity() * sizeof(double) <=
         dialect.memory_size_max(question));
  check_answer(way, response, question);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array models{spoken(testing::iris_schema()), spoken(text_schema()),
                                 spoken(price_schema())};
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
  for (const auto& model : models) check_body(kWays[data[0] % kWays.size()], *model, body);
  return 0;
}
