// SPDX-License-Identifier: MIT
// Which rows a model is trained on and which it is scored on, by a seed.
#pragma once

#include "base/result.h"
#include "training/training_set.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// By row: the fold that it is scored in, from 0. The same for the same seed on every machine.
using Folds = std::vector<std::size_t>;

/// Deals row_count rows at random into folds whose sizes differ by one at most, the larger ones
/// first.
/// Errors: invalid_argument, unless 2 <= fold_count <= row_count.
/// Source: scikit-learn 1.9, KFold(shuffle=True): the same sizes, other random numbers.
[[nodiscard]] Result<Folds> plain_folds(std::size_t row_count, std::size_t fold_count,
                                        std::uint64_t seed);

/// The same with as equal a share of each class in each fold as can be: within a class, too, counts
/// differ by one at most. Which folds get one more depends on the counts of classes alone.
///
/// classes  one a row, from 0.
/// Errors: invalid_argument, unless 2 <= fold_count and some class has fold_count rows. A class
/// with fewer is missing in some folds.
/// Source: scikit-learn 1.9, StratifiedKFold(shuffle=True): the same counts of each class in each
/// fold, other random numbers.
[[nodiscard]] Result<Folds> stratified_folds(std::span<const std::int32_t> classes,
                                             std::size_t fold_count, std::uint64_t seed);

/// Stratified for a classification, plain for a regression.
[[nodiscard]] Result<Folds> make_folds(const TrainingSet& set, std::size_t fold_count,
                                       std::uint64_t seed);

/// The rows of one fold, or those of all others, in ascending order.
[[nodiscard]] std::vector<std::size_t> rows_in(const Folds& folds, std::size_t fold);
[[nodiscard]] std::vector<std::size_t> rows_outside(const Folds& folds, std::size_t fold);

/// The rows in a random order of which each beginning is a fair choice: of a classification, every
/// class stands in it by its share, as near as whole rows allow.
[[nodiscard]] std::vector<std::size_t> fair_order(const TrainingSet& set,
                                                  std::span<const std::size_t> rows,
                                                  std::uint64_t seed);

}  // namespace ml_inference
