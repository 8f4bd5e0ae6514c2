// SPDX-License-Identifier: MIT
#include "api/torchserve/torchserve_control.h"

#include "api/prediction.h"
#include "base/json_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

std::optional<std::int64_t> version_of(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

void write_status(std::string_view text, HttpResponse& response) {
  response.body = R"({"status":)";
  append_json_string(response.body, text);
  response.body += '}';
}

}  // namespace

void change_torchserve_model(ModelControl& control, const RouteMatch& match, std::stop_token stop,
                             HttpResponse& response) {
  const bool sets_default = match.entry().operation == Operation::model_default;
  const std::optional<std::int64_t> version = version_of(match.version);
  if (sets_default && !version) {
    return write_error(Dialect::torchserve, 400,
                       fmt::format("version '{}' is no whole number", match.version), response);
  }
  if (!sets_default && !match.version.empty()) {
    return write_error(Dialect::torchserve, 501, "one version alone is not unloaded", response);
  }
  const Result<void> done = sets_default
                                ? control.set_default(match.model, version, std::move(stop))
                                : control.unload(match.model, std::move(stop));
  if (!done) return write_error(Dialect::torchserve, done.error(), response);
  if (sets_default) {
    return write_status(fmt::format("Default version successfully updated for model \"{}\" to "
                                    "\"{}\"",
                                    match.model, *version),
                        response);
  }
  write_status(fmt::format("Model \"{}\" unregistered", match.model), response);
}

}  // namespace ml_inference
