// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ml_inference {
namespace {

TEST(RouteTable, BeginsWithTheUnknown) {
  EXPECT_EQ(all_routes().size(), kRouteCount);
  EXPECT_EQ(route_entry(0).operation, Operation::unknown);
  EXPECT_EQ(route_entry(0).path, "");
}

TEST(RouteTable, NamesNoPathTwice) {
  std::set<std::string> paths;
  for (const RouteEntry& entry : all_routes()) {
    for (const std::string& path : route_paths(entry)) {
      EXPECT_TRUE(paths.insert(path).second) << path;
    }
  }
}

TEST(RouteTable, LeadsEveryPathToItsOwnEntry) {
  for (std::size_t route = 1; route < kRouteCount; ++route) {
    for (const std::string& path : route_paths(route_entry(route))) {
      if (!path.starts_with('/')) continue;  // an alias's
      EXPECT_EQ(find_route(path).route, route) << path;
    }
  }
}

}  // namespace
}  // namespace ml_inference
