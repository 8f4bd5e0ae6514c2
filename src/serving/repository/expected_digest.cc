// SPDX-License-Identifier: MIT
#include "serving/repository/expected_digest.h"

#include "base/digest.h"
#include "base/open_file.h"
#include "base/printable_text.h"
#include "base/whole_file.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <sys/stat.h>
#include <tuple>
#include <utility>

namespace ml_inference {
namespace {

// A line of some ten thousand files each.
constexpr std::size_t kDigestFileSizeMax = std::size_t{2} << 20;
constexpr std::size_t kDigitCount = 2 * std::tuple_size_v<Digest>;
constexpr std::size_t kSignatureDepthMax = 32;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool is_digest(std::string_view text) {
  return text.size() == kDigitCount && std::ranges::all_of(text, is_hex);
}

std::string_view plain_name(std::string_view name) {
  if (name.starts_with('*')) name.remove_prefix(1);
  if (name.starts_with("./")) name.remove_prefix(2);
  return name;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// RFC 4648, in the usual alphabet; nothing for a text that is no base64.
std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::uint32_t kByteMask = 0xFF;
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & kByteMask);
  }
  return out;
}

// A member below another, or null where there is none.
const boost::json::value* below(const boost::json::value& value,
                                std::initializer_list<std::string_view> path) {
  const boost::json::value* at = &value;
  for (const std::string_view name : path) {
    if (!at->is_object()) return nullptr;
    at = at->get_object().if_contains(name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string_view text_of(const boost::json::value* value) {
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

Result<boost::json::value> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kSignatureDepthMax;
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  if (error) return fail(Code::data_loss, "no JSON: " + error.message());
  return value;
}

using Found = std::optional<std::string>;

bool is_there(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

Result<Found> digest_in(std::string_view text, std::string_view name) {
  bool has_digest = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string digest = lower(line.substr(0, blank));
    if (!is_digest(digest)) {
      return fail(Code::data_loss,
                  fmt::format("'{}' is no SHA-256, expected {} hexadecimal digits",
                              printable_text(digest.substr(0, kDigitCount)), kDigitCount));
    }
    has_digest = true;
    const std::string_view named = plain_name(trimmed(line.substr(blank)));
    if (named.empty() || named == name) return digest;
  }
  if (!has_digest) return fail(Code::data_loss, "has no digest");
  return std::nullopt;
}

Result<Found> digest_in_signature(std::string_view text, std::string_view name) {
  ASSIGN_OR_RETURN(const boost::json::value bundle, parse_json(text));
  const auto payload = from_base64(text_of(below(bundle, {"dsseEnvelope", "payload"})));
  if (!payload || payload->empty()) {
    return fail(Code::data_loss, "has no dsseEnvelope.payload in base64");
  }
  ASSIGN_OR_RETURN(const boost::json::value statement, parse_json(*payload));
  const boost::json::value* const resources = below(statement, {"predicate", "resources"});
  if (resources == nullptr || !resources->is_array()) {
    return fail(Code::data_loss, "has no predicate.resources");
  }
  for (const boost::json::value& resource : resources->get_array()) {
    if (plain_name(text_of(below(resource, {"name"}))) != name) continue;
    const std::string_view algorithm = text_of(below(resource, {"algorithm"}));
    if (algorithm != "sha256") {
      return fail(Code::unimplemented,
                  fmt::format("the digest is of '{}', expected sha256", printable_text(algorithm)));
    }
    std::string digest = lower(text_of(below(resource, {"digest"})));
    if (!is_digest(digest)) return fail(Code::data_loss, "a resource's digest is no SHA-256");
    return digest;
  }
  return std::nullopt;
}

Result<Found> expected_digest(const std::string& folder, const std::string& name) {
  using Read = Result<Found> (*)(std::string_view, std::string_view);
  const std::array<std::pair<std::string, Read>, 3> kPlaces{{{name + ".sha256", digest_in},
                                                             {"SHA256SUMS", digest_in},
                                                             {"model.sig", digest_in_signature}}};
  for (const auto& [file, read] : kPlaces) {
    const std::string path = fmt::format("{}/{}", folder, file);
    if (!is_there(path)) continue;
    ASSIGN_OR_RETURN(const std::string text, read_whole_file(path, kDigestFileSizeMax));
    Result<Found> digest = read(text, name);
    if (!digest) digest.error().message.insert(0, path + ": ");
    if (!digest || *digest) return digest;
  }
  return std::nullopt;
}

Result<std::string> file_digest(const std::string& path) {
  constexpr std::size_t kPieceSize = std::size_t{1} << 20;
  const OpenFile file(path.c_str(), O_NONBLOCK);
  if (!file.is_open()) {
    return fail(Code::not_found, fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  }
  if (!file.is_regular()) {
    return fail(Code::invalid_argument, path + ": is not a regular file");
  }
  const auto piece = std::make_unique_for_overwrite<char[]>(kPieceSize);
  Sha256 digest;
  ssize_t taken = 0;
  while ((taken = file.read({piece.get(), kPieceSize})) > 0) {
    digest.add({piece.get(), static_cast<std::size_t>(taken)});
  }
  if (taken < 0) {
    return fail(Code::not_found, fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  }
  return hex_digits(digest.take(), kDigitCount);
}

}  // namespace ml_inference
