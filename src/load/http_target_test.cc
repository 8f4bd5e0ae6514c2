// SPDX-License-Identifier: MIT
#include "load/http_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ml_inference {
namespace {

using testing::HasSubstr;

TEST(ParseUrl, FillsInPortAndPath) {
  const HttpTarget expected{
      .host = "ml-inference", .port = "80", .authority = "ml-inference", .path = "/predict"};
  EXPECT_EQ(*parse_url("http://ml-inference"), expected);
  EXPECT_EQ(*parse_url("http://ml-inference/"), expected);
}

TEST(ParseUrl, TakesNamesAndAddresses) {
  EXPECT_EQ(*parse_url("http://a.svc.cluster.local:8000/v2/x?y=z#part"),
            (HttpTarget{.host = "a.svc.cluster.local",
                        .port = "8000",
                        .authority = "a.svc.cluster.local:8000",
                        .path = "/v2/x?y=z"}));
  EXPECT_EQ(parse_url("http://127.0.0.1:1")->host, "127.0.0.1");
  const auto six = parse_url("http://[::1]:8000/x");
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->authority, "[::1]:8000");
}

TEST(ParseUrl, TakesASchemeInAnyCase) {
  EXPECT_EQ(parse_url("HTTP://a:1/x")->authority, "a:1");
  EXPECT_EQ(parse_url("Https://a").error().code, Code::unimplemented);
}

TEST(ParseUrl, SaysThatHttpsIsNotSpoken) {
  const auto target = parse_url("https://example.org");
  EXPECT_EQ(target.error().code, Code::unimplemented);
  EXPECT_THAT(target.error().message, HasSubstr("https is not spoken here, expected http"));
}

TEST(ParseUrl, RefusesWhatIsNoUrlOfHttp) {
  for (const char* url : {"", "localhost", "localhost:8000", "ftp://a/", "http://", "http:///x",
                          "http://a:0", "http://a:65536", "http://a:99999999999", "http://a b/",
                          "http://me@a/", "http://a\r\nX: y/"}) {
    const auto target = parse_url(url);
    ASSERT_FALSE(target.has_value()) << url;
    EXPECT_EQ(target.error().code, Code::invalid_argument) << url;
  }
}

TEST(ParseHeader, CutsAtTheFirstColon) {
  const std::pair<std::string, std::string> expected("Authorization", "Bearer a:b c");
  EXPECT_EQ(*parse_header("Authorization: \tBearer a:b c "), expected);
  EXPECT_EQ(parse_header("X:")->second, "");
}

TEST(ParseHeader, RefusesWhatWouldBreakTheRequest) {
  for (const char* line :
       {"", "no colon", ": x", "a b: c", "X: a\r\nY: b", "X: \x7f", "host: a", "Content-Length: 3",
        "Transfer-Encoding: chunked", "Connection: close"}) {
    EXPECT_FALSE(parse_header(line).has_value()) << line;
  }
}

TEST(ParseHeaders, ReadsALineEach) {
  const auto headers = parse_headers("Authorization: Bearer x\r\n\nX-A: b");
  ASSERT_TRUE(headers.has_value()) << headers.error().message;
  ASSERT_EQ(headers->size(), 2);
  EXPECT_EQ((*headers)[0].second, "Bearer x");
  EXPECT_EQ((*headers)[1].first, "X-A");
}

TEST(ParseHeaders, TellsTheLineAndNotTheSecretInIt) {
  EXPECT_EQ(parse_headers("X: y\nmy-secret\n").error().message,
            "line 2: expected the form 'Name: value'");
  EXPECT_EQ(parse_headers("\nHost: secret").error().message, "line 2: Host is set by the load");
  EXPECT_THAT(parse_headers("\n").error().message, HasSubstr("got none"));
}

TEST(PostRequest, IsWholeAndCountsItsBody) {
  const HttpTarget target{.authority = "a:1", .path = "/predict"};
  EXPECT_EQ(post_request(target, "{}", {{"X", "y"}}, true),
            "POST /predict HTTP/1.1\r\nHost: a:1\r\nContent-Type: application/json\r\nX: y\r\n"
            "Content-Length: 2\r\n\r\n{}");
  EXPECT_THAT(post_request(target, "{}", {}, false), HasSubstr("\r\nConnection: close\r\n\r\n{}"));
}

TEST(PostRequest, LetsAHeaderNameTheType) {
  const std::string request = post_request({}, "x", {{"content-type", "text/csv"}}, true);
  EXPECT_THAT(request, HasSubstr("content-type: text/csv\r\n"));
  EXPECT_THAT(request, testing::Not(HasSubstr("application/json")));
}

// A listener on a port of the kernel's choice.
class Listener {
 public:
  Listener() {
    SocketAddress address = loopback_address(0);
    bind(descriptor_, reinterpret_cast<sockaddr*>(&address.bytes), address.size);
    listen(descriptor_, 8);
    getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address.bytes), &address.size);
    port_ = std::to_string(ntohs(reinterpret_cast<sockaddr_in*>(&address.bytes)->sin_port));
  }
  ~Listener() { close(descriptor_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  const int descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string port_;
};

TEST(Reach, FindsTheFamilyInWhichSomebodyListens) {
  const Listener listener;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto addresses = reach({.host = host, .port = listener.port()}, 5);
    ASSERT_TRUE(addresses.has_value()) << addresses.error().message;
    for (const SocketAddress& address : *addresses) EXPECT_EQ(address.bytes.ss_family, AF_INET);
  }
}

TEST(Reach, SaysThatNobodyListensOrThatTheNameIsUnknown) {
  const auto refused = reach({.host = "127.0.0.1", .port = "1"}, 5);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("127.0.0.1 port 1: cannot connect: "));
  const auto unknown = reach({.host = "no such name", .port = "1"}, 5);
  EXPECT_THAT(unknown.error().message, HasSubstr("no such name: "));
}

}  // namespace
}  // namespace ml_inference
