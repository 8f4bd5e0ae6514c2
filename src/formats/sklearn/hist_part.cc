// SPDX-License-Identifier: MIT
// HistGradientBoostingClassifier and HistGradientBoostingRegressor.
#include "formats/format_error.h"
#include "formats/python/arrays.h"
#include "formats/sklearn/part.h"
#include "model/estimators/forest_estimator.h"
#include "model/estimators/pipeline.h"
#include "model/forest_builder.h"
#include "model/limits.h"
#include "model/transformers/rearrange.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

// Codes of a categorical feature are bytes: eight words of a bitset.
constexpr std::size_t kCodeCount = 256;
constexpr std::size_t kWordCount = kCodeCount / 32;
using CodeSet = std::array<std::uint32_t, kWordCount>;

// Values of any size, missing ones and infinities.
constexpr InputRules kAnyNumber{
    .accepts_missing = true, .accepts_infinite = true, .type = NumberType::float64};

bool contains(const CodeSet& set, std::size_t code) {
  return (set[code / 32] >> (code % 32) & 1) != 0;
}

class HistReader {
 public:
  explicit HistReader(const SklearnObject& object) : object_(object) {}

  SklearnPart read() {
    feature_count_ = feature_count_of(object_);
    sum_count_ = static_cast<std::size_t>(
        integer_of(object_.get("n_trees_per_iteration_"), object_.path("n_trees_per_iteration_")));
    if (sum_count_ < 1 || sum_count_ > kOutputCountMax) {
      refuse(Code::data_loss, "{} has {} trees an iteration, expected 1 to {}", object_.where,
             sum_count_, kOutputCountMax);
    }
    SklearnPart part{.rules = kAnyNumber, .targets = read_targets()};
    std::vector<Rearrange::Column> columns = read_columns(part.categories);
    read_known_codes();
    const bool is_classifier = part.targets.front().task == Task::classification;
    part.estimator = std::make_unique<ForestEstimator>(read_forest(), link(), is_classifier);
    if (columns.empty()) return part;
    std::vector<std::unique_ptr<const Transformer>> steps;
    steps.push_back(std::make_unique<Rearrange>(feature_count_, kAnyNumber, std::move(columns)));
    part.estimator =
        std::make_unique<Pipeline>(std::move(steps), std::move(part.estimator), kAnyNumber);
    return part;
  }

 private:
  [[nodiscard]] std::vector<Target> read_targets() const {
    if (object_.name == "HistGradientBoostingRegressor") return {{.task = Task::regression}};
    std::vector<Target> targets = class_targets(object_);
    const std::size_t class_count = targets.front().class_labels.size();
    if (class_count < 2 || sum_count_ != (class_count == 2 ? 1 : class_count)) {
      refuse(Code::data_loss, "{} has {} classes and {} trees an iteration", object_.where,
             class_count, sum_count_);
    }
    targets.front().score_count = sum_count_;
    return targets;
  }

  [[nodiscard]] Link link() const {
    if (object_.name == "HistGradientBoostingRegressor") {
      const std::string loss = object_.text("loss", "squared_error");
      const bool is_log = loss == "poisson" || loss == "gamma";
      return {.function = is_log ? LinkFunction::exponential : LinkFunction::identity};
    }
    if (sum_count_ > 1) return {.function = LinkFunction::softmax};
    return {.function = LinkFunction::logistic, .two_classes = true};
  }

  // Since 1.4 categorical columns come first, recoded by an OrdinalEncoder; then the others.
  std::vector<Rearrange::Column> read_columns(std::vector<Categories>& text_categories) {
    const auto preprocessor = object_.find("_preprocessor");
    if (!preprocessor) return {};
    const std::vector<std::int64_t> is_categorical =
        int64s_of(object_.get("is_categorical_"), object_.path("is_categorical_"));
    if (is_categorical.size() != feature_count_) {
      refuse(Code::data_loss, "{} has {} values, expected {}", object_.path("is_categorical_"),
             is_categorical.size(), feature_count_);
    }
    std::vector<PyValue> encoded = encoder_categories(*preprocessor);
    std::vector<Rearrange::Column> columns;
    for (std::size_t feature = 0; feature < feature_count_; ++feature) {
      if (is_categorical[feature] == 0) continue;
      if (columns.size() == encoded.size()) refuse_encoder(encoded.size());
      columns.push_back(categorical_column(feature, encoded[columns.size()], text_categories));
    }
    if (columns.size() != encoded.size()) refuse_encoder(encoded.size());
    for (std::size_t feature = 0; feature < feature_count_; ++feature) {
      if (is_categorical[feature] == 0) columns.push_back({.from = feature, .categories = {}});
    }
    return columns;
  }

  [[noreturn]] void refuse_encoder(std::size_t count) const {
    refuse(Code::data_loss, "{} encodes {} columns, which is not what is_categorical_ says",
           object_.path("_preprocessor"), count);
  }

  // ColumnTransformer.transformers_[0] is ("encoder", OrdinalEncoder, columns).
  [[nodiscard]] std::vector<PyValue> encoder_categories(const PyValue& preprocessor) const {
    const std::string where = object_.path("_preprocessor.transformers_");
    const PyItems transformers(attribute_of(preprocessor, "transformers_", where), where);
    for (std::size_t index = 0; index < transformers.size(); ++index) {
      const PyItems entry(transformers[index], where);
      if (entry.size() < 2 || !class_of(entry[1]).ends_with(".OrdinalEncoder")) continue;
      const PyItems categories(attribute_of(entry[1], "categories_", where),
                               where + ".categories_");
      std::vector<PyValue> values;
      for (std::size_t column = 0; column < categories.size(); ++column) {
        values.push_back(categories[column]);
      }
      return values;
    }
    return {};
  }

  // Text is made a code before the model sees it; numbers are recoded inside it.
  Rearrange::Column categorical_column(std::size_t feature, const PyValue& categories,
                                       std::vector<Categories>& text_categories) const {
    const std::string where =
        fmt::format("{}.categories_[{}]", object_.path("_preprocessor"), feature);
    std::vector<Label> labels = category_labels(categories, where);
    const bool is_text = !labels.empty() && std::holds_alternative<std::string>(labels.front());
    if (is_text) {
      text_categories.push_back(
          {.feature = feature, .labels = std::move(labels), .unknown = UnknownCategory::missing});
      return {.from = feature, .categories = {}};
    }
    std::vector<double> values;
    for (const Label& label : labels) {
      values.push_back(std::visit(
          [](const auto& value) -> double {
            if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>) {
              return static_cast<double>(value);
            }
            return 0;
          },
          label));
    }
    return {.from = feature, .is_recoded = true, .categories = std::move(values)};
  }

  // The last category may be missing itself (None or NaN); it has no label.
  static std::vector<Label> category_labels(const PyValue& categories, const std::string& where) {
    const bool is_object_array = categories.is(PyKind::array) && categories.type().kind == 'O';
    if (!is_object_array) return labels_of(categories, where);
    const PyItems items(categories, where);
    std::vector<Label> labels;
    for (std::size_t index = 0; index < items.size(); ++index) {
      const PyValue item = items[index];
      const bool is_missing =
          item.is_none() || (item.is(PyKind::real) && item.real() != item.real());
      if (is_missing) continue;
      if (is_text(item)) {
        labels.emplace_back(text_of(item, where));
      } else {
        labels.emplace_back(number_of(item, where));
      }
    }
    return labels;
  }

  // By feature of the trees: the codes that training saw. Others count as missing.
  void read_known_codes() {
    known_.assign(feature_count_, std::nullopt);
    const PyValue mapper = object_.get("_bin_mapper");
    const std::string where = object_.path("_bin_mapper");
    const auto is_categorical = find_attribute(mapper, "is_categorical_", where);
    if (!is_categorical || is_categorical->is_none()) return;
    const std::vector<std::int64_t> flags = int64s_of(*is_categorical, where + ".is_categorical_");
    const PyItems thresholds(attribute_of(mapper, "bin_thresholds_", where),
                             where + ".bin_thresholds_");
    for (std::size_t feature = 0; feature < std::min(flags.size(), feature_count_); ++feature) {
      if (flags[feature] == 0 || feature >= thresholds.size()) continue;
      CodeSet set{};
      for (const double code : doubles_of(thresholds[feature], where + ".bin_thresholds_")) {
        if (!(code >= 0 && code < static_cast<double>(kCodeCount))) continue;
        const auto bit = static_cast<std::size_t>(code);
        set[bit / 32] |= std::uint32_t{1} << (bit % 32);
      }
      known_[feature] = set;
    }
  }

  [[nodiscard]] std::vector<double> read_base() const {
    const std::string where = object_.path("_baseline_prediction");
    const PyValue value = object_.get("_baseline_prediction");
    if (is_number(value)) return std::vector<double>(sum_count_, number_of(value, where));
    std::vector<double> base = doubles_of(value, where);
    if (base.size() != sum_count_) {
      refuse(Code::data_loss, "{} has {} numbers, expected {}", where, base.size(), sum_count_);
    }
    return base;
  }

  [[nodiscard]] Forest read_forest() const {
    ForestBuilder builder({.feature_count = feature_count_,
                           .output_count = sum_count_,
                           .leaf_width = 1,
                           .feature_type = NumberType::float64,
                           .category_rule = object_.version >= SklearnVersion{1, 2}
                                                ? CategoryRule::byte_not_negative
                                                : CategoryRule::byte,
                           .base = read_base()});
    const std::string where = object_.path("_predictors");
    const PyItems iterations(object_.get("_predictors"), where);
    for (std::size_t iteration = 0; iteration < iterations.size(); ++iteration) {
      const PyItems trees(iterations[iteration], where);
      if (trees.size() != sum_count_) {
        refuse(Code::data_loss, "{}[{}] has {} trees, expected {}", where, iteration, trees.size(),
               sum_count_);
      }
      for (std::size_t output = 0; output < sum_count_; ++output) {
        add_tree(trees[output], fmt::format("{}[{}][{}]", where, iteration, output), output,
                 builder);
      }
    }
    Result<Forest> forest = std::move(builder).build();
    if (!forest) refuse(forest.error().code, "{}: {}", object_.where, forest.error().message);
    return *std::move(forest);
  }

  // The codes that go left at each categorical test.
  [[nodiscard]] static std::vector<CodeSet> read_sets(const PyValue& tree,
                                                      const std::string& where) {
    const auto sets = find_attribute(tree, "raw_left_cat_bitsets", where);
    if (!sets) return {};
    const std::string path = where + ".raw_left_cat_bitsets";
    const std::vector<std::int64_t> words = int64s_of(*sets, path);
    if (words.size() % kWordCount != 0) {
      refuse(Code::data_loss, "{} has {} words, expected a multiple of {}", path, words.size(),
             kWordCount);
    }
    std::vector<CodeSet> result(words.size() / kWordCount);
    for (std::size_t index = 0; index < words.size(); ++index) {
      result[index / kWordCount][index % kWordCount] = static_cast<std::uint32_t>(words[index]);
    }
    return result;
  }

  // What the builder wants to know of a code: an unknown one goes where a missing value goes.
  [[nodiscard]] CodeSet going_left(const CodeSet& left, std::size_t feature,
                                   bool missing_goes_left) const {
    const std::optional<CodeSet>& known =
        feature < known_.size() ? known_[feature] : known_.front();
    CodeSet set = left;
    if (!known || !missing_goes_left) return set;
    for (std::size_t code = 0; code < kCodeCount; ++code) {
      if (!contains(left, code) && !contains(*known, code)) {
        set[code / 32] |= std::uint32_t{1} << (code % 32);
      }
    }
    return set;
  }

  void add_tree(const PyValue& tree, const std::string& where, std::size_t output,
                ForestBuilder& builder) const {
    const std::vector<CodeSet> sets = read_sets(tree, where);
    PyRecords nodes(attribute_of(tree, "nodes", where), where + ".nodes");
    builder.start_tree(nodes.size(), output);
    const PyField value = nodes.field("value");
    const PyField feature = nodes.integer_field("feature_idx");
    const PyField threshold =
        nodes.field(nodes.has("num_threshold") ? "num_threshold" : "threshold");
    const PyField missing = nodes.integer_field("missing_go_to_left");
    const PyField left = nodes.integer_field("left");
    const PyField right = nodes.integer_field("right");
    const PyField is_leaf = nodes.integer_field("is_leaf");
    std::optional<PyField> is_categorical;
    std::optional<PyField> set_index;
    if (nodes.has("is_categorical")) {
      is_categorical = nodes.integer_field("is_categorical");
      set_index = nodes.integer_field("bitset_idx");
    }
    std::size_t node = 0;
    nodes.for_each([&](const char* record) {
      const auto at = [record](const PyField& field) {
        return static_cast<std::size_t>(field.integer(record));
      };
      if (at(is_leaf) != 0) {
        const double number = value.number(record);
        builder.leaf(node++, {&number, 1});
        return;
      }
      const bool missing_goes_left = at(missing) != 0;
      if (!is_categorical || at(*is_categorical) == 0) {
        builder.numerical_test(node++, {.feature = at(feature),
                                        .threshold = threshold.number(record),
                                        .left = at(left),
                                        .right = at(right),
                                        .missing_goes_left = missing_goes_left});
        return;
      }
      const std::size_t index = at(*set_index);
      if (index >= sets.size()) {
        refuse(Code::data_loss, "{}: node {}: set {}, expected 0 to {}", where, node, index,
               sets.empty() ? 0 : sets.size() - 1);
      }
      const CodeSet set = going_left(sets[index], at(feature), missing_goes_left);
      builder.categorical_test(node++, {.feature = at(feature),
                                        .set = builder.category_set(set),
                                        .left = at(left),
                                        .right = at(right),
                                        .strangers_go_left = missing_goes_left,
                                        .missing_goes_left = missing_goes_left});
    });
  }

  const SklearnObject& object_;
  std::size_t feature_count_ = 0;
  std::size_t sum_count_ = 1;
  std::vector<std::optional<CodeSet>> known_;
};

}  // namespace

SklearnPart read_hist_gradient_boosting(const SklearnObject& object) {
  return HistReader(object).read();
}

}  // namespace ml_inference
