// SPDX-License-Identifier: MIT
#include "api/request_log.h"

#include "api/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

TEST(RequestLog, SaysWhatBecameOfARequestWithoutItsSecrets) {
  struct CloseFile {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };
  const std::unique_ptr<std::FILE, CloseFile> file{std::tmpfile()};
  JsonLog log{::fileno(file.get())};
  LiveApi live;
  Metrics metrics;
  ApiMetrics api_metrics(metrics);
  RequestLog request_log(log, live, api_metrics);
  HttpResponse response;
  response.route = find_route("/v2/models/iris/infer").route;
  response.outcome = "setosa";
  request_log.answered({.method = "POST", .target = "/v2/models/iris/infer?token=s3cret"}, response,
                       std::chrono::microseconds(1'500));
  response.route = 0;
  response.status = 404;
  response.outcome = "Not Found";
  request_log.answered({.method = "GET", .target = "/x?token=s3cret"}, response, {});
  log.flush(std::chrono::seconds(30));
  std::string text(1 << 16, '\0');
  std::rewind(file.get());
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  EXPECT_THAT(text, HasSubstr(R"("message":"Prediction successful: setosa")"));
  EXPECT_THAT(text, HasSubstr(R"("route":"/v2/models/{model}/infer","status":200)"));
  EXPECT_THAT(text, HasSubstr(R"("message":"GET /x Not Found")"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace ml_inference
