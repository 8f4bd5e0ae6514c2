// SPDX-License-Identifier: MIT
// Where requests go, and their bytes.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace ml_inference {

/// The parts of a URL that a request needs.
struct HttpTarget {
  std::string host;       ///< a name or a numeric address, without brackets
  std::string port;       ///< decimal, from 1 to 65535
  std::string authority;  ///< host and port as they stood, for the Host field
  std::string path;       ///< with the query, without the fragment

  bool operator==(const HttpTarget&) const = default;
};

/// Reads "http://host:port/path?query"; the port is 80 and the path /predict where there is none.
/// Errors: unimplemented for https; invalid_argument for what is no such URL.
/// Source: RFC 3986, by Boost.URL.
[[nodiscard]] Result<HttpTarget> parse_url(std::string_view url);

/// A header field, name and value. Errors: invalid_argument, when "Name: value" is of another form,
/// or names one that the request sets itself.
[[nodiscard]] Result<std::pair<std::string, std::string>> parse_header(std::string_view line);

/// A file's text of such lines; empty ones, and a carriage return at a line's end, are skipped.
/// Errors: invalid_argument, with the line's number and nothing of what it holds, which may be a
/// secret; and when there is no field at all.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> parse_headers(
    std::string_view text);

/// `POST` of a JSON body, as one block of bytes to send.
/// headers  further fields; one named Content-Type stands in place of application/json.
/// keeps  whether the connection is to serve another request.
[[nodiscard]] std::string post_request(
    const HttpTarget& target, std::string_view body,
    const std::vector<std::pair<std::string, std::string>>& headers, bool keeps);

/// An address to connect to.
struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

/// 127.0.0.1 with this port.
[[nodiscard]] SocketAddress loopback_address(std::uint16_t port);

/// Looks the name up, once, and connects to its addresses in order of preference until one answers.
/// Returns all addresses of that one's family: they are used in turn. Blocks, for each address for
/// `timeout_seconds` at most.
/// Errors: unavailable: the name is not known, or nobody listens.
[[nodiscard]] Result<std::vector<SocketAddress>> reach(const HttpTarget& target,
                                                       double timeout_seconds);

}  // namespace ml_inference
