// SPDX-License-Identifier: MIT
#include "api/dialects.h"

#include "api/testing/asking.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(Dialects, KnowWhoReadsAPrediction) {
  EXPECT_NE(prediction_dialect(find_route("/predict").entry()), nullptr);
  EXPECT_EQ(prediction_dialect(find_route("/predict").entry()),
            prediction_dialect(find_route("/models/a/predict").entry()));
  EXPECT_NE(prediction_dialect(find_route("/v2/models/a/infer").entry()),
            prediction_dialect(find_route("/predict").entry()));
  EXPECT_EQ(prediction_dialect(find_route("/health").entry()), nullptr);
}

TEST(Dialects, AnswerEveryRouteThatIsRead) {
  testing::Asking asking;
  for (const RouteEntry& entry : all_routes()) {
    if (!entry.path.starts_with('/') || !allows(entry, "GET")) continue;
    const HttpResponse response = asking.get(entry.path);
    EXPECT_NE(response.body, "") << entry.path;
    EXPECT_LT(response.status, 504) << entry.path;
  }
}

}  // namespace
}  // namespace ml_inference
