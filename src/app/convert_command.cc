// SPDX-License-Identifier: MIT
// ml-inference convert
#include "app/command_line.h"
#include "app/output_file.h"
#include "base/digest.h"
#include "base/printable_text.h"
#include "formats/load_model.h"
#include "formats/onnx/writer.h"

#include <CLI/Validators.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace ml_inference {
namespace {

struct ConvertOptions {
  std::string model_path;
  std::string output_path;
};

// The file as it is, if it is still the one that was read.
Result<std::string> copy_of(const std::string& path, const Model& model) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file && sha256_text(bytes) == model.provenance().sha256) return bytes;
  return fail(Code::unavailable, fmt::format("{}: changed while it was read", path));
}

// A graph of operators is of no library that we know, and is ONNX already.
Result<std::string> converted(const std::string& path, const Model& model) {
  Result<std::string> bytes = convert_to_onnx(model);
  if (bytes) return bytes;
  const bool is_copied =
      bytes.error().code == Code::unimplemented && model.provenance().format == "onnx";
  if (is_copied) return copy_of(path, model);
  return fail(bytes.error().code, path + ": " + bytes.error().message);
}

Result<void> convert(const ConvertOptions& options) {
  RETURN_IF_ERROR(check_binary_output_file(options.output_path));
  std::error_code error;  // of a file that does not exist, and is no other
  if (!is_standard_output(options.output_path) &&
      std::filesystem::equivalent(options.model_path, options.output_path, error)) {
    return fail(Code::invalid_argument,
                fmt::format("{} is the model itself, expected another file", options.output_path));
  }
  ASSIGN_OR_RETURN(const Model model, load_model_file(options.model_path));
  ASSIGN_OR_RETURN(const std::string bytes, converted(options.model_path, model));
  RETURN_IF_ERROR(write_output_file(options.output_path, bytes));
  if (is_standard_output(options.output_path)) return {};
  fmt::print("written: {}\n", printable_text(options.output_path));
  return {};
}

}  // namespace

void add_convert_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<ConvertOptions>();
  CLI::App* const command = app.add_subcommand(
      "convert",
      "write a model as ONNX with the same answers, where ONNX has words for it; a graph "
      "of operators that is ONNX already is copied");
  command->add_option("MODEL", options->model_path, "model file")->required();
  command->add_option("OUT.onnx", options->output_path, "file to write, - for standard output")
      ->required()
      ->check(CLI::Validator(
          [](const std::string& name) -> std::string {
            return name.empty() ? "is empty, expected a file's name" : "";
          },
          ""));
  command->callback([options, &action] { action = [options] { return convert(*options); }; });
}

}  // namespace ml_inference
