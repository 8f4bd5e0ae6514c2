// SPDX-License-Identifier: MIT
#include "training/boosted_tree.h"

#include "base/assert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

// Rows that one worker moves or adds up at a time.
constexpr std::size_t kBlockSize = 8'192;

// Work of less than about so many nanoseconds is done sooner than another worker wakes up.
constexpr std::size_t kSharedCostMin = 30'000;

std::size_t block_count(std::size_t row_count) { return (row_count + kBlockSize - 1) / kBlockSize; }

}  // namespace

BoostedTreeGrower::BoostedTreeGrower(const BinnedRows& rows, const BoostedTreeLimits& limits,
                                     WorkTeam& team)
    : rows_(rows),
      limits_(limits),
      team_(team),
      finders_(team.size()),
      order_(rows.row_count()),
      moved_(rows.row_count()),
      gathered_(rows.row_count()),
      left_counts_(block_count(rows.row_count())) {}

std::span<const BoostedNode> BoostedTreeGrower::grow(std::span<const GradientSum> gradients,
                                                     const GradientUnits& units, Random& random) {
  ASSERT(gradients.size() == order_.size());
  rules_ = {.units = units,
            .l2 = limits_.l2 / units.hessian_unit(),
            .hessian_min =
                static_cast<std::uint64_t>(std::ceil(limits_.hessian_min / units.hessian_unit())),
            .row_count_min = limits_.row_count_min,
            .category_smoothing = 10 / units.hessian_unit()};
  nodes_.clear();
  sums_.clear();
  std::iota(order_.begin(), order_.end(), 0U);
  GradientSum sum;
  for (const GradientSum& gradient : gradients) sum += gradient;
  leaf_count_ = 1;
  const std::size_t root = add_node(0, order_.size(), 0, sum);
  if (may_split(root) && limits_.leaf_count_max > 1) {
    Pending pending{root, take_histogram(), drawn_features(random)};
    add_up({}, gradients, *pending.histogram, nullptr);
    push({&pending, 1});
  }
  while (!heap_.empty()) {
    std::ranges::pop_heap(heap_, is_worse);
    Candidate candidate = std::move(heap_.back());
    heap_.pop_back();
    if (leaf_count_ < limits_.leaf_count_max) {
      split(std::move(candidate), gradients, random);
    } else {
      nodes_[candidate.node].split = {};
      spare_.push_back(std::move(candidate.histogram));
    }
  }
  return nodes_;
}

std::size_t BoostedTreeGrower::add_node(std::size_t begin, std::size_t end, std::size_t depth,
                                        const GradientSum& sum) {
  const GradientUnits& units = rules_->units;
  const double gradient = GradientUnits::gradient(sum) * units.gradient_unit();
  const double hessian = units.hessian(sum) * units.hessian_unit();
  nodes_.push_back(
      {.depth = depth, .begin = begin, .end = end, .value = -gradient / (hessian + limits_.l2)});
  sums_.push_back(sum);
  return nodes_.size() - 1;
}

// Whether it is worth a histogram.
bool BoostedTreeGrower::may_split(std::size_t node) const {
  return nodes_[node].depth < limits_.depth_max &&
         nodes_[node].end - nodes_[node].begin >= 2 * limits_.row_count_min &&
         rules_->units.hessian_units(sums_[node]) >= 2 * rules_->hessian_min;
}

void BoostedTreeGrower::split(Candidate candidate, std::span<const GradientSum> gradients,
                              Random& random) {
  const BoostedNode parent = nodes_[candidate.node];
  const std::size_t middle = move_rows(candidate.node, gradients);
  const std::size_t depth = parent.depth + 1;
  const std::size_t left = add_node(parent.begin, middle, depth, parent.split.left);
  const std::size_t right =
      add_node(middle, parent.end, depth, sums_[candidate.node] - parent.split.left);
  nodes_[candidate.node].left = left;
  nodes_[candidate.node].right = right;
  ++leaf_count_;
  std::unique_ptr<Histogram> of_parent = std::move(candidate.histogram);
  const bool is_full = leaf_count_ == limits_.leaf_count_max;
  if (is_full || (!may_split(left) && !may_split(right))) {
    spare_.push_back(std::move(of_parent));
    return;
  }
  const bool left_is_smaller = middle - parent.begin <= parent.end - middle;
  const std::size_t smaller = left_is_smaller ? left : right;
  const std::size_t larger = left_is_smaller ? right : left;
  std::unique_ptr<Histogram> of_smaller = take_histogram();
  const std::size_t begin = nodes_[smaller].begin;
  const std::size_t count = nodes_[smaller].end - begin;
  add_up(std::span(order_).subspan(begin, count), std::span(gathered_).first(count), *of_smaller,
         may_split(larger) ? of_parent.get() : nullptr);
  std::array<Pending, 2> pending;
  std::size_t pending_count = 0;
  for (const std::size_t node : {left, right}) {
    std::unique_ptr<Histogram>& histogram = node == smaller ? of_smaller : of_parent;
    if (may_split(node)) {
      pending[pending_count++] = {node, std::move(histogram), drawn_features(random)};
    } else {
      spare_.push_back(std::move(histogram));
    }
  }
  push(std::span(pending).first(pending_count));
}

// Each block of the node's rows is divided in place of its own, then all of them are put together.
// The smaller side's gradients are gathered on the way. Returns where the right side begins.
std::size_t BoostedTreeGrower::move_rows(std::size_t number,
                                         std::span<const GradientSum> gradients) {
  const BoostedNode& node = nodes_[number];
  const std::size_t count = node.end - node.begin;
  const std::size_t blocks = block_count(count);
  share_out(2 * count, blocks, [&](std::size_t, std::size_t block) { move_block(node, block); });
  const std::size_t left_count = rules_->units.count(node.split.left);
  const std::size_t middle = node.begin + left_count;
  const bool gathers_left = 2 * left_count <= count;
  share_out(2 * count, blocks, [&](std::size_t, std::size_t block) {
    std::size_t left_before = 0;
    for (std::size_t before = 0; before < block; ++before) left_before += left_counts_[before];
    const std::size_t left_begin = node.begin + left_before;
    const std::size_t right_begin = middle + block * kBlockSize - left_before;
    place_block(node, block, left_begin, right_begin);
    const std::size_t begin = gathers_left ? left_begin : right_begin;
    const std::size_t rows_of_block = std::min(kBlockSize, count - block * kBlockSize);
    const std::size_t gathered_count =
        gathers_left ? left_counts_[block] : rows_of_block - left_counts_[block];
    const std::size_t side_begin = gathers_left ? node.begin : middle;
    for (std::size_t index = begin; index < begin + gathered_count; ++index) {
      gathered_[index - side_begin] = gradients[order_[index]];
    }
  });
  return middle;
}

// Into moved_: the rows that go left from the front, the others from the back.
void BoostedTreeGrower::move_block(const BoostedNode& node, std::size_t block) {
  const std::size_t feature = node.split.feature;
  const BinLayout::Place& place = rows_.layout().place(feature);
  const std::uint64_t* const words = rows_.words(place.group).data();
  std::array<std::uint8_t, 256> goes_left{};  // by code
  const std::size_t missing_bin = rows_.layout().feature(feature).missing_bin();
  for (std::size_t code = 0; code < place.code_count; ++code) {
    goes_left[code] = node.split.goes_left(place.bin(code), missing_bin) ? 1 : 0;
  }
  const std::size_t begin = node.begin + block * kBlockSize;
  const std::size_t end = std::min(begin + kBlockSize, node.end);
  std::uint32_t* left = moved_.data() + begin;
  std::uint32_t* right = moved_.data() + end;
  for (std::size_t index = begin; index < end; ++index) {
    const std::uint32_t row = order_[index];
    const std::size_t is_left = goes_left[words[row] >> place.shift & 0xFF];
    *left = row;
    *(right - 1) = row;
    left += is_left;
    right -= 1 - is_left;
  }
  left_counts_[block] = static_cast<std::size_t>(left - (moved_.data() + begin));
}

void BoostedTreeGrower::place_block(const BoostedNode& node, std::size_t block,
                                    std::size_t left_begin, std::size_t right_begin) {
  const std::size_t begin = node.begin + block * kBlockSize;
  const std::size_t end = std::min(begin + kBlockSize, node.end);
  const std::span<const std::uint32_t> moved(moved_);
  const auto left = moved.subspan(begin, left_counts_[block]);
  const auto right = moved.subspan(begin + left.size(), end - begin - left.size());
  std::ranges::copy(left, order_.begin() + static_cast<std::ptrdiff_t>(left_begin));
  std::ranges::reverse_copy(right, order_.begin() + static_cast<std::ptrdiff_t>(right_begin));
}

// A group of features is a piece of work, or where there are fewer of them than workers some of a
// group's rows: their sums are put together afterwards.
// less  a histogram from which the sums are taken, or null.
void BoostedTreeGrower::add_up(std::span<const std::uint32_t> rows,
                               std::span<const GradientSum> gradients, Histogram& histogram,
                               Histogram* less) {
  const BinLayout& layout = rows_.layout();
  const std::size_t group_count = layout.groups().size();
  const std::size_t wanted = group_count < team_.size() ? 2 * team_.size() / group_count : 1;
  const std::size_t part_count = std::clamp<std::size_t>(gradients.size() / kBlockSize, 1, wanted);
  while (parts_.size() + 1 < part_count) parts_.emplace_back(layout.sum_count());
  const auto take_less = [&](const BinGroup& group) {
    if (less == nullptr) return;
    const std::size_t end = group.offset + group.sum_count();
    for (std::size_t bin = group.offset; bin < end; ++bin) (*less)[bin] -= histogram[bin];
  };
  const std::size_t cost = gradients.size() * layout.feature_count();
  share_out(cost, group_count * part_count, [&](std::size_t, std::size_t index) {
    const std::size_t part = index / group_count;
    const BinGroup& group = layout.groups()[index % group_count];
    Histogram& sums = part == 0 ? histogram : parts_[part - 1];
    const auto of_group = std::span(sums).subspan(group.offset, group.sum_count());
    std::ranges::fill(of_group, GradientSum{});
    const std::size_t begin = gradients.size() * part / part_count;
    const std::size_t count = gradients.size() * (part + 1) / part_count - begin;
    const auto words = rows_.words(index % group_count);
    add_to_histogram(group, rows.empty() ? words.subspan(begin) : words,
                     rows.empty() ? rows : rows.subspan(begin, count),
                     gradients.subspan(begin, count), of_group);
    if (part_count == 1) take_less(group);
  });
  if (part_count == 1) return;
  share_out(layout.sum_count() * part_count, group_count, [&](std::size_t, std::size_t index) {
    const BinGroup& group = layout.groups()[index];
    for (std::size_t part = 1; part < part_count; ++part) {
      for (std::size_t bin = group.offset; bin < group.offset + group.sum_count(); ++bin) {
        histogram[bin] += parts_[part - 1][bin];
      }
    }
    take_less(group);
  });
}

// Finds the best split of each, and lets those that have one wait for their turn.
void BoostedTreeGrower::push(std::span<Pending> pending) {
  const BinLayout& layout = rows_.layout();
  std::size_t count = 0;
  for (const Pending& node : pending) count += node.features.size();
  splits_.resize(count);
  share_out(layout.sum_count() * pending.size(), count, [&](std::size_t worker, std::size_t index) {
    const bool is_first = index < pending[0].features.size();
    const Pending& node = is_first ? pending[0] : pending[1];
    const std::size_t feature =
        node.features[is_first ? index : index - pending[0].features.size()];
    const FeatureBins& bins = layout.feature(feature);
    std::array<GradientSum, kBinCountMax + 1> scratch;
    const auto sums = layout.sums_of(feature, *node.histogram, scratch);
    splits_[index] = finders_[worker].find(*rules_, bins, feature, sums, sums_[node.node]);
  });
  std::span<const HistogramSplit> splits(splits_);
  for (Pending& node : pending) {
    HistogramSplit best;
    for (const HistogramSplit& split : splits.first(node.features.size())) {
      if (split.gain > best.gain) best = split;
    }
    splits = splits.subspan(node.features.size());
    if (best.gain > 0) {
      nodes_[node.node].split = best;
      const bool is_limited = limits_.leaf_count_max != BoostedTreeLimits::kNone;
      const double rank = is_limited ? best.gain : static_cast<double>(node.node);
      heap_.push_back({rank, node.node, std::move(node.histogram)});
      std::ranges::push_heap(heap_, is_worse);
    } else {
      spare_.push_back(std::move(node.histogram));
    }
  }
}

// Ascending, so that of equally good splits that of the first feature is taken.
std::vector<std::size_t> BoostedTreeGrower::drawn_features(Random& random) {
  std::vector<std::size_t> features(rows_.layout().feature_count());
  std::iota(features.begin(), features.end(), std::size_t{0});
  if (limits_.split_features >= features.size()) return features;
  for (std::size_t drawn = 0; drawn < limits_.split_features; ++drawn) {
    const auto left = static_cast<std::uint32_t>(features.size() - drawn);
    std::swap(features[drawn], features[drawn + random.below(left)]);
  }
  features.resize(limits_.split_features);
  std::ranges::sort(features);
  return features;
}

std::unique_ptr<BoostedTreeGrower::Histogram> BoostedTreeGrower::take_histogram() {
  if (spare_.empty()) return std::make_unique<Histogram>(rows_.layout().sum_count());
  std::unique_ptr<Histogram> histogram = std::move(spare_.back());
  spare_.pop_back();
  return histogram;
}

// cost  of all the work, in about nanoseconds.
void BoostedTreeGrower::share_out(std::size_t cost, std::size_t count, const WorkTeam::Work& work) {
  if (cost >= kSharedCostMin) return team_.run(count, work);
  for (std::size_t index = 0; index < count; ++index) work(0, index);
}

}  // namespace ml_inference
