// SPDX-License-Identifier: MIT
#include "api/question_run.h"

#include "api/dialects.h"
#include "api/testing/stumps.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

std::shared_ptr<const SpokenModel> spoken() {
  const ModelVersion version{.state = VersionState::available,
                             .model = testing::make_stumps(testing::iris_schema())};
  return std::make_shared<SpokenModel>(CatalogModel{.name = "iris"}, version);
}

const RouteEntry& route_of(std::string_view path) { return find_route(path, {}).entry(); }

// Some of each dialect, some of them wrong, with one row and with several.
struct Asked {
  std::string_view path;
  std::string body;
};

std::vector<Asked> asked() {
  return {{"/predict", R"({"features":[5.1,3.5,1.4,0.2]})"},
          {"/predict", R"({"features":[[6,3,5,2],[5.1,3.5,1.4,0.2]]})"},
          {"/predict", R"({"features":[1]})"},
          {"/predict", "["},
          {"/v2/models/iris/infer", R"({"inputs":[{"name":"input","shape":[2,4],"datatype":"FP64",)"
                                    R"("data":[6,3,5,2,5.1,3.5,1.4,0.2]}]})"},
          {"/v2/models/iris/infer", "{}"},
          {"/v1/models/iris:predict", R"({"instances":[[6,3,5,2]]})"},
          {"/predict", R"({"features":[6,3,5,2]})"}};
}

Question question_of(const SpokenModel& model, const Asked& asked) {
  return {.model = model,
          .route = route_of(asked.path),
          .content_type = {},
          .accept = {},
          .json_size = {},
          .body = asked.body};
}

TEST(QuestionRun, AnswersTogetherWhatItAnswersAlone) {
  const auto model = spoken();
  const std::vector<Asked> all = asked();
  std::deque<HttpResponse> alone(all.size());
  std::deque<HttpResponse> together(all.size());
  std::deque<PredictMemory> memories(all.size());
  std::deque<Question> questions;
  std::deque<QuestionRun> runs;
  std::vector<QuestionRun*> order;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Question& question = questions.emplace_back(question_of(*model, all[i]));
    const PredictionDialect& dialect = *prediction_dialect(question.route);
    PredictMemory memory;
    answer_question(dialect, question, memory, alone[i], {});
    order.push_back(&runs.emplace_back(dialect, question, memories[i], together[i]));
  }
  const ModelStatisticsReading before = model->statistics->read();
  answer_together(order);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(together[i].status, alone[i].status) << i;
    EXPECT_EQ(together[i].body, alone[i].body) << i;
    EXPECT_EQ(together[i].outcome, alone[i].outcome) << i;
    EXPECT_EQ(together[i].prediction_count, alone[i].prediction_count) << i;
  }
  const ModelStatisticsReading after = model->statistics->read();
  EXPECT_EQ(after.inference_count, 2 * before.inference_count);
  EXPECT_EQ(after.success.count, 2 * before.success.count);
  EXPECT_EQ(after.fail.count, 2 * before.fail.count);
  EXPECT_EQ(after.execution_count, before.execution_count + 1);
  EXPECT_EQ(after.batches.at(7).count, 1U);
}

TEST(QuestionRun, AnswersNothingWhereEveryQuestionIsWrong) {
  const auto model = spoken();
  const Asked wrong{.path = "/predict", .body = "["};
  const Question question = question_of(*model, wrong);
  PredictMemory memory;
  HttpResponse response;
  QuestionRun run(*prediction_dialect(question.route), question, memory, response);
  QuestionRun* const runs[] = {&run};
  answer_together(runs);
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(model->statistics->read().execution_count, 0U);
}

}  // namespace
}  // namespace ml_inference
