// SPDX-License-Identifier: MIT
#include "training/early_stopping.h"

#include "training/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace ml_inference {

RowShares draw_validation(std::size_t row_count, std::span<const std::int32_t> strata,
                          std::size_t validation_count, std::uint64_t seed) {
  std::map<std::int32_t, std::vector<std::uint32_t>> kinds;
  for (std::uint32_t row = 0; row < row_count; ++row) {
    kinds[strata.empty() ? 0 : strata[row]].push_back(row);
  }
  // A stream that no tree has.
  Random random(seed, std::numeric_limits<std::uint64_t>::max());
  RowShares shares;
  for (auto& [kind, rows] : kinds) {
    const double share = static_cast<double>(validation_count) / static_cast<double>(row_count);
    const auto count =
        static_cast<std::size_t>(std::floor(share * static_cast<double>(rows.size()) + 0.5));
    for (std::size_t drawn = 0; drawn < count; ++drawn) {
      const auto left = static_cast<std::uint32_t>(rows.size() - drawn);
      std::swap(rows[drawn], rows[drawn + random.below(left)]);
    }
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(count);
    shares.validation.insert(shares.validation.end(), rows.begin(), middle);
    shares.training.insert(shares.training.end(), middle, rows.end());
  }
  std::ranges::sort(shares.training);
  std::ranges::sort(shares.validation);
  return shares;
}

bool should_stop(std::span<const double> losses, std::size_t round_count, double tolerance) {
  if (losses.size() <= round_count) return false;
  const std::span<const double> last = losses.last(round_count);
  const double before = losses[losses.size() - round_count - 1];
  return std::ranges::none_of(last, [=](double loss) { return loss < before - tolerance; });
}

}  // namespace ml_inference
