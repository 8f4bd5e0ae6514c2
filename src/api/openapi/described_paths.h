// SPDX-License-Identifier: MIT
// The paths of the OpenAPI document. Rows differ from model to model, so operations that predict
// stand there once for each of its paths; all others have parameters in theirs.
#pragma once

#include "api/openapi/described_model.h"
#include "api/openapi/json_schema.h"
#include "api/routes.h"
#include "serving/repository/model_control.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Under which paths a version of a model predicts.
struct ModelPlaces {
  bool is_default = false;          ///< the one that answers where no model is named
  bool is_answering = false;        ///< that of its model where no version is named
  std::vector<std::string> labels;  ///< of its version
  std::string version;              ///< its number as text
};

/// Makes paths.
class PathWriter {
 public:
  /// aliases  those of the operator's choice; live as long. guarded  whether tokens are asked for.
  PathWriter(std::span<const RouteAlias> aliases, const ControlRights& rights, bool guarded)
      : aliases_(aliases), rights_(rights), guarded_(guarded) {}

  /// Adds every operation that predicts nothing, but the page for people. has_labels  whether any
  /// version has a label.
  void add_informing(bool has_labels, JsonObject& paths) const;

  /// Adds those that predict by a version of a model.
  void add_predicting(const DescribedModel& model, const ModelPlaces& places,
                      JsonObject& paths) const;

 private:
  void add_informing(const RouteEntry& route, const std::string& path, JsonObject& paths) const;
  void add_predicting(const RouteEntry& route, const std::string& path, const DescribedModel& model,
                      JsonObject& paths) const;
  [[nodiscard]] std::vector<std::string> alias_paths(const RouteEntry& route) const;

  std::span<const RouteAlias> aliases_;
  ControlRights rights_;
  bool guarded_;
};

/// The parameters that paths have, by the names of components.
/// names  those of the models; empty: any are possible.
[[nodiscard]] JsonObject shared_parameters(JsonArray names);

/// A name as it stands in a path: percent-encoded where a path could not have it.
[[nodiscard]] std::string encoded_segment(std::string_view name);

}  // namespace ml_inference
