// SPDX-License-Identifier: MIT
#include "app/estimator_flags.h"

#include "host/cgroup.h"
#include "host/cpu.h"
#include "model/limits.h"

#include <CLI/Error.hpp>
#include <CLI/Validators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::uint64_t kRowCountMax = 1'000'000'000;

template <class T>
std::optional<T> parse_whole(const std::string& text) {
  T value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

// "10" is a count, "0.5" and "1.0" are fractions, as in scikit-learn.
Result<Share> parse_share(const std::string& text) {
  const auto count = parse_whole<std::size_t>(text);
  if (count && *count > 0) return *count;
  const auto fraction = parse_whole<double>(text);
  if (!count && fraction && *fraction > 0 && *fraction <= 1) return *fraction;
  return fail(Code::invalid_argument,
              fmt::format("'{}' is neither a count from 1 nor a fraction above 0 up to 1", text));
}

using MaxFeatures = std::variant<FeatureRule, double, std::size_t>;

Result<MaxFeatures> parse_max_features(const std::string& text) {
  if (text == "auto") return FeatureRule::automatic;
  if (text == "sqrt") return FeatureRule::square_root;
  if (text == "log2") return FeatureRule::logarithm;
  if (text == "all") return FeatureRule::all;
  ASSIGN_OR_RETURN(const Share share, parse_share(text));
  return std::visit([](auto value) { return MaxFeatures(value); }, share);
}

// Boosting looks at a share of the features, or at all.
Result<double> parse_feature_share(const std::string& text) {
  ASSIGN_OR_RETURN(const MaxFeatures features, parse_max_features(text));
  if (const auto* const share = std::get_if<double>(&features)) return *share;
  const bool is_all =
      features == MaxFeatures(FeatureRule::automatic) || features == MaxFeatures(FeatureRule::all);
  if (is_all) return 1.0;
  return fail(Code::invalid_argument,
              fmt::format("'{}' is neither auto nor all nor a fraction like 0.5, which is what "
                          "gradient-boosting takes",
                          text));
}

Result<std::optional<Share>> parse_max_samples(const std::string& text) {
  if (text == "all") return std::nullopt;
  ASSIGN_OR_RETURN(const Share share, parse_share(text));
  return share;
}

// The texts between commas.
std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Result<ClassWeights> parse_class_weights(const std::string& text) {
  if (text == "none") return ClassWeighting::none;
  if (text == "balanced") return ClassWeighting::balanced;
  std::vector<double> weights;
  for (const std::string& part : parts_of(text)) {
    const auto weight = parse_whole<double>(part);
    if (!weight) {
      return fail(Code::invalid_argument,
                  fmt::format("'{}' is neither none nor balanced nor numbers, one a class, with "
                              "commas between them",
                              text));
    }
    weights.push_back(*weight);
  }
  return weights;
}

// Has a flag's text refused where flags are read, by the function that will read it.
template <class T>
CLI::Validator read_by(Result<T> (*parse)(const std::string&)) {
  const auto check = [parse](const std::string& text) -> std::string {
    const Result<T> read = parse(text);
    return read ? std::string() : read.error().message;
  };
  return CLI::Validator(check, "");
}

std::optional<std::size_t> limit_of(std::size_t count) {
  return count == 0 ? std::nullopt : std::optional(count);
}

}  // namespace

void EstimatorFlags::add(Flags& flags) {
  flags.choice("--estimator", estimator_, {"random-forest", "extra-trees", "gradient-boosting"},
               "what is trained");
  add_shared(flags);
  add_forest(flags);
  add_boosting(flags);
}

void EstimatorFlags::add_shared(Flags& flags) {
  flags.count("--seed", seed_, 0, std::numeric_limits<std::uint64_t>::max(),
              "the same seed gives the same model on every machine");
  flags.count("--threads", thread_count_, 0, 1'024,
              "threads to train on, 0 for one a granted CPU; never changes the model");
  flags
      .text("--max-features", max_features_,
            "features a split looks at: auto, sqrt, log2, all, a count, or a fraction like 0.5; of "
            "gradient-boosting auto, all or a fraction")
      ->check(read_by(parse_max_features));
  flags.count("--max-depth", max_depth_, 0, kRowCountMax, "tests to a leaf; 0: no limit");
  flags.count("--min-samples-leaf", min_samples_leaf_, 0, kRowCountMax,
              "fewest rows of a leaf; 0: 1, of gradient-boosting 20");
  max_leaf_nodes_flag_ = flags.count("--max-leaf-nodes", max_leaf_nodes_, 0, kRowCountMax,
                                     "leaves of a tree; 0: no limit; of gradient-boosting 31 where "
                                     "not given");
  flags.text("--class-weight", class_weight_, "none, balanced, or a number a class: 1,2.5,1")
      ->check(read_by(parse_class_weights));
}

void EstimatorFlags::add_forest(Flags& flags) {
  forest_flags_ = {
      flags.count("--trees", forest_.tree_count, 1, kTreeCountMax, "trees of the forest"),
      flags.choice("--criterion", criterion_, {"gini", "entropy"},
                   "what a classification's splits make smaller"),
      flags.count("--min-samples-split", forest_.min_samples_split, 2, kRowCountMax,
                  "fewest rows of a node that is split"),
      flags.number("--min-impurity-decrease", forest_.min_impurity_decrease, 0, 1e300,
                   "what a split must gain"),
      flags.choice(
          "--bootstrap", bootstrap_, {"auto", "yes", "no"},
          "whether each tree draws its rows with replacement; auto: yes, of extra-trees no"),
      flags
          .text("--max-samples", max_samples_, "rows drawn for a tree: all, a count, or a fraction")
          ->check(read_by(parse_max_samples)),
      flags.toggle("--oob-score", forest_.out_of_bag_score,
                   "score the forest on the rows that its trees did not see")};
}

void EstimatorFlags::add_boosting(Flags& flags) {
  boosting_flags_ = {
      flags.count("--max-iter", boosting_.max_iter, 1, kTreeCountMax,
                  "rounds of boosting, of one tree, or one a class where there are more than two"),
      flags.number("--learning-rate", boosting_.learning_rate, 1e-9, 1e6,
                   "what the trees of boosting count"),
      flags.number("--l2-regularization", boosting_.l2_regularization, 0, 1e300,
                   "what keeps small leaves of boosting small"),
      flags.count("--max-bins", boosting_.max_bins, 2, 255,
                  "bins that boosting sorts the values of a feature into"),
      flags.choice("--early-stopping", early_stopping_, {"auto", "yes", "no"},
                   "whether boosting ends when rows set aside are predicted no better; auto: with "
                   "more than 10000 rows"),
      flags
          .text("--validation-fraction", validation_fraction_,
                "rows set aside for that: a fraction, or a count")
          ->check(read_by(parse_share)),
      flags.count("--n-iter-no-change", boosting_.n_iter_no_change, 1, kTreeCountMax,
                  "rounds without anything better after which boosting ends"),
      flags.number("--tol", boosting_.tol, 0, 1e300, "by how much of the loss better must be"),
      flags.choice("--loss", loss_, {"squared-error", "absolute-error", "poisson"},
                   "what a regression by boosting makes smaller"),
      flags.text("--categorical-features", categorical_features_,
                 "columns whose values are categories: auto (those with text), none, or names with "
                 "commas between them; of boosting")};
}

void EstimatorFlags::check() const {
  const std::string other = is_boosting() ? "random-forest and extra-trees" : "gradient-boosting";
  for (const CLI::Option* flag : is_boosting() ? forest_flags_ : boosting_flags_) {
    if (flag->count() == 0) continue;
    throw CLI::ValidationError(
        flag->get_name(), fmt::format("is a flag of {}, expected one of {}", other, estimator_));
  }
  if (!is_boosting()) return;
  if (const Result<double> share = parse_feature_share(max_features_); !share) {
    throw CLI::ValidationError("--max-features", share.error().message);
  }
}

Result<EstimatorOptions> EstimatorFlags::options() const {
  if (is_boosting()) return boosting_options();
  return forest_options();
}

CategoryColumns EstimatorFlags::categories() const {
  if (!is_boosting() || categorical_features_ == "none") return {};
  if (categorical_features_ == "auto") return {.with_text = true};
  return {.names = parts_of(categorical_features_)};
}

std::size_t EstimatorFlags::thread_count() const {
  if (thread_count_ != 0) return thread_count_;
  return granted_cpu_count(find_cgroup().value_or(Cgroup()));
}

Result<ForestOptions> EstimatorFlags::forest_options() const {
  ForestOptions forest = forest_;
  forest.seed = seed_;
  forest.thread_count = thread_count();
  forest.criterion = criterion_ == "gini" ? ClassCriterion::gini : ClassCriterion::entropy;
  const ForestOptions usual = estimator_ == "extra-trees" ? extra_trees_options() : ForestOptions{};
  forest.splitter = usual.splitter;
  forest.bootstrap = bootstrap_ == "auto" ? usual.bootstrap : bootstrap_ == "yes";
  forest.max_depth = limit_of(max_depth_);
  forest.max_leaf_nodes = limit_of(max_leaf_nodes_);
  forest.min_samples_leaf = std::max<std::size_t>(min_samples_leaf_, 1);
  ASSIGN_OR_RETURN(forest.max_features, parse_max_features(max_features_));
  ASSIGN_OR_RETURN(forest.class_weights, parse_class_weights(class_weight_));
  ASSIGN_OR_RETURN(forest.max_samples, parse_max_samples(max_samples_));
  return forest;
}

Result<BoostingOptions> EstimatorFlags::boosting_options() const {
  BoostingOptions boosting = boosting_;
  boosting.seed = seed_;
  boosting.thread_count = thread_count();
  boosting.max_depth = limit_of(max_depth_);
  if (max_leaf_nodes_flag_->count() > 0) boosting.max_leaf_nodes = limit_of(max_leaf_nodes_);
  if (min_samples_leaf_ > 0) boosting.min_samples_leaf = min_samples_leaf_;
  boosting.early_stopping = early_stopping_ == "auto"  ? EarlyStopping::automatic
                            : early_stopping_ == "yes" ? EarlyStopping::yes
                                                       : EarlyStopping::no;
  boosting.loss = loss_ == "squared-error"    ? RegressionLoss::squared_error
                  : loss_ == "absolute-error" ? RegressionLoss::absolute_error
                                              : RegressionLoss::poisson;
  ASSIGN_OR_RETURN(boosting.max_features, parse_feature_share(max_features_));
  ASSIGN_OR_RETURN(boosting.class_weights, parse_class_weights(class_weight_));
  ASSIGN_OR_RETURN(boosting.validation_fraction, parse_share(validation_fraction_));
  return boosting;
}

}  // namespace ml_inference
