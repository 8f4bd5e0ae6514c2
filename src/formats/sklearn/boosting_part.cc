// SPDX-License-Identifier: MIT
// GradientBoostingClassifier and GradientBoostingRegressor.
#include "formats/format_error.h"
#include "formats/python/arrays.h"
#include "formats/sklearn/part.h"
#include "formats/sklearn/trees.h"
#include "model/estimators/forest_estimator.h"
#include "model/estimators/started_forest.h"

#include <limits>
#include <utility>

namespace ml_inference {
namespace {

constexpr SklearnVersion kCommonLosses{1, 4};  // where GradientBoosting came to use sklearn._loss

// A classifier's losses and what follows from them.
struct ClassLoss {
  bool is_exponential = false;
  std::size_t class_count = 0;

  [[nodiscard]] bool is_binary() const { return class_count <= 2; }
};

class BoostingReader {
 public:
  BoostingReader(const SklearnObject& object, PyVisit& visit) : object_(object), visit_(visit) {}

  SklearnPart read() {
    is_classifier_ = object_.name == "GradientBoostingClassifier";
    if (is_classifier_) {
      targets_ = class_targets(object_);
      loss_.class_count = targets_.front().class_labels.size();
      loss_.is_exponential = object_.text("loss", "") == "exponential";
      if (loss_.class_count < 2) {
        refuse(Code::data_loss, "{} has {} classes, expected 2 or more", object_.where,
               loss_.class_count);
      }
    } else {
      targets_ = {{.task = Task::regression}};
    }
    sum_count_ = is_classifier_ && !loss_.is_binary() ? loss_.class_count : 1;
    set_class_rule();
    return started_by(object_.get("init_"));
  }

 private:
  void set_class_rule() {
    if (!is_classifier_) return;
    Target& target = targets_.front();
    target.score_count = sum_count_;
    const bool is_by_score = object_.version >= kCommonLosses || loss_.is_exponential;
    if (!is_by_score) return;
    target.class_rule =
        loss_.is_binary() ? ClassRule::non_negative_score : ClassRule::largest_score;
  }

  SklearnPart started_by(const PyValue& init) {
    if (is_text(init)) {
      const std::string word = text_of(init, object_.path("init_"));
      if (word != "zero") {
        refuse(Code::data_loss, "{} is {}, expected zero or an estimator", object_.path("init_"),
               quoted_text(word));
      }
      return plain(std::vector<double>(sum_count_, 0.0));
    }
    const SklearnObject first = sklearn_object(init, object_.path("init_"), object_.version);
    if (first.name == "DummyClassifier" || first.name == "DummyRegressor") {
      return plain(start_of_dummy(first));
    }
    SklearnPart part = read_sklearn_part(first, visit_);
    if (is_classifier_ && !part.targets.front().has_probabilities) {
      refuse(Code::unimplemented, "{} gives no probabilities", first.where);
    }
    const std::size_t expected = is_classifier_ ? loss_.class_count : 1;
    if (part.targets.size() != 1 || part.targets.front().output_count() != expected ||
        part.estimator->feature_count() != feature_count_of(object_) || !part.categories.empty()) {
      refuse(Code::data_loss, "{} gives {} numbers for {} columns, expected {} for {}", first.where,
             part.targets.front().output_count(), part.estimator->feature_count(), expected,
             feature_count_of(object_));
    }
    return {.estimator = std::make_unique<StartedForest>(std::move(part.estimator), start_rule(),
                                                         least_probability(), read_forest({}),
                                                         link(), is_classifier_),
            .rules = {},  // it looks at the rows itself, before `init` does
            .targets = std::move(targets_)};
  }

  // How far from 0 and 1 a probability is kept before its logarithm.
  [[nodiscard]] double least_probability() const {
    return object_.version >= SklearnVersion{1, 8} ? std::numeric_limits<double>::epsilon()
                                                   : std::numeric_limits<float>::epsilon();
  }

  [[nodiscard]] StartRule start_rule() const {
    if (!is_classifier_) return StartRule::as_is;
    if (loss_.is_exponential) return StartRule::half_logit;
    if (loss_.is_binary()) return StartRule::logit;
    return object_.version >= kCommonLosses ? StartRule::centred_log : StartRule::log;
  }

  SklearnPart plain(std::vector<double> base) {
    return {.estimator = std::make_unique<ForestEstimator>(read_forest(std::move(base)), link(),
                                                           is_classifier_),
            .rules = {},
            .targets = std::move(targets_)};
  }

  // What the sums of every row begin with, whatever the Dummy's strategy.
  std::vector<double> start_of_dummy(const SklearnObject& first) {
    const SklearnPart part = read_sklearn_part(first, visit_);
    const std::size_t expected = is_classifier_ ? loss_.class_count : 1;
    if (part.estimator->answer_width() != expected) {
      refuse(Code::data_loss, "{} gives {} numbers, expected {}", first.where,
             part.estimator->answer_width(), expected);
    }
    const std::vector<double> row(part.estimator->feature_count());
    std::vector<double> answer(expected);
    Workspace workspace;
    part.estimator->predict({row, 1, row.size()}, answer, workspace);
    std::vector<double> start(sum_count_);
    write_start(start_rule(), least_probability(), answer, start);
    return start;
  }

  [[nodiscard]] Link link() const {
    if (!is_classifier_) return {};
    if (!loss_.is_binary()) return {.function = LinkFunction::softmax};
    return {.function = LinkFunction::logistic,
            .two_classes = true,
            .scale = loss_.is_exponential ? 2.0 : 1.0};
  }

  // Stage after stage, in each a tree a class. Leaves hold steps, to be taken times the rate.
  [[nodiscard]] Forest read_forest(std::vector<double> base) const {
    const std::string where = object_.path("estimators_");
    const double rate = number_of(object_.get("learning_rate"), object_.path("learning_rate"));
    ForestBuilder builder({.feature_count = feature_count_of(object_),
                           .output_count = sum_count_,
                           .leaf_width = 1,
                           .base = std::move(base)});
    const PyItems trees(object_.get("estimators_"), where);
    SklearnTreeScratch scratch;
    for (std::size_t index = 0; index < trees.size(); ++index) {
      const SklearnObject tree = sklearn_object(
          trees[index], fmt::format("{}[{}, {}]", where, index / sum_count_, index % sum_count_),
          object_.version);
      add_sklearn_tree(tree.get("tree_"), tree.path("tree_"),
                       {.first_output = index % sum_count_, .leaf = numbers(rate)}, builder,
                       scratch);
    }
    Result<Forest> forest = std::move(builder).build();
    if (!forest) refuse(forest.error().code, "{}: {}", object_.where, forest.error().message);
    return *std::move(forest);
  }

  const SklearnObject& object_;
  PyVisit& visit_;
  bool is_classifier_ = false;
  ClassLoss loss_;
  std::size_t sum_count_ = 1;
  std::vector<Target> targets_;
};

}  // namespace

SklearnPart read_gradient_boosting(const SklearnObject& object, PyVisit& visit) {
  return BoostingReader(object, visit).read();
}

}  // namespace ml_inference
