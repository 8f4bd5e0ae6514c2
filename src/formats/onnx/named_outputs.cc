// SPDX-License-Identifier: MIT
#include "formats/onnx/forest.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// Of one tree after the other, how many weights name each output; whether all weights of a tree
// stand side by side.
class NamedOutputs {
 public:
  explicit NamedOutputs(const OnnxEnsemble& ensemble)
      : ensemble_(ensemble), counts_(ensemble.output_count), is_always_named_(counts_.size()) {
    for (std::size_t node = 0; node < ensemble.node_count(); ++node) {
      if (ensemble.modes[node] == TreeMode::leaf) ++leaves_[ensemble.tree_ids[node]];
    }
  }

  [[nodiscard]] bool some_may_be_missing() {
    const std::size_t count = ensemble_.weight_count();
    for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
      const std::int64_t tree = ensemble_.weight_tree_ids[begin];
      while (end < count && ensemble_.weight_tree_ids[end] == tree) ++end;
      if (leaves_.contains(tree) && !seen_.insert(tree).second)
        return some_may_be_missing_anywhere();
      count_outputs(tree, begin, end);
    }
    return std::ranges::find(is_always_named_, false) != is_always_named_.end();
  }

 private:
  // Whoever names all leaves of a tree names an output always.
  void name(std::int64_t tree, std::size_t output, std::size_t count) {
    const auto leaves = leaves_.find(tree);
    if (leaves == leaves_.end() || count >= leaves->second) is_always_named_[output] = true;
  }

  void count_outputs(std::int64_t tree, std::size_t begin, std::size_t end) {
    const auto output_of = [this](std::size_t weight) {
      return static_cast<std::size_t>(ensemble_.output_ids[weight]);
    };
    for (std::size_t weight = begin; weight < end; ++weight) ++counts_[output_of(weight)];
    for (std::size_t weight = begin; weight < end; ++weight) {
      const std::size_t output = output_of(weight);
      if (counts_[output] != 0) name(tree, output, counts_[output]);
      counts_[output] = 0;
    }
  }

  // The same for weights in any order.
  [[nodiscard]] bool some_may_be_missing_anywhere() {
    using Named = std::pair<std::int64_t, std::int64_t>;
    const OnnxMemoryShare sorting(*ensemble_.memory, ensemble_.weight_count(), sizeof(Named));
    is_always_named_.assign(counts_.size(), false);
    std::vector<Named> named;
    named.reserve(ensemble_.weight_count());
    for (std::size_t weight = 0; weight < ensemble_.weight_count(); ++weight) {
      named.emplace_back(ensemble_.weight_tree_ids[weight], ensemble_.output_ids[weight]);
    }
    std::ranges::sort(named);
    for (std::size_t begin = 0, end = 0; begin < named.size(); begin = end) {
      while (end < named.size() && named[end] == named[begin]) ++end;
      name(named[begin].first, static_cast<std::size_t>(named[begin].second), end - begin);
    }
    return std::ranges::find(is_always_named_, false) != is_always_named_.end();
  }

  const OnnxEnsemble& ensemble_;
  std::unordered_map<std::int64_t, std::size_t> leaves_;  // by tree
  std::unordered_set<std::int64_t> seen_;                 // trees
  std::vector<std::size_t> counts_;                       // by output
  std::vector<bool> is_always_named_;                     // by output
};

}  // namespace

bool may_leave_outputs_out(const OnnxEnsemble& ensemble) {
  return NamedOutputs(ensemble).some_may_be_missing();
}

}  // namespace ml_inference
