// SPDX-License-Identifier: MIT
#include "app/tree_text.h"

#include "base/json_text.h"
#include "base/number_text.h"
#include "base/printable_text.h"
#include "model/column_tracer.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// Codes of a set that are written out; more are counted.
constexpr std::size_t kCodesShownMax = 12;

std::string numbers_text(std::span<const double> numbers) {
  if (numbers.size() == 1) return number_text(numbers[0]);
  std::string text = "[";
  for (const double number : numbers) {
    if (text.size() > 1) text += ", ";
    append_number(text, number);
  }
  return text + "]";
}

// Writes the nodes of one forest in words.
class NodeText {
 public:
  NodeText(const Forest& forest, const ColumnOrigins& origins, const Schema& schema)
      : forest_(forest), origins_(origins), schema_(schema) {}

  [[nodiscard]] std::string leaf(const ForestNode& node) const {
    if (!node.is_linear()) return numbers_text(forest_.leaf_values(node.leaf()));
    const LinearLeaf linear = forest_.linear_leaf(node);
    std::string text = number_text(linear.constant);
    for (std::size_t term = 0; term < linear.features.size(); ++term) {
      text += fmt::format(" + {} * {}", number_text(linear.coefficients[term]),
                          feature(linear.features[term]));
    }
    return text;
  }

  [[nodiscard]] std::string test(const ForestNode& node) const {
    std::string text =
        node.is_categorical()
            ? fmt::format("{} in {}", feature(node.feature()), codes(node))
            : fmt::format("{} {} {}", feature(node.feature()),
                          node.is_strict() ? "<" : "<=", number_text(node.threshold()));
    text += fmt::format(", missing {}", node.missing_goes_left() ? "left" : "right");
    return text;
  }

 private:
  // Behind other parts of the model a forest may see columns that are no feature.
  [[nodiscard]] std::string feature(std::size_t column) const {
    const std::optional<std::size_t> origin = origins_[column];
    return origin ? printable_text(schema_.feature_names[*origin])
                  : fmt::format("input {} of the forest", column);
  }

  [[nodiscard]] std::string codes(const ForestNode& node) const {
    const std::span<const std::uint32_t> words = forest_.category_set(node.category_set());
    std::string text = "{";
    std::size_t count = 0;
    for (std::size_t code = 0; code < words.size() * 32; ++code) {
      if ((words[code / 32] >> (code % 32) & 1) == 0) continue;
      if (count++ < kCodesShownMax) text += fmt::format("{}{}", count > 1 ? ", " : "", code);
    }
    if (count > kCodesShownMax) text += fmt::format(", and {} more", count - kCodesShownMax);
    return text + "}";
  }

  const Forest& forest_;
  const ColumnOrigins& origins_;
  const Schema& schema_;
};

// Finds the tree and calls use(forest, what writes its nodes, the tree's root).
Result<void> with_tree(
    const Model& model, std::size_t tree,
    const std::function<void(const Forest&, const NodeText&, std::size_t)>& use) {
  ColumnOrigins origins;
  for (std::size_t feature = 0; feature < model.schema().feature_count(); ++feature) {
    origins.emplace_back(feature);
  }
  std::size_t begin = 0;
  bool is_found = false;
  trace_forests(model.estimator(), origins, [&](const Forest& forest, const ColumnOrigins& seen) {
    if (tree >= begin && tree < begin + forest.tree_count()) {
      use(forest, NodeText(forest, seen, model.schema()), forest.roots()[tree - begin]);
      is_found = true;
    }
    begin += forest.tree_count();
  });
  if (is_found) return {};
  return fail(Code::not_found, fmt::format("the model has no tree {}, it has {}, counted from 0",
                                           tree, count_text(begin, "tree")));
}

struct Place {
  std::size_t node;
  std::size_t depth;
  std::string_view side;
};

}  // namespace

Result<std::string> tree_as_text(const Model& model, std::size_t tree) {
  std::string text;
  RETURN_IF_ERROR(
      with_tree(model, tree, [&](const Forest& forest, const NodeText& words, std::size_t root) {
        std::vector<Place> open{{root, 0, ""}};
        while (!open.empty()) {
          const Place place = open.back();
          open.pop_back();
          const ForestNode& node = forest.nodes()[place.node];
          text += fmt::format("{}{}{}\n", std::string(2 * place.depth, ' '), place.side,
                              node.is_leaf() ? "leaf " + words.leaf(node) : words.test(node) + "?");
          if (node.is_leaf()) continue;
          open.push_back({node.right(), place.depth + 1, "no: "});
          open.push_back({node.left(), place.depth + 1, "yes: "});
        }
      }));
  return text;
}

Result<std::string> tree_as_dot(const Model& model, std::size_t tree) {
  std::string text = fmt::format("digraph \"tree {}\" {{\n  node [shape=box]\n", tree);
  RETURN_IF_ERROR(
      with_tree(model, tree, [&](const Forest& forest, const NodeText& words, std::size_t root) {
        std::vector<std::size_t> open{root};
        while (!open.empty()) {
          const std::size_t number = open.back();
          open.pop_back();
          const ForestNode& node = forest.nodes()[number];
          std::string label;
          append_json_string(label, node.is_leaf() ? words.leaf(node) : words.test(node));
          text += fmt::format("  n{} [label={}]\n", number - root, label);
          if (node.is_leaf()) continue;
          text += fmt::format("  n{} -> n{} [label=\"yes\"]\n", number - root, node.left() - root);
          text += fmt::format("  n{} -> n{} [label=\"no\"]\n", number - root, node.right() - root);
          open.push_back(node.right());
          open.push_back(node.left());
        }
      }));
  return text + "}\n";
}

}  // namespace ml_inference
