// SPDX-License-Identifier: MIT
#include "api/docs/docs_files.h"

#include "base/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>
#include <zlib.h>

#ifdef ML_INFERENCE_DOCS
#include "api/docs/docs_bytes.h"
#endif

namespace ml_inference {
namespace {

// Scripts, styles and requests from here alone, nothing inline; small images of the style sheet
// stand in it.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Hexadecimal digits of a file's digest that tell it from its other versions.
constexpr std::size_t kTagSize = 16;

// A browser asks again each time, which costs a 304: another program may have other files.
std::vector<HeaderField> fields_of(std::string_view tag) {
  return {{"cache-control", "no-cache"},
          {"content-security-policy", kPolicy},
          {"etag", tag},
          {"referrer-policy", "no-referrer"},
          {"x-content-type-options", "nosniff"}};
}

#ifdef ML_INFERENCE_DOCS
std::vector<DocsFile> all_files() {
  constexpr std::string_view kScript = "text/javascript; charset=utf-8";
  return {{.path = "/docs", .content_type = "text/html; charset=utf-8", .gzip = docs_page()},
          {.path = "/docs/init.js", .content_type = kScript, .gzip = docs_init()},
          {.path = "/docs/swagger-ui-bundle.js", .content_type = kScript, .gzip = docs_bundle()},
          {.path = "/docs/swagger-ui.css",
           .content_type = "text/css; charset=utf-8",
           .gzip = docs_style()},
          {.path = "/docs/favicon.png", .content_type = "image/png", .gzip = docs_icon()},
          {.path = "/docs/licences.txt",
           .content_type = "text/plain; charset=utf-8",
           .gzip = docs_licences()}};
}
#else
std::vector<DocsFile> all_files() { return {}; }
#endif

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts what stands before the separator off the text.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

bool is_one_of(std::string_view coding, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [coding](std::string_view name) {
    return std::ranges::equal(
        coding, name, [](unsigned char given, char lower) { return std::tolower(given) == lower; });
  });
}

// The weight of an element, by its parameters; one that cannot be read counts as none.
double weight_of(std::string_view parameters) {
  const std::string_view weight = take_until(parameters, ';');
  if (weight.empty()) return 1;
  double value = 0;
  if (!weight.starts_with("q=") && !weight.starts_with("Q=")) return 0;
  const auto [end, error] =
      std::from_chars(weight.data() + 2, weight.data() + weight.size(), value);
  return error == std::errc() ? value : 0;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    std::string_view element = take_until(accept_encoding, ',');
    const std::string_view coding = take_until(element, ';');
    if (is_one_of(coding, {"gzip", "x-gzip"})) return weight_of(element) > 0;
    if (coding == "*") any = weight_of(element) > 0;
  }
  return any;
}

std::optional<std::string> gunzip(std::string_view gzip) {
  constexpr int kGzipWindow = 15 + 16;
  constexpr std::size_t kStepSize = 65'536;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  std::string out;
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t size = out.size();
    out.resize(size + kStepSize);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    stream.avail_out = kStepSize;
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END ? std::optional(std::move(out)) : std::nullopt;
}

const DocsFile* find_docs_file(std::string_view path) {
  static const std::vector<DocsFile> files = all_files();
  const auto found = std::ranges::find(files, path, &DocsFile::path);
  return found == files.end() ? nullptr : &*found;
}

void answer_docs(const DocsFile& file, const HttpRequest& request, HttpResponse& response) {
  struct Tagged {
    std::string tag;
    std::vector<HeaderField> fields;
  };
  // By the file, each made once for all event loops.
  static const std::vector<std::pair<const char*, Tagged>> tagged = [] {
    std::vector<std::pair<const char*, Tagged>> all;
    for (const DocsFile& each : all_files()) {
      const std::string digits = hex_digits(sha256(each.gzip), kTagSize);
      all.push_back({each.gzip.data(), {.tag = fmt::format("W/\"{}\"", digits), .fields = {}}});
    }
    for (auto& [bytes, entry] : all) entry.fields = fields_of(entry.tag);
    return all;
  }();
  const auto found =
      std::ranges::find(tagged, file.gzip.data(), &std::pair<const char*, Tagged>::first);
  if (found != tagged.end()) {
    response.fields = found->second.fields;
    const bool is_known = request.if_none_match == "*" ||
                          request.if_none_match.find(found->second.tag) != std::string_view::npos;
    if (accepts_gzip(request.accept_encoding)) response.content_encoding = "gzip";
    if (is_known) {
      response.status = 304;
      return;
    }
  }
  response.content_type = file.content_type;
  if (accepts_gzip(request.accept_encoding)) {
    response.content_encoding = "gzip";
    response.body = file.gzip;
    return;
  }
  if (auto plain = gunzip(file.gzip)) response.body = *std::move(plain);
}

}  // namespace ml_inference
