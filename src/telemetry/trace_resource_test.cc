// SPDX-License-Identifier: MIT
#include "telemetry/trace_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(TraceResource, NamesServiceAndVersion) {
  EXPECT_THAT(*trace_resource("", "", "1.2.3"),
              ElementsAre(Pair("service.name", "ml-inference"), Pair("service.version", "1.2.3")));
}

TEST(TraceResource, TakesWhatTheDownwardApiTells) {
  EXPECT_THAT(*trace_resource("", "k8s.pod.name=iris-1, k8s.node.name = n%2C1%3D,,x=", "1"),
              ElementsAre(Pair("k8s.node.name", "n,1="), Pair("k8s.pod.name", "iris-1"),
                          Pair("service.name", "ml-inference"), Pair("service.version", "1"),
                          Pair("x", "")));
}

TEST(TraceResource, TheServicesOwnVariableWins) {
  EXPECT_THAT(*trace_resource("", "service.name=a", "1"),
              ElementsAre(Pair("service.name", "a"), Pair("service.version", "1")));
  EXPECT_THAT(*trace_resource("b", "service.name=a,service.version=2", "1"),
              ElementsAre(Pair("service.name", "b"), Pair("service.version", "2")));
}

TEST(TraceResource, ABrokenListIsTold) {
  for (const char* text : {"a", "=b", "a=%", "a=%2", "a=%zz", "a=%+1", "a=%ff", "good=1,bad"}) {
    const auto resource = trace_resource("", text, "1");
    ASSERT_FALSE(resource.has_value()) << text;
    EXPECT_EQ(resource.error().code, Code::invalid_argument);
    EXPECT_THAT(resource.error().message, testing::HasSubstr("is no key=value"));
  }
}

}  // namespace
}  // namespace ml_inference
