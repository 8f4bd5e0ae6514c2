// SPDX-License-Identifier: MIT
#include "api/torchserve/torchserve_control.h"

#include "api/prediction.h"
#include "base/json_text.h"
#include "serving/repository/version_policy.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

void write_status(std::string_view text, HttpResponse& response) {
  response.body = R"({"status":)";
  append_json_string(response.body, text);
  response.body += '}';
}

// SageMaker's body, which a model's name and folder stand in.
Result<std::pair<std::string, std::string>> name_and_url(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  if (error || !value.is_object()) {
    return fail(Code::invalid_argument, "the body is no JSON object with model_name and url");
  }
  const auto text_of = [&value](std::string_view name) -> Result<std::string> {
    const boost::json::value* const text = value.get_object().if_contains(name);
    if (text != nullptr && text->is_string()) return std::string(text->get_string());
    return fail(Code::invalid_argument, fmt::format("'{}' is no text in the body", name));
  };
  ASSIGN_OR_RETURN(std::string name, text_of("model_name"));
  ASSIGN_OR_RETURN(std::string url, text_of("url"));
  return std::pair(std::move(name), std::move(url));
}

void add_model(ModelControl& control, std::string_view body, std::stop_token stop,
               HttpResponse& response) {
  if (body.empty()) {
    return write_error(Dialect::torchserve, 501,
                       "models do not come from archives here: POST /models takes model_name and "
                       "url, a folder, in its body",
                       response);
  }
  const auto named = name_and_url(body);
  if (!named) return write_error(Dialect::torchserve, named.error(), response);
  const auto& [name, url] = *named;
  const Result<bool> is_new = control.add(name, url, std::move(stop));
  if (!is_new && is_new.error().code == Code::resource_exhausted) {  // SageMaker unloads another
    return write_error(Dialect::torchserve, 507, is_new.error().message, response);
  }
  if (!is_new) return write_error(Dialect::torchserve, is_new.error(), response);
  if (!*is_new) {
    return write_error(Dialect::torchserve, 409, fmt::format("model '{}' is loaded already", name),
                       response);
  }
  write_status(fmt::format("Model \"{}\" loaded", name), response);
}

void remove_model(ModelControl& control, const std::string& name, std::stop_token stop,
                  HttpResponse& response) {
  const Result<bool> was_loaded = control.unload(name, std::move(stop));
  if (!was_loaded) return write_error(Dialect::torchserve, was_loaded.error(), response);
  if (!*was_loaded) {
    return write_error(Dialect::torchserve, 404, fmt::format("model '{}' is not loaded", name),
                       response);
  }
  write_status(fmt::format("Model \"{}\" unregistered", name), response);
}

}  // namespace

void change_torchserve_model(ModelControl& control, const RouteMatch& match, std::string_view body,
                             std::stop_token stop, HttpResponse& response) {
  if (match.entry().operation == Operation::model_list) {
    return add_model(control, body, std::move(stop), response);
  }
  const bool sets_default = match.entry().operation == Operation::model_default;
  const std::optional<std::int64_t> version = version_number(match.version);
  if (sets_default && !version) {
    return write_error(Dialect::torchserve, 400,
                       fmt::format("version '{}' is no whole number", match.version), response);
  }
  if (!sets_default && !match.version.empty()) {
    return write_error(Dialect::torchserve, 501, "one version alone is not unloaded", response);
  }
  if (!sets_default) return remove_model(control, match.model, std::move(stop), response);
  const Result<void> done = control.set_default(match.model, version, std::move(stop));
  if (!done) return write_error(Dialect::torchserve, done.error(), response);
  write_status(fmt::format("Default version successfully updated for model \"{}\" to \"{}\"",
                           match.model, *version),
               response);
}

}  // namespace ml_inference
