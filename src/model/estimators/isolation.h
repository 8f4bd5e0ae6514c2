// SPDX-License-Identifier: MIT
// IsolationForest: how soon a row is alone.
#pragma once

#include "model/estimators/ensemble.h"

namespace ml_inference {

/// Its members give path lengths. The answer is the decision function: -2^(-sum / denominator)
/// - offset; below 0 for an outlier.
/// Source: Liu, Ting, Zhou, "Isolation Forest", ICDM 2008; scikit-learn 1.7,
/// sklearn/ensemble/_iforest.py.
class Isolation final : public Ensemble {
 public:
  /// offset_is_a_score  the library took the offset from scores of the rows that it learned from:
  ///                    then a row whose score is that one stands exactly on the border. numpy's
  ///                    logarithm and power are one unit of the last place off on some processors,
  ///                    and so are path lengths and their mean; eight units count as equal.
  Isolation(std::size_t feature_count, std::vector<Member> members, double denominator,
            double offset, bool offset_is_a_score = false);

  [[nodiscard]] std::size_t answer_width() const override { return 1; }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;

  [[nodiscard]] double denominator() const { return denominator_; }
  [[nodiscard]] double offset() const { return offset_; }
  [[nodiscard]] bool offset_is_a_score() const { return offset_is_a_score_; }

 private:
  double denominator_;
  double offset_;
  bool offset_is_a_score_;
};

}  // namespace ml_inference
