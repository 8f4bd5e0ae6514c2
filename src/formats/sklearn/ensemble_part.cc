// SPDX-License-Identifier: MIT
// AdaBoost, Bagging, IsolationForest, Dummy.
#include "formats/format_error.h"
#include "formats/python/arrays.h"
#include "formats/sklearn/part.h"
#include "formats/sklearn/trees.h"
#include "model/estimators/constant.h"
#include "model/estimators/ensemble.h"
#include "model/estimators/first_outputs.h"
#include "model/estimators/forest_estimator.h"
#include "model/estimators/guarded.h"
#include "model/estimators/isolation.h"
#include "model/limits.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

bool is_classifier(const SklearnObject& object) { return object.name.ends_with("Classifier"); }

std::string place(const SklearnObject& object, std::size_t index) {
  return fmt::format("{}[{}]", object.path("estimators_"), index);
}

// The members of an ensemble, one after the other.
PyItems members_of(const SklearnObject& object) {
  const PyItems members(object.get("estimators_"), object.path("estimators_"));
  if (members.size() == 0) refuse(Code::data_loss, "{} has no estimators", object.where);
  return members;
}

// A list of columns for each member.
PyItems column_lists(const SklearnObject& object, std::size_t count) {
  const std::string where = object.path("estimators_features_");
  const PyItems lists(object.get("estimators_features_"), where);
  if (lists.size() != count) {
    refuse(Code::data_loss, "{} has {} lists, expected {}", where, lists.size(), count);
  }
  return lists;
}

// Columns by their numbers, out of a mask with a truth value for each of them.
std::vector<std::int64_t> masked_columns(const std::vector<std::int64_t>& mask,
                                         std::size_t feature_count, std::string_view where) {
  if (mask.size() != feature_count) {
    refuse(Code::data_loss, "{} is a mask of {} columns, expected {}", where, mask.size(),
           feature_count);
  }
  std::vector<std::int64_t> columns;
  for (std::size_t column = 0; column < mask.size(); ++column) {
    if (mask[column] != 0) columns.push_back(static_cast<std::int64_t>(column));
  }
  return columns;
}

// By member, the columns that it sees; empty when it sees all of them in their order.
std::vector<std::size_t> member_columns(const SklearnObject& object, const PyItems& lists,
                                        std::size_t index, std::size_t feature_count) {
  const std::string where = fmt::format("{}[{}]", object.path("estimators_features_"), index);
  const PyValue list = lists[index];
  std::vector<std::int64_t> numbers = int64s_of(list, where);
  if (list.is(PyKind::array) && list.type().kind == 'b') {
    numbers = masked_columns(numbers, feature_count, where);
  }
  std::vector<std::size_t> columns;
  for (const std::int64_t column : numbers) {
    if (column < 0 || static_cast<std::size_t>(column) >= feature_count) {
      refuse(Code::data_loss, "{}: feature {}, expected 0 to {}", where, column, feature_count - 1);
    }
    columns.push_back(static_cast<std::size_t>(column));
  }
  if (columns.empty()) refuse(Code::data_loss, "{} has no columns", where);
  bool are_all = columns.size() == feature_count;
  for (std::size_t at = 0; are_all && at < feature_count; ++at) are_all = columns[at] == at;
  return are_all ? std::vector<std::size_t>{} : columns;
}

// One that looks at no feature, and may not have counted them, gets as many as it likes.
void check_width(const SklearnPart& part, const SklearnObject& object, std::size_t width,
                 std::vector<std::size_t>& columns) {
  const std::size_t expected = part.estimator->feature_count();
  if (part.takes_any_width && expected <= width) {
    columns.resize(expected);
    std::iota(columns.begin(), columns.end(), std::size_t{0});
    return;
  }
  if (expected != width) {
    refuse(Code::data_loss, "{} takes {} features, expected {}", object.where, expected, width);
  }
}

// What the wrappers of other libraries give beside their outputs, scikit-learn's ensembles do not
// ask for.
void leave_out_scores(SklearnPart& part, const SklearnObject& object) {
  if (class_of(object.value).starts_with("sklearn.")) return;
  std::size_t count = 0;
  for (Target& target : part.targets) {
    count += target.output_count();
    target.score_count = 0;
  }
  part.estimator = std::make_unique<FirstOutputs>(std::move(part.estimator), count);
}

std::vector<double> member_weights(const SklearnObject& object, std::size_t count) {
  const std::string where = object.path("estimator_weights_");
  std::vector<double> weights = doubles_of(object.get("estimator_weights_"), where);
  if (weights.size() < count) {
    refuse(Code::data_loss, "{} has {} numbers, expected {}", where, weights.size(), count);
  }
  return weights;
}

}  // namespace

// --- AdaBoost ------------------------------------------------------------------------------------

namespace {

std::vector<Member> read_boosted(const SklearnObject& object, PyVisit& visit,
                                 std::size_t class_count, InputRules& rules) {
  const std::size_t feature_count = feature_count_of(object);
  const PyItems items = members_of(object);
  std::vector<Member> members;
  for (std::size_t index = 0; index < items.size(); ++index) {
    const SklearnObject base = sklearn_object(items[index], place(object, index), object.version);
    SklearnPart part = read_sklearn_part(base, visit);
    leave_out_scores(part, base);
    const Target& target = part.targets.front();
    const bool fits = part.targets.size() == 1 && target.class_labels.size() == class_count &&
                      (class_count == 0 || target.has_probabilities) && part.categories.empty();
    if (!fits) {
      refuse(Code::unimplemented, "{} has {} classes, expected the {} of the ensemble", base.where,
             target.class_labels.size(), class_count);
    }
    if (index == 0) rules = part.rules;
    std::vector<std::size_t> columns;
    check_width(part, base, feature_count, columns);
    members.push_back({.estimator = std::move(part.estimator), .columns = std::move(columns)});
  }
  // AdaBoost checks its rows itself, before any member sees them.
  rules.accepts_missing = false;
  rules.accepts_infinite = false;
  return members;
}

BoostRule boost_rule(const SklearnObject& object) {
  // Since 1.6 there is only SAMME, whatever the attribute says that old code has set.
  const bool has_choice = object.version < SklearnVersion{1, 6};
  const std::string algorithm = has_choice ? object.text("algorithm", "SAMME") : "SAMME";
  if (algorithm == "SAMME.R") return BoostRule::log_probabilities;
  return object.version < SklearnVersion{1, 3} ? BoostRule::weight_or_nothing
                                               : BoostRule::weight_or_share;
}

}  // namespace

SklearnPart read_ada_boost(const SklearnObject& object, PyVisit& visit) {
  const std::size_t feature_count = feature_count_of(object);
  SklearnPart part;
  if (!is_classifier(object)) {
    std::vector<Member> members = read_boosted(object, visit, 0, part.rules);
    std::vector<double> weights = member_weights(object, members.size());
    weights.resize(members.size());
    part.targets = {{.task = Task::regression}};
    part.estimator =
        std::make_unique<WeightedMedian>(feature_count, std::move(members), std::move(weights));
    return part;
  }
  part.targets = class_targets(object);
  Target& target = part.targets.front();
  const std::size_t class_count = target.class_labels.size();
  if (class_count < 2) {
    refuse(Code::unimplemented, "{} has {} classes, expected 2 or more", object.where, class_count);
  }
  std::vector<Member> members = read_boosted(object, visit, class_count, part.rules);
  std::vector<double> weights = member_weights(object, members.size());
  const double sum = numpy_sum(weights);
  weights.resize(members.size());
  target.score_count = class_count == 2 ? 1 : class_count;
  target.class_rule = class_count == 2 ? ClassRule::positive_score : ClassRule::largest_score;
  part.estimator = std::make_unique<AdaBoostVote>(feature_count, class_count, boost_rule(object),
                                                  std::move(members), std::move(weights), sum);
  return part;
}

// --- Bagging -------------------------------------------------------------------------------------

namespace {

// A member's classes are numbers of the ensemble's; it may have seen fewer.
std::vector<std::size_t> member_classes(const Target& of_member, std::size_t class_count,
                                        const std::string& where) {
  std::vector<std::size_t> outputs;
  for (const Label& label : of_member.class_labels) {
    const auto* whole = std::get_if<std::int64_t>(&label);
    const auto* number = std::get_if<double>(&label);
    const double index = whole != nullptr    ? static_cast<double>(*whole)
                         : number != nullptr ? *number
                                             : -1;
    if (!(index >= 0 && index < static_cast<double>(class_count))) {
      refuse(Code::data_loss, "{} has the class {}, expected a number below {}", where,
             quoted_text(label_text(label)), class_count);
    }
    outputs.push_back(static_cast<std::size_t>(index));
  }
  return outputs;
}

}  // namespace

namespace {

// A Bagging lets any value in, and each member looks at the columns that it sees. Where all see all
// of them, the rules of the members may as well be those of the whole.
void guard_columns(std::vector<Member>& members, InputRules& rules) {
  const bool see_all =
      std::ranges::all_of(members, [](const Member& member) { return member.columns.empty(); });
  if (see_all) return;
  for (Member& member : members) {
    member.estimator = std::make_unique<Guarded>(std::move(member.estimator), rules);
  }
  rules = {.accepts_missing = true, .accepts_infinite = true, .type = NumberType::float64};
}

}  // namespace

namespace {

// The library asks the first n_estimators, which may have been set after fit().
std::size_t used_members(const SklearnObject& object, std::size_t count) {
  const auto said = object.find("n_estimators");
  if (!said) return count;
  const std::string where = object.path("n_estimators");
  const std::int64_t used = integer_of(*said, where);
  if (used < 1 || static_cast<std::size_t>(used) > count) {
    refuse(Code::data_loss, "{} is {}, expected 1 to the {} estimators", where, used, count);
  }
  return static_cast<std::size_t>(used);
}

}  // namespace

SklearnPart read_bagging(const SklearnObject& object, PyVisit& visit) {
  const std::size_t feature_count = feature_count_of(object);
  const PyItems items = members_of(object);
  const PyItems columns = column_lists(object, items.size());
  SklearnPart part{.targets = is_classifier(object)
                                  ? class_targets(object)
                                  : std::vector<Target>{{.task = Task::regression}}};
  std::vector<Member> members;
  const std::size_t member_count = used_members(object, items.size());
  for (std::size_t index = 0; index < member_count; ++index) {
    const SklearnObject base = sklearn_object(items[index], place(object, index), object.version);
    SklearnPart member = read_sklearn_part(base, visit);
    leave_out_scores(member, base);
    if (index == 0) {
      part.rules = member.rules;
      if (!is_classifier(object)) part.targets = member.targets;
      // The mean of the members' decision functions, where they have one of that width.
      Target& target = part.targets.front();
      if (member.targets.front().class_labels.size() == target.class_labels.size()) {
        target.score_count = member.targets.front().score_count;
      }
    }
    const Target& target = part.targets.front();
    if (member.targets.size() != part.targets.size() ||
        (is_classifier(object) && part.targets.size() != 1) || !member.categories.empty() ||
        member.targets.front().task != target.task ||
        (is_classifier(object) && !member.targets.front().has_probabilities)) {
      refuse(Code::unimplemented, "{} is not what a Bagging of {} is read of", base.where,
             object.name);
    }
    std::vector<std::size_t> outputs;
    if (is_classifier(object)) {
      const std::size_t class_count = target.class_labels.size();
      outputs = member_classes(member.targets.front(), class_count, base.where);
      if (member.targets.front().score_count != target.score_count) {
        refuse(Code::unimplemented, "{} has another decision function than the first member",
               base.where);
      }
      for (std::size_t score = 0; score < target.score_count; ++score) {
        outputs.push_back(class_count + score);
      }
    }
    std::vector<std::size_t> seen = member_columns(object, columns, index, feature_count);
    check_width(member, base, seen.empty() ? feature_count : seen.size(), seen);
    members.push_back({.estimator = std::move(member.estimator),
                       .columns = std::move(seen),
                       .outputs = std::move(outputs)});
  }
  guard_columns(members, part.rules);
  std::size_t width = 0;
  for (const Target& target : part.targets) width += target.output_count() + target.score_count;
  part.estimator = std::make_unique<Mean>(feature_count, width, std::move(members));
  return part;
}

// --- IsolationForest -----------------------------------------------------------------------------

namespace {

// How deep an unsuccessful search in a binary search tree of so many rows goes.
// Source: scikit-learn 1.7, sklearn/ensemble/_iforest.py, _average_path_length.
double average_path_length(double count) {
  if (count <= 1) return 0;
  if (count == 2) return 1;
  return 2.0 * (std::log(count - 1.0) + std::numbers::egamma) - 2.0 * (count - 1.0) / count;
}

void path_length(const SklearnLeaf& leaf, std::span<double> out) {
  // Nodes on the way, the leaf among them, and what lies below the leaf; less one.
  out[0] = static_cast<double>(leaf.depth + 1) + average_path_length(leaf.sample_count) - 1.0;
}

}  // namespace

namespace {

// Since 1.6 the rows are not looked at, and the trees know what to do with NaN. From 1.3 to 1.5
// they are looked at as float32; before, as float64, and each tree looks at its columns as float32.
InputRules isolation_rules(SklearnVersion version) {
  const bool is_new = version >= SklearnVersion{1, 6};
  return {.accepts_missing = is_new, .accepts_infinite = is_new};
}

std::vector<std::size_t> places_of(const std::vector<bool>& flags) {
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < flags.size(); ++place) {
    if (flags[place]) places.push_back(place);
  }
  return places;
}

}  // namespace

SklearnPart read_isolation_forest(const SklearnObject& object) {
  const std::size_t feature_count = feature_count_of(object);
  const PyItems items = members_of(object);
  const PyItems columns = column_lists(object, items.size());
  ForestBuilder builder({.feature_count = feature_count, .output_count = 1});
  std::vector<bool> is_seen(feature_count);
  bool sees_all = false;
  SklearnTreeScratch scratch;
  for (std::size_t index = 0; index < items.size(); ++index) {
    const SklearnObject tree = sklearn_object(items[index], place(object, index), object.version);
    const std::vector<std::size_t> seen = member_columns(object, columns, index, feature_count);
    sees_all = sees_all || seen.empty();
    for (const std::size_t column : seen) is_seen[column] = true;
    add_sklearn_tree(tree.get("tree_"), tree.path("tree_"), {.features = seen, .leaf = path_length},
                     builder, scratch);
  }
  Result<Forest> forest = std::move(builder).build();
  if (!forest) refuse(forest.error().code, "{}: {}", object.where, forest.error().message);
  const double sample_count =
      number_of(object.get_renamed("_max_samples", "max_samples_"), object.path("_max_samples"));
  const double denominator = static_cast<double>(items.size()) * average_path_length(sample_count);
  InputRules rules = isolation_rules(object.version);
  std::unique_ptr<Estimator> estimator =
      std::make_unique<ForestEstimator>(*std::move(forest), Link{}, false);
  if (object.version < SklearnVersion{1, 3} && !sees_all &&
      std::ranges::count(is_seen, false) > 0) {
    estimator = std::make_unique<Guarded>(std::move(estimator), rules, places_of(is_seen));
    rules.type = NumberType::float64;
  }
  std::vector<Member> members;
  members.push_back({.estimator = std::move(estimator)});
  // Otherwise it is "auto", and the offset -0.5.
  const auto contamination = object.find("contamination");
  const bool is_share = contamination && is_number(*contamination);
  return {.estimator = std::make_unique<Isolation>(
              feature_count, std::move(members), denominator,
              number_of(object.get("offset_"), object.path("offset_")), is_share),
          .rules = rules,
          .targets = {{.class_labels = {std::int64_t{-1}, std::int64_t{1}},
                       .has_probabilities = false,
                       .class_rule = ClassRule::non_negative_score,
                       .score_count = 1}}};
}

// --- Dummy ---------------------------------------------------------------------------------------

namespace {

constexpr InputRules kAnything{
    .accepts_missing = true, .accepts_infinite = true, .type = NumberType::float64};

// As Python compares: numbers and truth values by their value.
bool is_same_label(const Label& left, const Label& right) {
  const auto number = [](const Label& label) -> std::optional<double> {
    return std::visit(
        [](const auto& value) -> std::optional<double> {
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, std::string>) {
            return std::nullopt;
          } else {
            return static_cast<double>(value);
          }
        },
        label);
  };
  const std::optional<double> a = number(left);
  const std::optional<double> b = number(right);
  return a && b ? *a == *b : left == right;
}

// By class, the probability that the strategy gives it.
std::vector<double> dummy_probabilities(const SklearnObject& object, std::vector<double> prior,
                                        const std::vector<Label>& labels,
                                        const std::optional<Label>& constant) {
  // What fit() has kept; `strategy` may have been set since.
  const std::string strategy = object.text("_strategy", object.text("strategy", "prior"));
  if (prior.size() != labels.size() || prior.empty()) {
    refuse(Code::data_loss, "{} has {} numbers, expected {}", object.path("class_prior_"),
           prior.size(), labels.size());
  }
  if (strategy == "prior") return prior;
  std::size_t chosen = 0;
  if (strategy == "most_frequent") {
    chosen = static_cast<std::size_t>(std::ranges::max_element(prior) - prior.begin());
  } else if (strategy == "constant" && constant) {
    const auto is_it = [&](const Label& label) { return is_same_label(label, *constant); };
    chosen = static_cast<std::size_t>(std::ranges::find_if(labels, is_it) - labels.begin());
    if (chosen == labels.size()) {
      refuse(Code::data_loss, "{} is none of the classes", object.path("constant"));
    }
  } else {
    refuse(Code::unimplemented,
           "{} has the strategy {}, which answers at random; expected prior, most_frequent or "
           "constant",
           object.where, quoted_text(strategy));
  }
  std::vector<double> probabilities(prior.size(), 0.0);
  probabilities[chosen] = 1.0;
  return probabilities;
}

// What the constant strategy answers, a label a target.
std::vector<Label> dummy_constants(const SklearnObject& object) {
  const auto constant = object.find("constant");
  if (!constant) return {};
  const std::string where = object.path("constant");
  const bool is_one = is_text(*constant) || is_number(*constant);
  if (!is_one) return labels_of(*constant, where);
  if (is_text(*constant)) return {text_of(*constant, where)};
  if (constant->is(PyKind::boolean)) return {constant->integer() != 0};
  const double number = number_of(*constant, where);
  if (number == std::floor(number)) return {static_cast<std::int64_t>(number)};
  return {number};
}

SklearnPart read_dummy_classifier(const SklearnObject& object, std::size_t feature_count) {
  SklearnPart part{.rules = kAnything, .targets = class_targets(object), .takes_any_width = true};
  const std::vector<Label> constants = dummy_constants(object);
  const PyValue priors = object.get("class_prior_");
  const std::string where = object.path("class_prior_");
  std::vector<double> answer;
  for (std::size_t index = 0; index < part.targets.size(); ++index) {
    const bool is_one = part.targets.size() == 1 && !priors.is(PyKind::list);
    if (!is_one && PyItems(priors, where).size() != part.targets.size()) {
      refuse(Code::data_loss, "{} has {} lists, expected {}", where, PyItems(priors, where).size(),
             part.targets.size());
    }
    const PyValue prior = is_one ? priors : PyItems(priors, where)[index];
    std::optional<Label> constant;
    if (index < constants.size()) constant = constants[index];
    const std::vector<double> probabilities = dummy_probabilities(
        object, doubles_of(prior, where), part.targets[index].class_labels, constant);
    answer.insert(answer.end(), probabilities.begin(), probabilities.end());
  }
  part.estimator = std::make_unique<Constant>(feature_count, std::move(answer));
  return part;
}

}  // namespace

SklearnPart read_dummy(const SklearnObject& object) {
  // Dummies look at no feature, and new ones do not even count them.
  const bool counts = object.find("n_features_in_") || object.find("n_features_");
  const std::size_t feature_count = counts ? feature_count_of(object) : 1;
  if (is_classifier(object)) return read_dummy_classifier(object, feature_count);
  const PyValue said = object.get("constant_");
  if (said.is(PyKind::array) && said.layout().count > std::int64_t{kTargetCountMax}) {
    refuse(Code::resource_exhausted, "{} has {} numbers, expected 1 to {}",
           object.path("constant_"), said.layout().count, kTargetCountMax);
  }
  std::vector<double> constant = doubles_of(said, object.path("constant_"));
  if (constant.empty() || constant.size() > kTargetCountMax) {
    refuse(Code::resource_exhausted, "{} has {} numbers, expected 1 to {}",
           object.path("constant_"), constant.size(), kTargetCountMax);
  }
  std::vector<Target> targets(constant.size(), {.task = Task::regression});
  return {.estimator = std::make_unique<Constant>(feature_count, std::move(constant)),
          .rules = kAnything,
          .targets = std::move(targets),
          .takes_any_width = true};
}

}  // namespace ml_inference
