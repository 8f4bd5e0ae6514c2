// SPDX-License-Identifier: MIT
// ml-inference convert
#include "app/command_line.h"
#include "app/output_file.h"
#include "base/printable_text.h"
#include "formats/load_model.h"
#include "formats/onnx/writer.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

namespace ml_inference {
namespace {

struct ConvertOptions {
  std::string model_path;
  std::string output_path;
};

Result<void> convert(const ConvertOptions& options) {
  std::error_code error;  // of a file that does not exist, and is no other
  if (std::filesystem::equivalent(options.model_path, options.output_path, error)) {
    return fail(Code::invalid_argument,
                fmt::format("{} is the model itself, expected another file", options.output_path));
  }
  ASSIGN_OR_RETURN(const Model model, load_model_file(options.model_path));
  const Result<std::string> bytes = convert_to_onnx(model);
  if (!bytes) {
    return fail(bytes.error().code, options.model_path + ": " + bytes.error().message);
  }
  RETURN_IF_ERROR(write_output_file(options.output_path, *bytes));
  fmt::print("written: {}\n", printable_text(options.output_path));
  return {};
}

}  // namespace

void add_convert_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<ConvertOptions>();
  CLI::App* const command = app.add_subcommand(
      "convert", "write a model as ONNX with the same answers, where ONNX has words for it");
  command->add_option("MODEL", options->model_path, "model file")->required();
  command->add_option("OUT.onnx", options->output_path, "file to write")->required();
  command->callback([options, &action] { action = [options] { return convert(*options); }; });
}

}  // namespace ml_inference
