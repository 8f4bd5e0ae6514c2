// SPDX-License-Identifier: MIT
#include "api/offered_methods.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

const RouteEntry& entry(std::string_view target) { return find_route(target).entry(); }

TEST(OfferedMethods, LeavesWhatLoadsAndUnloadsWhereRequestsMay) {
  EXPECT_EQ(offered_methods(entry("/models/rose"), {}), "GET, HEAD");
  EXPECT_EQ(offered_methods(entry("/models/rose"), {.unloads = true}), "GET, HEAD, DELETE");
  EXPECT_EQ(offered_methods(entry("/models/rose/3"), {.unloads = true}), "GET, HEAD");
  EXPECT_EQ(offered_methods(entry("/models"), {}), "GET, HEAD");
  EXPECT_EQ(offered_methods(entry("/models"), {.unloads = true}), "GET, HEAD, POST");
  EXPECT_EQ(offered_methods(entry("/predict"), {}), "POST");
}

TEST(OfferedMethods, OffersNoRouteThatCanOnlyRefuse) {
  EXPECT_TRUE(is_offered(entry("/predict"), "POST", {}));
  EXPECT_FALSE(is_offered(entry("/predict"), "GET", {}));
  EXPECT_FALSE(is_offered(entry("/explanations/rose"), "POST", {}));
  EXPECT_FALSE(is_offered(entry("/v2/repository/models/rose/load"), "POST", {}));
  EXPECT_TRUE(is_offered(entry("/v2/repository/models/rose/load"), "POST", {.loads = true}));
  EXPECT_FALSE(is_offered(entry("/v2/repository/models/rose/unload"), "POST", {.loads = true}));
  EXPECT_TRUE(is_offered(entry("/models/rose/3/set-default"), "PUT", {.sets_default = true}));
}

}  // namespace
}  // namespace ml_inference
