// SPDX-License-Identifier: MIT
#include "load/http_target.h"

#include <boost/url/parse.hpp>
// The library's own sources, compiled here: one package fewer to install than with its archive.
#include <boost/url/src.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <unistd.h>

namespace ml_inference {
namespace {

std::unexpected<Error> bad_url(std::string_view url, std::string_view why) {
  return fail(Code::invalid_argument,
              fmt::format("'{}' {}, expected http://HOST[:PORT][/PATH]", url, why));
}

bool is_same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_token_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Empty when the line is a field that a request may carry.
std::string why_no_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  const bool is_sound = colon != std::string_view::npos && !name.empty() &&
                        std::ranges::all_of(name, is_token_character) &&
                        std::ranges::none_of(line, [](char c) {
                          return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
                        });
  if (!is_sound) return "expected the form 'Name: value'";
  for (const std::string_view own : {"Host", "Content-Length", "Transfer-Encoding", "Connection"}) {
    if (is_same_name(name, own)) return fmt::format("{} is set by the load", own);
  }
  return {};
}

using AddressList = std::unique_ptr<addrinfo, decltype([](addrinfo* list) { freeaddrinfo(list); })>;

Result<AddressList> look_up(const HttpTarget& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int code = getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &list)) {
    return fail(Code::unavailable, fmt::format("{}: {}", target.host, gai_strerror(code)));
  }
  return AddressList(list);
}

// 0, or the errno of what went wrong.
int try_to_connect(const addrinfo& address, int timeout_ms) {
  const int descriptor =
      socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  if (descriptor < 0) return errno;
  int error = connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd wanted{.fd = descriptor, .events = POLLOUT, .revents = 0};
    socklen_t size = sizeof error;
    if (poll(&wanted, 1, timeout_ms) != 1) {
      error = ETIMEDOUT;
    } else {
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    }
  }
  close(descriptor);
  return error;
}

}  // namespace

Result<HttpTarget> parse_url(std::string_view url) {
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed) return bad_url(url, "is no URL");
  const std::string_view scheme(parsed->scheme().data(), parsed->scheme().size());
  if (is_same_name(scheme, "https")) {
    return fail(Code::unimplemented, fmt::format("'{}': https is not spoken here, expected http: "
                                                 "load the service behind whatever ends TLS",
                                                 url));
  }
  if (!is_same_name(scheme, "http")) return bad_url(url, "has another scheme");
  if (parsed->has_userinfo()) return bad_url(url, "has a user (use --header)");
  const auto host = parsed->host_address();  // without brackets, percent signs decoded
  if (host.empty()) return bad_url(url, "has no host");
  const auto port = parsed->port();
  const std::string port_text = port.empty() ? "80" : std::string(port.data(), port.size());
  unsigned number = 0;
  const char* const end = port_text.data() + port_text.size();
  if (std::from_chars(port_text.data(), end, number).ptr != end || number == 0 || number > 65'535) {
    return bad_url(url, "has no port from 1 to 65535");
  }
  const auto authority = parsed->encoded_authority();
  const auto path = parsed->encoded_target();
  HttpTarget target{.host = host,
                    .port = port_text,
                    .authority = std::string(authority.data(), authority.size()),
                    .path = std::string(path.data(), path.size())};
  if (parsed->encoded_path().empty() || target.path == "/") target.path = "/predict" + target.path;
  if (target.path == "/predict/") target.path = "/predict";
  return target;
}

Result<std::pair<std::string, std::string>> parse_header(std::string_view line) {
  if (const std::string why = why_no_header(line); !why.empty()) {
    return fail(Code::invalid_argument, fmt::format("header '{}': {}", line, why));
  }
  const std::size_t colon = line.find(':');
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  value = value.substr(0, value.find_last_not_of(" \t") + 1);
  return std::pair(std::string(line.substr(0, colon)), std::string(value));
}

Result<std::vector<std::pair<std::string, std::string>>> parse_headers(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> headers;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (const std::string why = why_no_header(line); !why.empty()) {
      return fail(Code::invalid_argument, fmt::format("line {}: {}", number, why));
    }
    ASSIGN_OR_RETURN(auto header, parse_header(line));
    headers.push_back(std::move(header));
  }
  if (headers.empty())
    return fail(Code::invalid_argument, "expected lines 'Name: value', got none");
  return headers;
}

std::string post_request(const HttpTarget& target, std::string_view body,
                         const std::vector<std::pair<std::string, std::string>>& headers,
                         bool keeps) {
  std::string fields;
  bool has_type = false;
  for (const auto& [name, value] : headers) {
    has_type |= is_same_name(name, "Content-Type");
    fields += fmt::format("{}: {}\r\n", name, value);
  }
  return fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\n{}{}Content-Length: {}\r\n{}\r\n{}",
                     target.path, target.authority,
                     has_type ? "" : "Content-Type: application/json\r\n", fields, body.size(),
                     keeps ? "" : "Connection: close\r\n", body);
}

SocketAddress loopback_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SocketAddress result;
  std::memcpy(&result.bytes, &address, sizeof address);
  result.size = sizeof address;
  return result;
}

Result<std::vector<SocketAddress>> reach(const HttpTarget& target, double timeout_seconds) {
  ASSIGN_OR_RETURN(const AddressList list, look_up(target));
  const int timeout_ms = static_cast<int>(std::ceil(timeout_seconds * 1000));
  int error = 0;
  int family = AF_UNSPEC;
  for (const addrinfo* at = list.get(); at != nullptr && family == AF_UNSPEC; at = at->ai_next) {
    error = try_to_connect(*at, timeout_ms);
    if (error == 0) family = at->ai_family;
  }
  if (family == AF_UNSPEC) {
    return fail(Code::unavailable, fmt::format("{} port {}: cannot connect: {}", target.host,
                                               target.port, std::strerror(error)));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    if (at->ai_family != family) continue;
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.bytes, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
  }
  return addresses;
}

}  // namespace ml_inference
