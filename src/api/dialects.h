// SPDX-License-Identifier: MIT
// Every dialect, in one place: which one reads a route's predictions, and which one tells of
// models.
#pragma once

#include "api/http.h"
#include "api/prediction.h"
#include "api/routes.h"
#include "serving/readiness.h"
#include "serving/repository/model_control.h"

#include <cstddef>
#include <stop_token>
#include <string_view>

namespace ml_inference {

/// What reads and writes the route's messages; null where nothing does. Lives for ever.
[[nodiscard]] const PredictionDialect* prediction_dialect(const RouteEntry& route);

/// What there is to tell.
struct Informant {
  const Readiness& readiness;
  std::string_view version;          ///< the program's
  const ModelControl* control = {};  ///< knows of models that are not loaded; null: there is none
};

/// Whether calls of the route are streams.
[[nodiscard]] HttpHandler::Exchange exchange_of(const RouteEntry& route);

/// Answers a route of a dialect beside our own that predicts nothing: metadata, states, lists.
void inform(const Informant& informant, const RouteMatch& match, const HttpRequest& request,
            HttpResponse& response);

/// Bytes that change_model() needs at most beside the request.
[[nodiscard]] std::size_t change_memory_size(std::string_view body);

/// Does what a route asks that is_change(), and waits until it is done: for a worker.
void change_model(ModelControl& control, const RouteMatch& match, std::string_view body,
                  std::stop_token stop, HttpResponse& response);

}  // namespace ml_inference
