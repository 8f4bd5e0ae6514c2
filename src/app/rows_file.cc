// SPDX-License-Identifier: MIT
#include "app/rows_file.h"

#include "base/printable_text.h"
#include "data/csv_record.h"
#include "serving/numbered_names.h"

#include <fmt/format.h>

#include <cstdio>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace ml_inference {
namespace {

// Of the names that a message lists, in bytes.
constexpr std::size_t kMissingNamesSizeMax = 400;

}  // namespace

RowLayout::RowLayout(const ServedModel& of_model)
    : model(of_model), cells(of_model.schema()), dialect(of_model.schema()) {}

RowsFile::RowsFile(RowBlocks blocks, const ServedModel& model)
    : blocks_(std::move(blocks)), layout_(model) {
  layout_.kind = blocks_.kind();
}

Result<std::unique_ptr<RowsFile>> RowsFile::open(const std::string& path, const ServedModel& model,
                                                 const RowBlocksOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<InputStream> stream, InputStream::open(path));
  ASSIGN_OR_RETURN(RowBlocks blocks, RowBlocks::begin(std::move(stream), options));
  std::unique_ptr<RowsFile> file(new RowsFile(std::move(blocks), model));
  if (file->layout_.kind == RowsKind::json_lines) return file;
  RETURN_IF_ERROR(file->read_header());
  if (const Result<void> found = file->find_columns(); !found) {
    return fail(found.error().code, file->blocks_.name() + ": " + found.error().message);
  }
  file->warn_of_other_columns();
  return file;
}

// The first line that is not empty; what is behind it in its block is given back.
Result<void> RowsFile::read_header() {
  RowBlock block;
  CsvRecord header;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, blocks_.next(block));
    if (!more) {
      return fail(Code::data_loss,
                  blocks_.name() + ": csv: line 1: expected a header row of names, got nothing");
    }
    CsvRecordReader reader(block.text, block.line);
    const auto fault = [this](const Error& error) {
      return fail(error.code, blocks_.name() + ": csv: " + error.message);
    };
    const Result<bool> found = reader.next(header);
    if (!found) return fault(found.error());
    if (!*found) continue;
    Result<std::vector<std::string>> names = csv_names(header, NamelessColumn::taken);
    if (!names) return fault(names.error());
    layout_.column_names = std::move(*names);
    layout_.columns.resize(layout_.column_names.size());
    blocks_.put_back(std::string_view(block.text).substr(reader.position()), reader.line());
    return {};
  }
}

Result<void> RowsFile::find_columns() {
  const Schema& schema = layout_.model.schema();
  if (schema.takes_any_width) return {};
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t column = 0; column < layout_.column_names.size(); ++column) {
    places.emplace(layout_.column_names[column], column);
  }
  std::string missing;
  for (const std::string& name : schema.feature_names) {
    if (const auto found = places.find(name); found != places.end()) {
      layout_.columns[found->second] = {layout_.places.size(), true};
      layout_.places.push_back(found->second);
    } else if (missing.size() < kMissingNamesSizeMax) {
      missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", printable_text(name));
    }
  }
  if (missing.empty()) {
    for (const Categories& categories : schema.categories) {
      layout_.columns[layout_.places[categories.feature]].takes_numbers = false;
    }
    return {};
  }
  return fail(Code::invalid_argument,
              fmt::format("the rows lack {} of the model's {} features: {}{}{}",
                          schema.feature_count() - layout_.places.size(), schema.feature_count(),
                          missing, missing.size() < kMissingNamesSizeMax ? "" : ", ...",
                          numbered_name_prefix(schema)
                              ? "; so they are called where a file has no feature names"
                              : ""));
}

void RowsFile::warn_of_other_columns() const {
  const Schema& schema = layout_.model.schema();
  std::unordered_set<std::string_view> known(schema.feature_names.begin(),
                                             schema.feature_names.end());
  for (const Target& target : schema.targets) known.insert(target.name);
  known.erase("");  // a target may have no name
  for (const std::string& name : layout_.column_names) {
    if (known.contains(name)) continue;
    fmt::print(stderr, "ml-inference: warning: {}: ignored\n",
               name.empty()
                   ? "a column has no name"
                   : fmt::format("column '{}' is no feature of the model", printable_text(name)));
  }
}

}  // namespace ml_inference
