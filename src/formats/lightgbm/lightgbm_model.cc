// SPDX-License-Identifier: MIT
#include "formats/lightgbm/lightgbm_model.h"

#include "formats/format_error.h"
#include "formats/lightgbm/pandas_columns.h"
#include "formats/lightgbm/reader.h"
#include "model/estimators/forest_estimator.h"
#include "model/forest_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

enum class Meaning { number, two_classes, many_classes };

struct Objective {
  std::string_view name;
  LinkFunction link;
  Meaning meaning = Meaning::number;
};

constexpr std::array kObjectives{
    Objective{"", LinkFunction::identity},  // a function of the user's
    Objective{"binary", LinkFunction::logistic, Meaning::two_classes},
    Objective{"cross_entropy", LinkFunction::logistic},
    Objective{"cross_entropy_lambda", LinkFunction::softplus},
    Objective{"custom", LinkFunction::identity},
    Objective{"fair", LinkFunction::identity},
    Objective{"gamma", LinkFunction::exponential},
    Objective{"huber", LinkFunction::identity},
    Objective{"l1", LinkFunction::identity},
    Objective{"l2", LinkFunction::identity},
    Objective{"lambdarank", LinkFunction::identity},
    Objective{"mae", LinkFunction::identity},
    Objective{"mape", LinkFunction::identity},
    Objective{"mse", LinkFunction::identity},
    Objective{"multiclass", LinkFunction::softmax, Meaning::many_classes},
    Objective{"multiclassova", LinkFunction::logistic, Meaning::many_classes},
    Objective{"none", LinkFunction::identity},
    Objective{"poisson", LinkFunction::exponential},
    Objective{"quantile", LinkFunction::identity},
    Objective{"quantile_l2", LinkFunction::identity},
    Objective{"rank_xendcg", LinkFunction::identity},
    Objective{"regression", LinkFunction::identity},
    Objective{"regression_l1", LinkFunction::identity},
    Objective{"regression_l2", LinkFunction::identity},
    Objective{"tweedie", LinkFunction::exponential},
    Objective{"xentlambda", LinkFunction::softplus},
    Objective{"xentropy", LinkFunction::logistic},
};

const Objective& objective_of(const LightgbmFile& file) {
  const auto found = std::ranges::find(kObjectives, file.objective.name, &Objective::name);
  if (found != kObjectives.end()) return *found;
  std::string names;
  for (const Objective& objective : kObjectives) {
    if (!objective.name.empty()) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", objective.name);
    }
  }
  refuse(Code::unimplemented, "lightgbm: the objective is {}, expected one of {}",
         quoted_text(file.objective.name), names);
}

// Infinities are numbers like others here, and NaN is what each test says of it.
constexpr InputRules kAnyNumber{
    .accepts_missing = true, .accepts_infinite = true, .type = NumberType::float64};

class ModelMaker {
 public:
  ModelMaker(const LightgbmFile& file, std::vector<Label> class_labels, Asker asker)
      : file_(file),
        class_labels_(std::move(class_labels)),
        objective_(objective_of(file)),
        sum_count_(file.num_tree_per_iteration),
        meaning_(meaning(asker)) {}

  Model make() {
    if (file_.average_output && file_.trees.empty()) {
      refuse(Code::invalid_argument,
             "lightgbm: a random forest without trees, whose mean is no number");
    }
    // All that may be refused comes before memory is taken for a forest.
    check_classes();
    Schema schema = make_schema();
    if (const Result<void> checked = check_schema(schema); !checked) {
      refuse(checked.error().code, "lightgbm: {}", checked.error().message);
    }
    ForestBuilder builder({.feature_count = std::size_t{file_.max_feature_idx} + 1,
                           .output_count = sum_count_,
                           .leaf_width = 1,
                           .feature_type = NumberType::float64,
                           .category_rule = CategoryRule::truncated,
                           .zero_magnitude = file_.zero_magnitude(),
                           .takes_any_leaf_value = true});
    for (std::size_t tree = 0; tree < file_.trees.size(); ++tree) {
      add_tree(file_.trees[tree], tree % sum_count_, builder);
    }
    if (file_.trees.empty()) add_nothing(builder);
    Result<Forest> forest = std::move(builder).build();
    if (!forest) refuse(forest.error().code, "lightgbm: {}", forest.error().message);
    Result<Model> model = make_model(
        std::move(schema), *std::move(forest),
        {.format = "lightgbm",
         .producer = file_.version.empty() ? "lightgbm" : "lightgbm, format " + file_.version,
         .estimator = file_.objective.name},
        link());
    if (!model) refuse(model.error().code, "lightgbm: {}", model.error().message);
    return *std::move(model);
  }

 private:
  [[nodiscard]] bool is_two_classes() const {
    return meaning_ == Meaning::two_classes && sum_count_ == 1;
  }

  [[nodiscard]] bool is_users_own() const {
    return objective_.name.empty() || objective_.name == "custom" || objective_.name == "none";
  }

  // A regressor gives numbers and a classifier classes, unless the objective is the user's own.
  [[nodiscard]] Meaning meaning(Asker asker) const {
    if (asker == Asker::regressor) return Meaning::number;
    const bool is_made_classes = asker == Asker::classifier && !is_users_own() && sum_count_ == 1;
    return is_made_classes ? Meaning::two_classes : objective_.meaning;
  }

  void check_classes() const {
    const bool takes_many = objective_.meaning == Meaning::many_classes || is_users_own();
    if (!takes_many && sum_count_ != 1) {
      refuse(Code::invalid_argument,
             "lightgbm: the objective {} has {} trees an iteration, expected 1", objective_.name,
             sum_count_);
    }
    const std::string expected = std::to_string(sum_count_);
    for (const auto& [name, value] : file_.objective.parameters) {
      if (name != "num_class" || value == expected) continue;
      refuse(Code::invalid_argument, "lightgbm: the objective has {} classes, expected {}",
             quoted_text(value), expected);
    }
  }

  // A share, or a probability: what a sum of log-odds stands for.
  [[nodiscard]] bool is_share() const {
    return objective_.link == LinkFunction::logistic || objective_.link == LinkFunction::softmax;
  }

  // Means of labels may be 1.0000000000000002.
  [[nodiscard]] bool all_leaves_are_shares() const {
    constexpr double kRounding = 1e-9;
    return std::ranges::all_of(file_.trees, [](const LightgbmTree& tree) {
      return std::ranges::all_of(tree.leaf_value, [](double value) {
        return value >= -kRounding && value <= 1 + kRounding;
      });
    });
  }

  // Whether the leaves of a random forest are predictions already. So they are up to 2.2.0; files
  // up to 2.1 lack the line that ends the trees, and of 2.2.0 nothing but the leaves can tell.
  [[nodiscard]] bool has_plain_leaves() const {
    if (!file_.average_output) return false;
    if (!file_.has_end_of_trees) return true;
    return file_.version == "v2" && is_share() && all_leaves_are_shares();
  }

  // Since 3.3.0 cross_entropy_lambda is log1p(exp(x)). Of a v3 file without parameters the newest
  // library has the say.
  [[nodiscard]] bool is_since_3_3() const {
    if (file_.version == "v4") return true;
    return file_.version == "v3" && (file_.has_precise_float_parser || !file_.has_parameters);
  }

  [[nodiscard]] LinkFunction link_function() const {
    if (has_plain_leaves()) return LinkFunction::identity;
    if (objective_.link == LinkFunction::identity && file_.objective.has("sqrt")) {
      return LinkFunction::signed_square;
    }
    if (objective_.link == LinkFunction::softplus && !is_since_3_3()) {
      return LinkFunction::log_one_plus;
    }
    return objective_.link;
  }

  [[nodiscard]] Link link() const {
    Link link{.function = link_function(), .two_classes = is_two_classes()};
    if (link.function == LinkFunction::logistic) link.scale = file_.objective.sigmoid;
    if (file_.average_output) {
      link.divisor = static_cast<double>(file_.iteration_count());
    }
    return link;
  }

  [[nodiscard]] std::vector<Target> targets() const {
    if (is_two_classes()) {
      return {{.class_labels = {std::int64_t{0}, std::int64_t{1}}, .score_count = 1}};
    }
    if (meaning_ == Meaning::many_classes) {
      Target target{.score_count = sum_count_};
      for (std::size_t label = 0; label < sum_count_; ++label) {
        target.class_labels.emplace_back(static_cast<std::int64_t>(label));
      }
      return {std::move(target)};
    }
    return std::vector<Target>(sum_count_, {.task = Task::regression, .score_count = 1});
  }

  // The wrapper's labels in place of numbers, where there are as many.
  [[nodiscard]] std::vector<Target> named(std::vector<Target> targets) const {
    Target& target = targets.front();
    if (targets.size() == 1 && !target.class_labels.empty() && !class_labels_.empty()) {
      // All rows of the training were of the class 0.
      if (is_two_classes() && class_labels_ == std::vector<Label>{std::int64_t{0}}) return targets;
      if (class_labels_.size() != target.class_labels.size()) {
        refuse(Code::invalid_argument, "lightgbm: {} class labels, expected {}",
               class_labels_.size(), target.class_labels.size());
      }
      target.class_labels = class_labels_;
    }
    return targets;
  }

  [[nodiscard]] Schema make_schema() const {
    Schema schema{.input = kAnyNumber, .targets = named(targets())};
    for (const LightgbmFeature& feature : file_.features)
      schema.feature_names.push_back(feature.name);
    schema.categories = categories();
    return schema;
  }

  [[nodiscard]] std::vector<Categories> categories() const {
    const std::vector<std::uint32_t> columns = find_pandas_columns(file_);
    for (const std::vector<LightgbmCategory>& list : file_.pandas_categorical) {
      if (std::ranges::find(list, LightgbmCategory()) != list.end()) {
        refuse(Code::unimplemented, "lightgbm: pandas_categorical holds null");
      }
    }
    std::vector<Categories> result;
    for (std::size_t index = 0; index < columns.size(); ++index) {
      result.push_back({.feature = columns[index],
                        .labels = labels_of(file_.pandas_categorical[index]),
                        .unknown = UnknownCategory::missing});
    }
    return result;
  }

  static std::vector<Label> labels_of(const std::vector<LightgbmCategory>& values) {
    std::vector<Label> labels;
    for (const LightgbmCategory& value : values) {
      std::visit(
          [&](const auto& label) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(label)>, std::monostate>) {
              labels.emplace_back(label);
            }
          },
          value);
    }
    return labels;
  }

  // Training that found nothing to learn leaves no trees, and then every sum is 0.
  void add_nothing(ForestBuilder& builder) const {
    constexpr double kZero = 0;
    for (std::size_t output = 0; output < sum_count_; ++output) {
      builder.start_tree(1, output);
      builder.leaf(0, {&kZero, 1});
    }
  }

  // --- trees: nodes and leaves in one numbering, each behind its parent

  static std::vector<std::int32_t> reached(const LightgbmTree& tree) {
    std::vector<std::int32_t> order{tree.nodes.empty() ? ~0 : 0};
    for (std::size_t at = 0; at < order.size(); ++at) {
      if (order[at] < 0) continue;
      const LightgbmNode& node = tree.nodes[static_cast<std::size_t>(order[at])];
      order.push_back(node.left_child);
      order.push_back(node.right_child);
    }
    return order;
  }

  void add_tree(const LightgbmTree& tree, std::size_t output, ForestBuilder& builder) const {
    const std::vector<std::int32_t> order = reached(tree);
    builder.start_tree(order.size(), output);
    std::size_t next_child = 1;  // children come in pairs, in the order of their parents
    for (std::size_t at = 0; at < order.size(); ++at) {
      if (order[at] < 0) {
        add_leaf(tree, static_cast<std::size_t>(~order[at]), at, builder);
        continue;
      }
      const LightgbmNode& node = tree.nodes[static_cast<std::size_t>(order[at])];
      node.is_categorical() ? add_categorical(tree, node, at, next_child, builder)
                            : add_numerical(node, at, next_child, builder);
      next_child += 2;
    }
  }

  static void add_leaf(const LightgbmTree& tree, std::size_t leaf, std::size_t at,
                       ForestBuilder& builder) {
    if (!tree.is_linear) return builder.leaf(at, {&tree.leaf_value[leaf], 1});
    const LightgbmLinearLeaf linear = tree.linear_leaf(leaf);
    builder.linear_leaf(at,
                        {.constant = linear.leaf_const,
                         .features = linear.leaf_features,
                         .coefficients = linear.leaf_coeff},
                        tree.leaf_value[leaf]);
  }

  static void add_categorical(const LightgbmTree& tree, const LightgbmNode& node, std::size_t at,
                              std::size_t left, ForestBuilder& builder) {
    builder.categorical_test(at, {.feature = static_cast<std::size_t>(node.split_feature),
                                  .set = builder.category_set(tree.category_set(node)),
                                  .left = left,
                                  .right = left + 1});
  }

  void add_numerical(const LightgbmNode& node, std::size_t at, std::size_t left,
                     ForestBuilder& builder) const {
    NumericalTest test{.feature = static_cast<std::size_t>(node.split_feature),
                       .threshold = node.threshold,
                       .left = left,
                       .right = left + 1,
                       .missing_goes_left = node.is_default_left()};
    switch (node.missing_type()) {
      case LightgbmMissing::none: test.missing_goes_left = 0.0 <= node.threshold; break;
      case LightgbmMissing::zero: test.zero_is_missing = true; break;
      case LightgbmMissing::nan: break;
    }
    // A row's values of up to this magnitude are 0.0 before any test sees them.
    const double zero_magnitude = file_.zero_magnitude();
    if (node.threshold >= 0 && node.threshold < zero_magnitude) {
      test.threshold = zero_magnitude;
    } else if (node.threshold < 0 && node.threshold >= -zero_magnitude) {
      test.threshold = -zero_magnitude;
      test.is_strict = true;
    }
    if (std::isnan(node.threshold)) {  // no number passes
      test.threshold = -std::numeric_limits<double>::infinity();
      test.is_strict = true;
    }
    builder.numerical_test(at, test);
  }

  const LightgbmFile& file_;
  std::vector<Label> class_labels_;
  const Objective& objective_;
  std::size_t sum_count_;
  Meaning meaning_;
};

}  // namespace

Model make_lightgbm_model(const LightgbmFile& file, std::vector<Label> class_labels, Asker asker) {
  return ModelMaker(file, std::move(class_labels), asker).make();
}

Model read_lightgbm(std::string_view bytes) {
  return make_lightgbm_model(read_lightgbm_file(bytes));
}

}  // namespace ml_inference
