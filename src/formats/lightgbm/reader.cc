// SPDX-License-Identifier: MIT
#include "formats/lightgbm/reader.h"

#include "base/number_text.h"
#include "formats/format_error.h"
#include "formats/lightgbm/header.h"
#include "formats/lightgbm/lines.h"
#include "formats/lightgbm/memory.h"
#include "formats/lightgbm/numbers.h"
#include "formats/lightgbm/pandas_categories.h"
#include "formats/lightgbm/tree.h"
#include "formats/limits.h"
#include "model/limits.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kFirstLine = "tree";
constexpr std::string_view kEndOfTrees = "end of trees";
constexpr std::string_view kCategories = "pandas_categorical:";
constexpr std::string_view kCategoricalParameter = "[categorical_feature:";

// How many lines begin a tree, so that the list of trees never has to move.
std::size_t count_trees(std::string_view bytes) {
  constexpr std::string_view kTree = "\nTree=";
  std::size_t count = 0;
  for (std::size_t at = bytes.find(kTree); at != std::string_view::npos;
       at = bytes.find(kTree, at + kTree.size())) {
    ++count;
  }
  return count;
}

void reserve_trees(std::size_t count, LightgbmFile& file, LightgbmMemory& memory) {
  if (count > kTreeCountMax) {
    refuse(Code::resource_exhausted, "lightgbm: the file has {} trees, expected at most {}", count,
           kTreeCountMax);
  }
  memory.take_list(count, sizeof(LightgbmTree));
  file.trees.reserve(count);
}

// What stands behind the last tree tells whether the file is whole. Up to 2.1 that is the list of
// importances, which may be empty but is always there.
void check_end_of_trees(const LightgbmLines& lines, const LightgbmFile& file) {
  const std::string_view line = lines.is_done() ? "" : lines.line();
  const bool is_old = file.version.empty() || file.version == "v2";
  if (line == kEndOfTrees || (is_old && line == "feature importances:")) return;
  refuse(Code::data_loss, "lightgbm: behind {} there is {}, expected '{}'",
         count_text(file.trees.size(), "tree"), line.empty() ? "nothing" : quoted_text(line),
         kEndOfTrees);
}

// What the trees so far have together, against the limits of a forest: so a file is refused before
// memory is taken for a forest of it.
class Totals {
 public:
  void add(const LightgbmTree& tree) {
    add(nodes_, 2 * tree.num_leaves() - 1, kNodeCountMax, "nodes and leaves");
    add(words_, tree.cat_threshold.size(), kCategoryWordCountMax, "words of category sets");
    add(terms_, tree.leaf_coeff.size(), kLeafValueCountMax, "terms of linear leaves");
  }

 private:
  static void add(std::size_t& total, std::size_t count, std::size_t most, const char* what) {
    total += count;
    if (total <= most) return;
    refuse(Code::resource_exhausted, "lightgbm: the file has more than {} {}", most, what);
  }

  std::size_t nodes_ = 0;
  std::size_t words_ = 0;
  std::size_t terms_ = 0;
};

void read_trees(LightgbmLines& lines, LightgbmFile& file, LightgbmMemory& memory) {
  Totals totals;
  while (!lines.is_done()) {
    const std::string_view line = lines.line();
    if (line.starts_with("Tree=")) {
      if (file.trees.size() == file.trees.capacity()) {  // lines that only a CR ends
        reserve_trees(2 * file.trees.size() + 1, file, memory);
      }
      file.trees.push_back(read_lightgbm_tree(lines, file.trees.size(), file, memory));
      totals.add(file.trees.back());
    } else if (line.empty()) {
      lines.next();
    } else {
      break;
    }
  }
  check_end_of_trees(lines, file);
  file.has_end_of_trees = lines.line() == kEndOfTrees;
}

// "[categorical_feature: 0,2]"; "name:a,b" and the empty list say nothing.
void read_categorical_parameter(std::string_view line, LightgbmFile& file, LightgbmMemory& memory) {
  std::string_view text = line.substr(kCategoricalParameter.size());
  text = text.substr(0, text.find(']'));
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.find_first_not_of("0123456789,") != std::string_view::npos) return;
  const std::size_t count = count_words(text, ',');
  memory.take_list(count, sizeof(std::uint32_t));
  file.categorical_feature.reserve(count);
  for (std::string_view word = take_word(text, ','); !word.empty(); word = take_word(text, ',')) {
    file.categorical_feature.push_back(
        read_number<std::uint32_t>(word, {.key = "categorical_feature"}));
  }
}

// Importances, parameters, and what the Python package puts behind them.
void read_tail(LightgbmLines& lines, LightgbmFile& file, LightgbmMemory& memory) {
  bool has_categories = false;
  for (; !lines.is_done(); lines.next()) {
    const std::string_view line = lines.line();
    if (line.starts_with(kCategoricalParameter) && file.categorical_feature.empty()) {
      read_categorical_parameter(line, file, memory);
    }
    if (line == "parameters:") file.has_parameters = true;
    if (line.starts_with("[precise_float_parser:")) file.has_precise_float_parser = true;
    if (!line.starts_with(kCategories)) continue;
    if (has_categories) {
      refuse(Code::invalid_argument, "lightgbm: pandas_categorical stands twice");
    }
    has_categories = true;
    file.pandas_categorical = read_pandas_categories(line.substr(kCategories.size()), memory);
  }
}

void check_tree_count(const LightgbmHeader& header) {
  const LightgbmFile& file = header.file;
  if (header.tree_count && *header.tree_count != file.trees.size()) {
    refuse(Code::data_loss, "lightgbm: the file has {} trees, expected {} as tree_sizes says",
           file.trees.size(), *header.tree_count);
  }
  if (file.trees.size() % file.num_tree_per_iteration != 0) {
    refuse(Code::invalid_argument,
           "lightgbm: the file has {} trees, expected a multiple of num_tree_per_iteration, {}",
           file.trees.size(), file.num_tree_per_iteration);
  }
}

}  // namespace

bool begins_like_lightgbm(std::string_view bytes) {
  if (!bytes.starts_with(kFirstLine) || bytes.size() == kFirstLine.size()) return false;
  return bytes[kFirstLine.size()] == '\n' || bytes[kFirstLine.size()] == '\r';
}

LightgbmFile read_lightgbm_file(std::string_view bytes) {
  if (bytes.size() > kModelFileSizeMax) {
    refuse(Code::resource_exhausted, "lightgbm: the file has {} bytes, expected at most {}",
           bytes.size(), kModelFileSizeMax);
  }
  if (!begins_like_lightgbm(bytes)) {
    refuse(Code::data_loss, "lightgbm: the first line is not 'tree'");
  }
  LightgbmMemory memory(bytes.size());
  LightgbmLines lines(bytes);
  lines.next();
  LightgbmHeader header = read_lightgbm_header(lines, memory);
  reserve_trees(count_trees(bytes), header.file, memory);
  read_trees(lines, header.file, memory);
  check_tree_count(header);
  read_tail(lines, header.file, memory);
  return std::move(header.file);
}

}  // namespace ml_inference
