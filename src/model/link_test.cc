// SPDX-License-Identifier: MIT
// Each function at numbers whose answer is known, and where careless forms of it break.
#include "model/link.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> outputs(const Link& link, const std::vector<double>& sums) {
  std::vector<double> out(link.output_count(sums.size()), -1);
  apply_link(link, {sums, 1, sums.size()}, out);
  return out;
}

double output(const Link& link, double sum) { return outputs(link, {sum}).front(); }

TEST(Link, KeepsTheSumsWithoutOne) {
  EXPECT_EQ(outputs({}, {0.1, -0.0, kInfinity}), (std::vector{0.1, -0.0, kInfinity}));
  EXPECT_TRUE(Link{}.is_identity());
  EXPECT_FALSE(Link{.scale = 2}.is_identity());
  EXPECT_EQ(output({.type = NumberType::float32}, 0.1), static_cast<double>(0.1F));
}

TEST(Link, IsTheLogisticFunction) {
  const Link link{.function = LinkFunction::logistic};
  EXPECT_EQ(output(link, 0), 0.5);
  EXPECT_EQ(output(link, 1), 1 / (1 + std::exp(-1.0)));
  EXPECT_EQ(output(link, 1000), 1);
  EXPECT_EQ(output(link, -1000), 0);
  const Link narrow{.function = LinkFunction::logistic, .type = NumberType::float32};
  EXPECT_EQ(output(narrow, 1), static_cast<double>(1 / (1 + std::exp(-1.0F))));
  EXPECT_GT(output(narrow, -1000), 0);
}

TEST(Link, MakesTwoClassesOfOneSum) {
  EXPECT_EQ(outputs({.function = LinkFunction::logistic, .two_classes = true}, {0}),
            (std::vector{0.5, 0.5}));
  EXPECT_EQ(outputs({.function = LinkFunction::positive, .two_classes = true}, {3}),
            (std::vector{0.0, 1.0}));
  const float y = 1 / (1 + std::exp(-3.0F));
  EXPECT_EQ(
      outputs(
          {.function = LinkFunction::logistic, .two_classes = true, .type = NumberType::float32},
          {3}),
      (std::vector{static_cast<double>(1 - y), static_cast<double>(y)}));
}

TEST(Link, MakesSharesOfAllSums) {
  const Link link{.function = LinkFunction::softmax};
  EXPECT_EQ(outputs(link, {0, 0, 0, 0}), (std::vector{0.25, 0.25, 0.25, 0.25}));
  EXPECT_EQ(outputs(link, {5000, 0}), (std::vector{1.0, 0.0}));
  EXPECT_EQ(outputs(link, {-5000, -5000}), (std::vector{0.5, 0.5}));
  const std::vector<double> shares = outputs(link, {0, std::numbers::ln2, std::log(5.0)});
  EXPECT_NEAR(shares[0], 0.125, 1e-15);
  EXPECT_NEAR(shares[1], 0.25, 1e-15);
  EXPECT_NEAR(shares[2], 0.625, 1e-15);
}

TEST(Link, SumsTheSharesOfFloat32InFloat64) {
  const Link link{.function = LinkFunction::softmax, .type = NumberType::float32};
  const std::vector<float> sums{0.1F, 0.7F, -0.3F};
  std::vector<float> shares;
  double sum = 0;
  for (const float value : sums) sum += shares.emplace_back(std::exp(value - 0.7F));
  const std::vector<double> got = outputs(link, {sums.begin(), sums.end()});
  for (std::size_t index = 0; index < 3; ++index) {
    EXPECT_EQ(got[index], static_cast<double>(shares[index] / static_cast<float>(sum)));
  }
}

TEST(Link, IsTheExponentialFunction) {
  EXPECT_EQ(output({.function = LinkFunction::exponential}, 0), 1);
  EXPECT_EQ(output({.function = LinkFunction::exponential}, 1.5), std::exp(1.5));
  EXPECT_EQ(output({.function = LinkFunction::exponential, .type = NumberType::float32}, 100),
            kInfinity);
}

TEST(Link, SquaresAndKeepsTheSign) {
  const Link link{.function = LinkFunction::signed_square};
  EXPECT_EQ(output(link, 3), 9);
  EXPECT_EQ(output(link, -3), -9);
  EXPECT_EQ(output(link, 0), 0);
}

TEST(Link, IsTheLogarithmOfOnePlusTheExponentialInBothForms) {
  EXPECT_EQ(output({.function = LinkFunction::log_one_plus}, 0), std::numbers::ln2);
  EXPECT_EQ(output({.function = LinkFunction::softplus}, 0), std::numbers::ln2);
  EXPECT_EQ(output({.function = LinkFunction::log_one_plus}, -40), 0);
  EXPECT_EQ(output({.function = LinkFunction::softplus}, -40), std::exp(-40.0));
}

TEST(Link, SaysWhetherTheSumIsPositive) {
  const Link link{.function = LinkFunction::positive};
  EXPECT_EQ(outputs(link, {1e-300, 0, -0.0, -1}), (std::vector{1.0, 0.0, 0.0, 0.0}));
}

TEST(Link, DividesAndScalesFirst) {
  EXPECT_EQ(output({.divisor = 4, .scale = 3}, 2), 1.5);
  EXPECT_EQ(output({.function = LinkFunction::logistic, .scale = 0.5}, 2),
            1 / (1 + std::exp(-1.0)));
  EXPECT_EQ(output({.divisor = 3, .type = NumberType::float32}, 1),
            static_cast<double>(1.0F / 3.0F));
}

TEST(Link, MayStandInTheSumsPlaceAndTakesManyRows) {
  std::vector<double> values{1, 2, 3, 4};
  apply_link({.scale = 10}, {values, 2, 2}, values);
  EXPECT_EQ(values, (std::vector{10.0, 20.0, 30.0, 40.0}));
  const std::vector<double> sums{0, 1000};
  std::vector<double> out(4);
  apply_link({.function = LinkFunction::logistic, .two_classes = true}, {sums, 2, 1}, out);
  EXPECT_EQ(out, (std::vector{0.5, 0.5, 0.0, 1.0}));
}

TEST(Link, MakesTwoClassesOfEachSum) {
  EXPECT_EQ(outputs({.function = LinkFunction::positive, .two_classes = true}, {3, -1}),
            (std::vector{0.0, 1.0, 1.0, 0.0}));
}

TEST(Link, SortsTheOutputs) {
  const Link link{.function = LinkFunction::ascending, .type = NumberType::float32};
  EXPECT_EQ(outputs(link, {3, -1, 2}), (std::vector{-1.0, 2.0, 3.0}));
  const std::vector<double> with_nan = outputs(link, {3, std::nan(""), -kInfinity});
  EXPECT_EQ(with_nan[0], -kInfinity);
  EXPECT_EQ(with_nan[1], 3);
  EXPECT_TRUE(std::isnan(with_nan[2]));
}

TEST(Link, AddsUpTheDistancesOfExpectiles) {
  const Link link{.function = LinkFunction::expectiles, .type = NumberType::float32};
  const float second = 1.0F + (1e-6F + std::log1p(1.0F));
  const float third = second + (1e-6F + (std::log1p(std::exp(-2.0F)) + 2.0F));
  EXPECT_EQ(outputs(link, {1, 0, 2}),
            (std::vector{1.0, static_cast<double>(second), static_cast<double>(third)}));
  // Far below zero there is the smallest distance, and nothing overflows far above.
  EXPECT_EQ(outputs(link, {0, -200, 1e30}),
            (std::vector{0.0, static_cast<double>(1e-6F), static_cast<double>(1e30F)}));
}

TEST(Link, RefusesWhatMakesNoSense) {
  const auto refusal = [](const Link& link) {
    const Result<void> checked = check_link(link);
    return checked ? "" : checked.error().message;
  };
  EXPECT_EQ(refusal({.function = LinkFunction::softmax}), "");
  EXPECT_EQ(refusal({.two_classes = true}), "");
  EXPECT_EQ(refusal({.scale = -1}),
            "the link divides by 1 and multiplies by -1, expected positive numbers");
  EXPECT_EQ(refusal({.divisor = 0}),
            "the link divides by 0 and multiplies by 1, expected positive numbers");
  EXPECT_EQ(refusal({.scale = kInfinity}),
            "the link divides by 1 and multiplies by inf, expected positive numbers");
  for (const LinkFunction function :
       {LinkFunction::softmax, LinkFunction::ascending, LinkFunction::expectiles}) {
    EXPECT_EQ(refusal({.function = function, .two_classes = true}),
              "the link makes two classes of each sum by " +
                  std::string(link_function_name(function)) + ", which is of all sums");
  }
}

TEST(Link, IsTextForPeople) {
  EXPECT_EQ(link_text({}), "identity");
  EXPECT_EQ(link_text({.function = LinkFunction::logistic,
                       .two_classes = true,
                       .divisor = 10,
                       .scale = 0.5,
                       .type = NumberType::float32}),
            "logistic of sum / 10 * 0.5, two classes, float32");
}

}  // namespace
}  // namespace ml_inference
