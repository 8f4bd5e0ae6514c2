// SPDX-License-Identifier: MIT
#include "api/question_work.h"

#include "api/dialects.h"
#include "api/testing/stumps.h"

#include <gtest/gtest.h>

#include <utility>

namespace ml_inference {
namespace {

using Clock = QuestionWork::Clock;
using std::chrono::milliseconds;

std::shared_ptr<const SpokenModel> spoken() {
  const CatalogModel model{.name = "iris"};
  const ModelVersion version{.state = VersionState::available,
                             .model = testing::make_stumps(testing::iris_schema())};
  return std::make_shared<SpokenModel>(model, version);
}

TEST(QuestionWork, MayJoinOthersToTheSameVersion) {
  const auto model = spoken();
  const Question question{.model = *model,
                          .route = find_route("/predict", {}).entry(),
                          .content_type = {},
                          .accept = {},
                          .json_size = {},
                          .body = R"({"features":[6,3,5,2]})"};
  HttpResponse response;
  QuestionWork work(model, *prediction_dialect(question.route), question, response, Clock::now());
  EXPECT_EQ(work.terms.kind, model->work);
  EXPECT_TRUE(work.terms.may_join);
  EXPECT_GT(work.terms.step_count, 0U);
  EXPECT_GT(work.memory_size, 0U);
  HttpResponse others;
  QuestionWork other(model, *prediction_dialect(question.route), question, others, Clock::now());
  Work* const company[] = {&other};
  work.run_with(company);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(others.body, response.body);
}

TEST(SetTerms, TakesTheSoonestDeadline) {
  const Clock::time_point now = Clock::now();
  JobTerms terms;
  set_terms(terms, {}, {}, now);
  EXPECT_EQ(terms.deadline, std::nullopt);
  set_terms(terms, {.timeout = milliseconds(20)}, {}, now);
  EXPECT_EQ(terms.deadline, now + milliseconds(20));
  set_terms(terms, {.timeout = milliseconds(20)}, {.timeout = milliseconds(5)}, now);
  EXPECT_EQ(terms.deadline, now + milliseconds(5));
  set_terms(terms, {.timeout = milliseconds(20)}, {.timeout = milliseconds(50)}, now);
  EXPECT_EQ(terms.deadline, now + milliseconds(20));
}

TEST(Work, IsWantedAsLongAsItsClientWaits) {
  const Clock::time_point now = Clock::now();
  const auto work = make_work([](const WorkPlace&) {});
  work->wanted_until({});
  EXPECT_EQ(work->terms.deadline, std::nullopt);
  for (const auto& [until, expected] : {std::pair(30, 30), {50, 30}, {10, 10}}) {
    work->wanted_until(now + milliseconds(until));
    EXPECT_EQ(work->terms.deadline, now + milliseconds(expected));
  }
}

TEST(SetTerms, HearsAPriorityOnlyWhereTheModelHasLevels) {
  JobTerms terms;
  set_terms(terms, {.priority = 1}, {.priority = 2}, {});
  EXPECT_EQ(terms.priority, 2U);
  const WorkLimits levels{.priority = 2, .priority_max = 3};
  for (const auto& [asked, expected] :
       {std::pair(std::optional<std::uint32_t>(), 2U), {1U, 1U}, {3U, 3U}, {4U, 2U}}) {
    set_terms(terms, {.priority = asked}, levels, {});
    EXPECT_EQ(terms.priority, expected);
  }
}

}  // namespace
}  // namespace ml_inference
