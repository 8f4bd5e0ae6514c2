// SPDX-License-Identifier: MIT
// A model: a forest, and what its numbers mean.
#pragma once

#include "base/result.h"
#include "model/forest.h"
#include "model/schema.h"

#include <string>

namespace ml_inference {

/// Where a model comes from, for people and metrics. It decides nothing.
struct Provenance {
  std::string format;       ///< "built-in", "onnx"
  std::string producer;     ///< the program that wrote the file, as the file says; may be empty
  std::string sha256 = {};  ///< of the file's bytes, in hexadecimal; empty where there was no file
};

/// Schema and forest that fit together. Made by make_model() only.
/// Threads: immutable; any number may read it.
class Model {
 public:
  [[nodiscard]] const Schema& schema() const { return schema_; }
  [[nodiscard]] const Forest& forest() const { return forest_; }
  [[nodiscard]] const Provenance& provenance() const { return provenance_; }

  /// The same model, which now knows the bytes that stand for it.
  [[nodiscard]] Model with_sha256(std::string sha256) &&;

 private:
  friend Result<Model> make_model(Schema schema, Forest forest, Provenance provenance);
  Model(Schema schema, Forest forest, Provenance provenance);

  Schema schema_;
  Forest forest_;
  Provenance provenance_;
};

/// Checks the schema, and that the forest takes its features and gives its outputs.
/// Errors: invalid_argument.
[[nodiscard]] Result<Model> make_model(Schema schema, Forest forest, Provenance provenance);

}  // namespace ml_inference
