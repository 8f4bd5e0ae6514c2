// SPDX-License-Identifier: MIT
#include "formats/xgboost/xgboost_model.h"

#include "formats/format_error.h"
#include "formats/xgboost/category_names.h"
#include "formats/xgboost/reader.h"
#include "formats/xgboost/wrapper.h"
#include "model/estimators/forest_estimator.h"
#include "model/estimators/linear.h"
#include "model/estimators/missing_value.h"
#include "model/forest_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

// How a base score in the space of predictions becomes a margin.
enum class BaseRule { as_it_is, logit, log, expectiles };

// What an objective's numbers mean.
enum class Meaning { number, two_classes, score_of_two_classes, many_classes };

struct Objective {
  std::string_view name;
  BaseRule base;
  LinkFunction link;
  Meaning meaning = Meaning::number;
};

constexpr std::array kObjectives{
    Objective{"binary:hinge", BaseRule::as_it_is, LinkFunction::positive, Meaning::two_classes},
    Objective{"binary:logistic", BaseRule::logit, LinkFunction::logistic, Meaning::two_classes},
    Objective{"binary:logitraw", BaseRule::as_it_is, LinkFunction::identity,
              Meaning::score_of_two_classes},
    Objective{"count:poisson", BaseRule::log, LinkFunction::exponential},
    Objective{"multi:softmax", BaseRule::as_it_is, LinkFunction::softmax, Meaning::many_classes},
    Objective{"multi:softprob", BaseRule::as_it_is, LinkFunction::softmax, Meaning::many_classes},
    Objective{"rank:map", BaseRule::as_it_is, LinkFunction::identity},
    Objective{"rank:ndcg", BaseRule::as_it_is, LinkFunction::identity},
    Objective{"rank:pairwise", BaseRule::as_it_is, LinkFunction::identity},
    Objective{"reg:absoluteerror", BaseRule::as_it_is, LinkFunction::identity},
    Objective{"reg:expectileerror", BaseRule::expectiles, LinkFunction::expectiles},
    Objective{"reg:gamma", BaseRule::log, LinkFunction::exponential},
    Objective{"reg:linear", BaseRule::as_it_is, LinkFunction::identity},
    Objective{"reg:logistic", BaseRule::logit, LinkFunction::logistic},
    Objective{"reg:pseudohubererror", BaseRule::as_it_is, LinkFunction::identity},
    Objective{"reg:quantileerror", BaseRule::as_it_is, LinkFunction::identity},
    Objective{"reg:squarederror", BaseRule::as_it_is, LinkFunction::identity},
    Objective{"reg:squaredlogerror", BaseRule::as_it_is, LinkFunction::identity},
    Objective{"reg:tweedie", BaseRule::log, LinkFunction::exponential},
    Objective{"survival:aft", BaseRule::log, LinkFunction::exponential},
    Objective{"survival:cox", BaseRule::log, LinkFunction::exponential},
};

const Objective& objective_of(const XgboostFile& file) {
  const auto found = std::ranges::find(kObjectives, file.objective, &Objective::name);
  if (found != kObjectives.end()) return *found;
  std::string names;
  for (const Objective& objective : kObjectives) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", objective.name);
  }
  refuse(Code::unimplemented, "xgboost: the objective is {}, expected one of {}",
         quoted_text(file.objective), names);
}

// The inverse of softplus(), for the distance of two expectiles that are never closer than kGap.
float margin_of_distance(float distance) {
  constexpr float kGap = 1e-6F;
  const float y = std::max(distance - kGap, kGap);
  return y + std::log(-std::expm1(-y));
}

// Since 3.2 probabilities stay away from 0 and 1.
float logit_of(const XgboostFile& file, float probability) {
  constexpr float kLeast = 1e-6F;
  if (file.is_since(3, 2, 0)) probability = std::clamp(probability, kLeast, 1.0F - kLeast);
  return -std::log(1.0F / probability - 1.0F);
}

void make_margins(const XgboostFile& file, BaseRule rule, std::span<float> base) {
  float before = 0;
  for (std::size_t output = 0; output < base.size(); ++output) {
    const float score = base[output];
    switch (rule) {
      case BaseRule::as_it_is: break;
      case BaseRule::logit: base[output] = logit_of(file, score); break;
      case BaseRule::log: base[output] = std::log(score); break;
      case BaseRule::expectiles:
        if (output > 0) base[output] = margin_of_distance(score - before);
        before = score;
    }
  }
}

class ModelMaker {
 public:
  ModelMaker(const XgboostFile& file, std::vector<Label> class_labels)
      : file_(file),
        class_labels_(std::move(class_labels)),
        objective_(objective_of(file)),
        output_count_(file.output_count()),
        meaning_(meaning()) {}

  Model make() {
    check_targets();
    Schema schema = make_schema();
    std::unique_ptr<Estimator> estimator = has_weights() ? make_linear() : make_forest();
    if (file_.missing) {
      estimator = std::make_unique<MissingValue>(std::move(estimator), *file_.missing);
    }
    Result<Model> model = make_model(std::move(schema), std::move(estimator),
                                     {.format = "xgboost",
                                      .producer = fmt::format("xgboost {}.{}.{}", file_.version[0],
                                                              file_.version[1], file_.version[2]),
                                      .estimator = file_.objective});
    if (!model) refuse(model.error().code, "xgboost: {}", model.error().message);
    return *std::move(model);
  }

 private:
  // A linear booster before its first round is a forest without trees: the base score alone.
  [[nodiscard]] bool has_weights() const {
    return file_.booster == XgboostBooster::gblinear && !file_.weights.empty();
  }

  // A regressor gives numbers and a classifier classes, whatever the objective is; but nobody asks
  // for classes by quantiles.
  [[nodiscard]] Meaning meaning() const {
    const Meaning said = objective_.meaning;
    if (file_.asker == Asker::regressor && objective_.name != "multi:softmax") {
      return Meaning::number;
    }
    const bool is_quantile =
        objective_.name == "reg:quantileerror" || objective_.name == "reg:expectileerror";
    const bool is_one_number =
        (said == Meaning::number && !is_quantile) || said == Meaning::score_of_two_classes;
    const bool is_made_classes = file_.asker == Asker::classifier && is_one_number;
    return is_made_classes && output_count_ == 1 ? Meaning::two_classes : said;
  }

  // Several outputs are several labels at once, each yes or no by itself.
  [[nodiscard]] bool is_two_classes() const { return meaning_ == Meaning::two_classes; }

  // Raw margins are no probabilities.
  [[nodiscard]] bool has_scores_alone() const { return meaning_ == Meaning::score_of_two_classes; }

  // Since 3.4 quantiles do not cross.
  [[nodiscard]] LinkFunction link_function() const {
    const bool is_quantile = objective_.name == "reg:quantileerror";
    return is_quantile && file_.is_since(3, 4, 0) ? LinkFunction::ascending : objective_.link;
  }

  [[nodiscard]] Link link() const {
    return {
        .function = link_function(), .two_classes = is_two_classes(), .type = NumberType::float32};
  }

  // --- what goes in and comes out

  [[nodiscard]] std::vector<Target> targets() const {
    if (is_two_classes()) {
      return std::vector<Target>(
          output_count_, {.class_labels = {std::int64_t{0}, std::int64_t{1}}, .score_count = 1});
    }
    if (has_scores_alone()) {
      return std::vector<Target>(output_count_, {.class_labels = {std::int64_t{0}, std::int64_t{1}},
                                                 .has_probabilities = false,
                                                 .class_rule = ClassRule::positive_score,
                                                 .score_count = 1});
    }
    if (meaning_ == Meaning::many_classes) {
      // multi:softmax compares the sums; for multi:softprob the caller, as the wrapper does, the
      // probabilities, of which more are equal.
      const bool is_softmax = objective_.name == "multi:softmax";
      Target target{
          .class_rule = is_softmax ? ClassRule::largest_score : ClassRule::largest_probability,
          .score_count = output_count_};
      for (std::size_t label = 0; label < output_count_; ++label) {
        target.class_labels.emplace_back(static_cast<std::int64_t>(label));
      }
      return {std::move(target)};
    }
    return std::vector<Target>(output_count_, {.task = Task::regression, .score_count = 1});
  }

  // The wrapper's labels in place of numbers, where there are as many.
  [[nodiscard]] std::vector<Target> named(std::vector<Target> targets) const {
    Target& target = targets.front();
    if (targets.size() == 1 && !target.class_labels.empty() && !class_labels_.empty()) {
      // All rows of the training were of the class 0.
      if (is_two_classes() && class_labels_ == std::vector<Label>{std::int64_t{0}}) return targets;
      if (class_labels_.size() != target.class_labels.size()) {
        refuse(Code::invalid_argument, "xgboost: {} class labels, expected {}",
               class_labels_.size(), target.class_labels.size());
      }
      target.class_labels = class_labels_;
    }
    return targets;
  }

  // Since 1.4 a DMatrix refuses infinities; the wrapper predicts in place, without one, but for a
  // linear booster.
  [[nodiscard]] bool accepts_infinite() const {
    const bool makes_matrix =
        file_.asker == Asker::booster || file_.booster == XgboostBooster::gblinear;
    return !makes_matrix || !file_.is_since(1, 4, 0);
  }

  // Before memory is taken for the features, of which a small file may have many.
  void check_targets() const {
    const Schema schema{.feature_names = {"f0"}, .targets = named(targets())};
    const Result<void> checked = check_schema(schema);
    if (!checked) refuse(checked.error().code, "xgboost: {}", checked.error().message);
  }

  [[nodiscard]] Schema make_schema() const {
    Schema schema{.feature_names = file_.feature_names,
                  .input = {.accepts_missing = true, .accepts_infinite = accepts_infinite()},
                  .targets = named(targets())};
    if (schema.feature_names.empty()) {
      for (std::uint32_t feature = 0; feature < file_.num_feature; ++feature) {
        schema.feature_names.push_back(fmt::format("f{}", feature));
      }
    }
    for (std::size_t feature = 0; feature < file_.categories.size(); ++feature) {
      Categories categories = categories_of(feature);
      if (!categories.labels.empty()) schema.categories.push_back(std::move(categories));
    }
    return schema;
  }

  [[nodiscard]] Categories categories_of(std::size_t feature) const {
    Categories categories{.feature = feature};
    const XgboostCategories& said = file_.categories[feature];
    if (const auto* texts = std::get_if<std::vector<std::string>>(&said)) {
      XgboostCategoryNames names = xgboost_category_names(file_, *texts, feature);
      for (std::string& name : names.names) categories.labels.emplace_back(std::move(name));
      categories.last_label_characters = names.last_characters;
    }
    if (const auto* codes = std::get_if<std::vector<std::int64_t>>(&said)) {
      categories.labels.assign(codes->begin(), codes->end());
    }
    return categories;
  }

  // --- where sums begin

  // Up to 1.2 logitraw took its base score for a probability.
  [[nodiscard]] BaseRule base_rule() const {
    const bool is_raw = objective_.name == "binary:logitraw";
    return is_raw && !file_.is_since(1, 3, 0) ? BaseRule::logit : objective_.base;
  }

  // Since 3.1 a base score that training would have estimated is a margin before the first round.
  [[nodiscard]] bool is_base_a_margin() const {
    const bool has_rounds = has_weights() || !file_.trees.empty();
    return file_.is_since(3, 1, 0) && file_.boosts_from_average && !has_rounds;
  }

  [[nodiscard]] std::vector<float> base() const {
    std::vector<float> margins = file_.base_score;
    if (margins.size() == 1) margins.resize(output_count_, margins.front());
    if (!is_base_a_margin()) make_margins(file_, base_rule(), margins);
    return margins;
  }

  [[nodiscard]] bool adds_base_last() const {
    return file_.booster == XgboostBooster::dart ? !file_.is_since(1, 4, 0)
                                                 : !file_.is_since(1, 3, 0);
  }

  // From 1.4 to 3.2 the wrapper asks for predictions in place, and a booster with dropout has each
  // tree predict by itself then, base score and all, before it takes the base off again and weights
  // it.
  [[nodiscard]] bool adds_base_to_each_tree() const {
    return file_.booster == XgboostBooster::dart && file_.asker != Asker::booster &&
           file_.is_since(1, 4, 0) && !file_.is_since(3, 3, 0);
  }

  // --- trees

  std::unique_ptr<Estimator> make_forest() {
    const std::vector<float> margins = base();
    std::size_t leaf_width = 1;
    for (const XgboostTree& tree : file_.trees)
      leaf_width = std::max(leaf_width, tree.size_leaf_vector);
    ForestBuilder builder({.feature_count = file_.num_feature,
                           .output_count = output_count_,
                           .leaf_width = leaf_width,
                           .sum_type = NumberType::float32,
                           .category_rule = CategoryRule::not_negative,
                           .base = {margins.begin(), margins.end()},
                           .base_last = adds_base_last(),
                           .takes_any_leaf_value = true});
    for (std::size_t tree = 0; tree < file_.trees.size(); ++tree) {
      const float weight =
          file_.booster == XgboostBooster::dart ? file_.weight_drop.at(tree) : 1.0F;
      const auto output = static_cast<std::size_t>(file_.tree_info.at(tree));
      if (adds_base_to_each_tree()) base_of_tree_ = margins.at(output);
      add_tree(file_.trees[tree], output, weight, leaf_width, builder);
    }
    if (file_.trees.empty()) add_nothing(builder);
    Result<Forest> forest = std::move(builder).build();
    if (!forest) refuse(forest.error().code, "xgboost: {}", forest.error().message);
    if (!has_scores_alone()) {
      return std::make_unique<ForestEstimator>(*std::move(forest), link(), true);
    }
    return std::make_unique<ForestEstimator>(*std::move(forest), Link{}, false);
  }

  // Without trees every sum is the base score.
  void add_nothing(ForestBuilder& builder) const {
    constexpr double kZero = 0;
    for (std::size_t output = 0; output < output_count_; ++output) {
      builder.start_tree(1, output);
      builder.leaf(0, {&kZero, 1});
    }
  }

  // The nodes that the root leads to, each behind its parent.
  static std::vector<std::int32_t> reached_nodes(const XgboostTree& tree) {
    std::vector<std::int32_t> order{0};
    for (std::size_t at = 0; at < order.size(); ++at) {
      const XgboostNode& node = tree.nodes[static_cast<std::size_t>(order[at])];
      if (node.is_leaf()) continue;
      order.push_back(node.left);
      order.push_back(node.right);
    }
    return order;
  }

  void add_tree(const XgboostTree& tree, std::size_t output, float weight, std::size_t leaf_width,
                ForestBuilder& builder) {
    const std::vector<std::int32_t> order = reached_nodes(tree);
    builder.start_tree(order.size(), leaf_width > 1 ? 0 : output);
    std::size_t next_child = 1;  // children come in pairs, in the order of their parents
    for (std::size_t at = 0; at < order.size(); ++at) {
      const std::int32_t number = order[at];
      const XgboostNode& node = tree.nodes[static_cast<std::size_t>(number)];
      if (node.is_leaf()) {
        add_leaf(tree, number, at, weight, builder);
        continue;
      }
      add_test(tree, number, at, next_child, builder);
      next_child += 2;
    }
  }

  [[nodiscard]] double weighted(float value, float weight) const {
    if (adds_base_to_each_tree()) value = (base_of_tree_ + value) - base_of_tree_;
    return static_cast<double>(weight * value);
  }

  void add_leaf(const XgboostTree& tree, std::int32_t number, std::size_t at, float weight,
                ForestBuilder& builder) {
    values_.clear();
    if (tree.size_leaf_vector > 1) {
      for (const float value : tree.leaf_vector(number)) {
        values_.push_back(weighted(value, weight));
      }
    } else {
      values_.push_back(weighted(tree.nodes[static_cast<std::size_t>(number)].condition, weight));
    }
    builder.leaf(at, values_);
  }

  void add_test(const XgboostTree& tree, std::int32_t number, std::size_t at, std::size_t left,
                ForestBuilder& builder) {
    const XgboostNode& node = tree.nodes[static_cast<std::size_t>(number)];
    const auto feature = static_cast<std::size_t>(node.split_index);
    if (node.is_categorical) {
      builder.categorical_test(at, {.feature = feature,
                                    .set = add_left_set(tree.category_set(number), builder),
                                    .left = left,
                                    .right = left + 1,
                                    .strangers_go_left = true,
                                    .missing_goes_left = node.default_left});
      return;
    }
    // A threshold that is no number lets no value pass.
    const bool is_nan = std::isnan(node.condition);
    builder.numerical_test(at, {.feature = feature,
                                .threshold = is_nan ? -std::numeric_limits<double>::infinity()
                                                    : static_cast<double>(node.condition),
                                .left = left,
                                .right = left + 1,
                                .is_strict = true,
                                .missing_goes_left = node.default_left});
  }

  // A set can be as large as its largest category, so a small file can ask for many large ones:
  // nothing more is made once the builder has had enough.
  std::size_t add_left_set(std::span<const std::int32_t> right, ForestBuilder& builder) {
    return builder.has_fault() ? 0 : builder.category_set(left_set(right));
  }

  // The file names the categories that go right.
  const std::vector<std::uint32_t>& left_set(std::span<const std::int32_t> right) {
    words_.clear();
    if (right.empty()) return words_;
    const std::int32_t largest = std::ranges::max(right);
    words_.assign(static_cast<std::size_t>(largest) / 32 + 1, ~std::uint32_t{0});
    for (const std::int32_t category : right) {
      words_[static_cast<std::size_t>(category) / 32] &= ~(std::uint32_t{1} << (category % 32));
    }
    return words_;
  }

  // --- gblinear

  std::unique_ptr<Estimator> make_linear() {
    const std::size_t weight_count = std::size_t{file_.num_feature} * output_count_;
    std::vector<float> weights = file_.weights;
    // One base score for all outputs, also where there is a list of them.
    const float margin = base().front();
    std::vector<float> starts;
    for (std::size_t output = 0; output < output_count_; ++output) {
      starts.push_back(weights[weight_count + output] + margin);
    }
    weights.resize(weight_count);
    return std::make_unique<Linear>(file_.num_feature, std::move(weights), std::move(starts),
                                    has_scores_alone() ? std::nullopt : std::optional(link()));
  }

  const XgboostFile& file_;
  std::vector<Label> class_labels_;
  const Objective& objective_;
  std::size_t output_count_;
  Meaning meaning_;
  float base_of_tree_ = 0;
  std::vector<double> values_;
  std::vector<std::uint32_t> words_;
};

// Since 2.0, as iteration_indptr tells, the wrapper reads it anew whenever it predicts, and fails
// at what is no number or behind the last round; -1 stands for none.
void check_best_iteration(const XgboostFile& file) {
  const auto found = file.attributes.find("best_iteration");
  if (found == file.attributes.end() || file.iteration_indptr.empty()) return;
  if (file.best_iteration) {
    const std::size_t round_count = file.iteration_indptr.size() - 1;
    if (*file.best_iteration < round_count) return;
    refuse(Code::invalid_argument, "xgboost: best_iteration is {}, expected less than {} rounds",
           *file.best_iteration, round_count);
  }
  if (found->second == "-1") return;
  refuse(Code::invalid_argument, "xgboost: best_iteration is {}, expected a whole number",
         quoted_text(found->second));
}

}  // namespace

Model make_xgboost_model(const XgboostFile& file, std::vector<Label> class_labels) {
  return ModelMaker(file, std::move(class_labels)).make();
}

void answer_as_wrapper(XgboostFile& file, Asker asker) {
  file.asker = asker;
  if (file.booster != XgboostBooster::gblinear) check_best_iteration(file);
  if (!file.best_iteration || file.booster == XgboostBooster::gblinear) return;
  const std::size_t round_count = std::size_t{*file.best_iteration} + 1;
  // Trees of each output: up to 1.5 only best_ntree_limit knows how many a round has.
  std::size_t tree_count = round_count * std::max<std::size_t>(file.num_parallel_tree, 1);
  if (file.num_parallel_tree == 0 && file.best_ntree_limit) tree_count = *file.best_ntree_limit;
  std::size_t count = tree_count * file.output_count();
  if (round_count < file.iteration_indptr.size()) {
    count = static_cast<std::size_t>(file.iteration_indptr[round_count]);
  }
  if (count >= file.trees.size()) return;
  file.trees.resize(count);
  file.tree_info.resize(count);
  if (!file.weight_drop.empty()) file.weight_drop.resize(count);
}

Model read_xgboost(std::string_view bytes) {
  XgboostFile file = read_xgboost_file(bytes);
  const auto attribute = file.attributes.find("scikit_learn");
  if (attribute == file.attributes.end()) return make_xgboost_model(file);
  XgboostWrapper wrapper = read_xgboost_wrapper(attribute->second);
  if (!file.best_ntree_limit) file.best_ntree_limit = wrapper.best_ntree_limit;
  file.missing = wrapper.missing;
  answer_as_wrapper(file, wrapper.asker);
  return make_xgboost_model(file, std::move(wrapper.class_labels));
}

}  // namespace ml_inference
