// SPDX-License-Identifier: MIT
#include "formats/lightgbm/pandas_columns.h"

#include "base/number_text.h"
#include "formats/format_error.h"

#include <algorithm>
#include <limits>
#include <span>

namespace ml_inference {
namespace {

// A feature that a list may belong to.
struct Candidate {
  std::uint32_t feature = 0;
  std::uint64_t code_end = 0;  // the codes that training saw are below this
  bool is_categorical = false;
};

std::uint64_t code_end(const LightgbmFile& file, const LightgbmFeature& feature) {
  if (feature.kind != LightgbmFeatureKind::categorical) return feature.code_end;
  std::int64_t end = 0;
  for (const std::int32_t code : file.categories_of(feature)) {
    end = std::max(end, std::int64_t{code} + 1);
  }
  return static_cast<std::uint64_t>(end);
}

std::vector<Candidate> candidates_of(const LightgbmFile& file) {
  std::vector<bool> is_said(file.features.size(), false);
  for (const std::uint32_t feature : file.categorical_feature) {
    if (feature < is_said.size()) is_said[feature] = true;
  }
  std::vector<Candidate> candidates;
  for (std::uint32_t number = 0; number < file.features.size(); ++number) {
    const LightgbmFeature& feature = file.features[number];
    const bool is_numerical = feature.kind == LightgbmFeatureKind::numerical;
    if (is_numerical && feature.code_end == 0) continue;
    candidates.push_back(
        {.feature = number,
         .code_end = code_end(file, feature),
         .is_categorical = is_said[number] || feature.kind == LightgbmFeatureKind::categorical});
  }
  return candidates;
}

// The best ways to pair the first lists with some of the first candidates.
struct Ways {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t others = kNone;  // features in it that training did not take for categorical
  bool is_one = true;            // whether there is but one such way
};

Ways better(const Ways& left, const Ways& right) {
  if (left.others != right.others) return left.others < right.others ? left : right;
  return {.others = left.others, .is_one = left.others == Ways::kNone};
}

class Pairs {
 public:
  Pairs(const LightgbmFile& file, std::span<const Candidate> candidates)
      : lists_(file.pandas_categorical), candidates_(candidates) {
    if (candidates.size() > kLightgbmPairCountMax / lists_.size()) {
      refuse(Code::resource_exhausted,
             "lightgbm: {} lists of pandas_categorical and {} features are more than {} pairs",
             lists_.size(), candidates.size(), kLightgbmPairCountMax);
    }
  }

  // The feature of each list; empty when no way, or no single way, is the best.
  std::vector<std::uint32_t> find() {
    // By number of candidates: ways for the lists so far.
    std::vector<Ways> ways(candidates_.size() + 1, Ways{.others = 0});
    takes_.assign(lists_.size() * candidates_.size(), false);
    for (std::size_t list = 0; list < lists_.size(); ++list) ways = with_list(list, ways);
    if (ways.back().others == Ways::kNone || !ways.back().is_one) return {};
    return walk_back();
  }

 private:
  [[nodiscard]] bool fits(std::size_t list, const Candidate& candidate) const {
    return candidate.code_end <= lists_[list].size();
  }

  std::vector<Ways> with_list(std::size_t list, const std::vector<Ways>& before) {
    std::vector<Ways> ways(before.size());
    for (std::size_t count = 1; count < ways.size(); ++count) {
      const Candidate& last = candidates_[count - 1];
      Ways taken;
      if (fits(list, last) && before[count - 1].others != Ways::kNone) {
        taken = before[count - 1];
        if (!last.is_categorical) ++taken.others;
      }
      ways[count] = better(ways[count - 1], taken);
      takes_[list * candidates_.size() + count - 1] = taken.others < ways[count - 1].others;
    }
    return ways;
  }

  [[nodiscard]] std::vector<std::uint32_t> walk_back() const {
    std::vector<std::uint32_t> features(lists_.size());
    std::size_t at = candidates_.size();
    for (std::size_t list = lists_.size(); list-- > 0;) {
      while (!takes_[list * candidates_.size() + at - 1]) --at;
      --at;
      features[list] = candidates_[at].feature;
    }
    return features;
  }

  std::span<const std::vector<LightgbmCategory>> lists_;
  std::span<const Candidate> candidates_;
  std::vector<bool> takes_;  // [list, candidate]: the best way ends with this pair
};

}  // namespace

std::vector<std::uint32_t> find_pandas_columns(const LightgbmFile& file) {
  if (file.pandas_categorical.empty()) return {};
  const std::vector<Candidate> candidates = candidates_of(file);
  std::vector<std::uint32_t> features = Pairs(file, candidates).find();
  if (features.empty()) {
    refuse(Code::unimplemented,
           "lightgbm: pandas_categorical has {}, and the file does not tell of which features",
           count_text(file.pandas_categorical.size(), "list"));
  }
  return features;
}

}  // namespace ml_inference
