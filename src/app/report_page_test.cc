// SPDX-License-Identifier: MIT
// What the page says, and that it holds nothing but text and plots.
#include "app/report_page.h"

#include "app/report_style.h"
#include "base/digest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace ml_inference {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kHostile = "</title></text></svg><script>alert('1')</script>";

Evaluation evaluation_of(double accuracy) {
  Evaluation evaluation{.row_count = 10};
  evaluation.scores[static_cast<std::size_t>(Metric::accuracy)] = accuracy;
  evaluation.confusion.add(0, 0, 6);
  evaluation.confusion.add(1, 0, 4);
  return evaluation;
}

TrainReport full_report(const std::string& name) {
  TrainReport report{.size = {.tree_count = 7, .node_count = 70},
                     .data_path = name + ".csv",
                     .model_path = name + ".onnx",
                     .row_count = 20,
                     .feature_importances = {.75, .25},
                     .loss_name = "log loss",
                     .losses = {{.rows = "training rows", .losses = {3, 2, 1}}},
                     .parameters = {{"--target", name}}};
  report.schema.feature_names = {name, name + "2"};
  report.schema.targets[0].name = name;
  report.schema.targets[0].class_labels = {Label(name), Label(name + "2")};
  report.cross_validation =
      CrossValidation{.folds = {evaluation_of(.5), evaluation_of(1)},
                      .curve = {{5, MeanScore{1, 0, 2}, MeanScore{.5, .25, 2}},
                                {10, MeanScore{1, 0, 2}, MeanScore{.75, .25, 2}}},
                      .curve_cut = name};
  report.out_of_bag = evaluation_of(.25);
  return report;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(ReportPage, HasAllThatTheReportHas) {
  const std::string page = report_page(full_report("kind"));
  EXPECT_THAT(page,
              AllOf(HasSubstr("<title>Training report: kind</title>"),
                    HasSubstr("Scores: 2-fold cross-validation"), HasSubstr("0.7500 \u00b1 0.2500"),
                    HasSubstr("Scores: out-of-bag estimate"), HasSubstr("Confusion matrix"),
                    HasSubstr("Learning curve"), HasSubstr("Feature importances"),
                    HasSubstr("Loss by iteration"), HasSubstr("kind2")));
  EXPECT_EQ(count_of(page, "<svg "), 4U);
  EXPECT_EQ(count_of(page, "role=\"img\""), 4U);
  EXPECT_EQ(page, report_page(full_report("kind")));
}

TEST(ReportPage, TakesEveryNameForText) {
  const std::string page = report_page(full_report(std::string(kHostile)));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("alert('1')")),
                          HasSubstr("&lt;script&gt;alert(&#39;1&#39;)")));
  EXPECT_EQ(count_of(page, "<svg "), count_of(page, "</svg>"));
  EXPECT_EQ(count_of(page, "</title>"), 5U);  // the page's, and one a plot
  const std::string quoted = report_page(full_report("\" onload=\"alert(1)"));
  EXPECT_THAT(quoted, Not(HasSubstr("\" onload=\"")));
}

// No script, no handler, no style attribute, nothing from elsewhere: what the policy forbids.
TEST(ReportPage, ObeysItsOwnPolicy) {
  const std::string page = report_page(full_report("kind"));
  const std::string hash = base64_text(sha256(report_style()));
  EXPECT_THAT(page, AllOf(HasSubstr("default-src &#39;none&#39;; style-src &#39;sha256-" + hash),
                          HasSubstr("<style>" + report_style() + "</style>")));
  const std::string body = page.substr(page.find("<body>"));
  EXPECT_FALSE(std::regex_search(body, std::regex(" (style|on[a-z]+|src|href)=")));
  EXPECT_FALSE(std::regex_search(page, std::regex("https?://(?!www\\.w3\\.org/2000/svg)")));
  EXPECT_FALSE(std::regex_search(report_style(), std::regex("url\\(|@import")));
}

TEST(ReportPage, OfARegressionWithoutScoresHasImportances) {
  TrainReport report = full_report("price");
  report.schema.targets[0] = {.task = Task::regression, .name = "price"};
  report.cross_validation.reset();
  report.out_of_bag.reset();
  report.losses.clear();
  const std::string page = report_page(report);
  EXPECT_EQ(count_of(page, "<svg "), 1U);
  EXPECT_THAT(page, AllOf(Not(HasSubstr("Confusion")), HasSubstr("Feature importances")));
}

TEST(ReportPage, StaysShortWithManyFeaturesAndClasses) {
  TrainReport report = full_report("kind");
  report.schema.feature_names.clear();
  report.feature_importances.assign(5'000, 1.0 / 5'000);
  for (int feature = 0; feature < 5'000; ++feature) {
    report.schema.feature_names.push_back(fmt::format("feature {}", feature));
  }
  for (int number = 2; number < 500; ++number) {
    report.schema.targets[0].class_labels.emplace_back(fmt::format("class {}", number));
  }
  const std::string page = report_page(report);
  EXPECT_LT(page.size(), 200'000U);
  EXPECT_THAT(page, AllOf(HasSubstr("And 4985 features with 99.7 % together."),
                          HasSubstr("Of 500 classes the most frequent confusions.")));
}

TEST(ReportPage, DrawsNoScoreThatIsNoNumber) {
  TrainReport report = full_report("price");
  report.schema.targets[0] = {.task = Task::regression, .name = "price"};
  report.cross_validation->curve[0].unseen->mean = -std::numeric_limits<double>::infinity();
  report.losses[0].losses[1] = std::numeric_limits<double>::quiet_NaN();
  const std::string page = report_page(report);
  EXPECT_FALSE(std::regex_search(page, std::regex("=\"[^\"]*(nan|inf)\\b")));
}

}  // namespace
}  // namespace ml_inference
