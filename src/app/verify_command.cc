// SPDX-License-Identifier: MIT
// ml-inference verify
#include "app/command_line.h"
#include "app/verification.h"
#include "formats/load_model.h"

#include <fmt/format.h>

#include <memory>
#include <string>

namespace ml_inference {
namespace {

struct VerifyOptions {
  std::string model_path;
  std::string rows_path;
  std::string expect_path;
  double tolerance = kVerificationTolerance;
};

Result<void> verify(const VerifyOptions& options) {
  ASSIGN_OR_RETURN(Model model, load_model_file(options.model_path));
  ASSIGN_OR_RETURN(const auto served, ServedModel::make(std::move(model), options.model_path));
  ASSIGN_OR_RETURN(const Verification seen, verify_model(*served, options.rows_path,
                                                         options.expect_path, options.tolerance));
  fmt::print("{}\n", verification_text(seen));
  return {};
}

}  // namespace

void add_verify_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* const command =
      app.add_subcommand("verify", "compare a model's answers with those that its library gave");
  command->add_option("MODEL", options->model_path, "model file")->required();
  command->add_option("--rows", options->rows_path, "rows, as predict takes them")->required();
  command
      ->add_option(
          "--expect", options->expect_path,
          "JSON lines: an object a row with one or more of the members that predict prints, "
          "and no other; \"error\" alone for a row that the library refuses")
      ->required();
  command
      ->add_option("--tolerance", options->tolerance,
                   "largest difference that passes, relative for numbers beyond 1")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return verify(*options); }; });
}

}  // namespace ml_inference
