// SPDX-License-Identifier: MIT
#include "serving/repository/testing/temporary_folder.h"

#include "base/assert.h"
#include "formats/onnx/writer.h"
#include "model/forest_builder.h"
#include "model/model.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

namespace ml_inference::testing {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "repository-XXXXXX").string();
  ASSERT(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // nothing can be done about it
  fs::remove_all(path_, ignored);
}

std::string TemporaryFolder::at(std::string_view below) const {
  return fmt::format("{}/{}", path_, below);
}

void TemporaryFolder::put(std::string_view below, std::string_view content) const {
  const std::string path = at(below);
  fs::create_directories(fs::path(path).parent_path());
  const fs::path fresh = fs::path(path).parent_path() / ".fresh";
  std::ofstream(fresh, std::ios::binary) << content;
  fs::rename(fresh, path);
}

void TemporaryFolder::make_folder(std::string_view below) const {
  fs::create_directories(at(below));
}

void TemporaryFolder::remove(std::string_view below) const { fs::remove_all(at(below)); }

void TemporaryFolder::link(std::string_view target, std::string_view below) const {
  const std::string fresh = at(".fresh");
  fs::create_symlink(target, fresh);
  fs::rename(fresh, at(below));
}

std::string constant_model(double value) {
  Schema schema;
  schema.targets[0].task = Task::regression;
  schema.feature_names = {"x"};
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  builder.start_tree(1);
  builder.leaf(0, std::vector{value});
  const Model model =
      make_model(schema, std::move(builder).build().value(), {"built-in", ""}).value();
  return convert_to_onnx(model).value();
}

}  // namespace ml_inference::testing
