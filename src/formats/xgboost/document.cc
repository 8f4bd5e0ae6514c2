// SPDX-License-Identifier: MIT
#include "formats/xgboost/document.h"

#include "formats/format_error.h"
#include "formats/xgboost/file_check.h"
#include "formats/xgboost/parameters.h"
#include "model/limits.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <utility>

namespace ml_inference {
namespace {

using Place = XgboostPlace;
using Kind = XgboostKind;

// What a text costs beside its bytes: itself, and its node in a map.
constexpr std::size_t kTextMemory = sizeof(std::string) + 48;

// What a tree costs beside its nodes: itself, three times while the list of them grows, and the
// headers of its blocks.
constexpr std::size_t kTreeMemory = 3 * sizeof(XgboostTree) + 64;

// What a value of this list is. Numbers have no place of their own: they have their list's.
Place element_place(Place list) {
  switch (list) {
    case Place::trees: return Place::tree;
    case Place::cats_columns: return Place::cats_column;
    case Place::feature_names: return Place::feature_name;
    case Place::feature_types: return Place::feature_type;
    default: return list;
  }
}

Kind element_kind(Place element) {
  switch (element) {
    case Place::tree:
    case Place::cats_column: return Kind::object;
    case Place::feature_name:
    case Place::feature_type: return Kind::text;
    default: return Kind::number;
  }
}

// Objects that a file has many of; all others are there once.
bool may_repeat(Place place) {
  return place == Place::tree || place == Place::tree_param || place == Place::cats_column;
}

std::optional<std::uint32_t> number_in(const std::map<std::string, std::string>& texts,
                                       const char* name) {
  const auto found = texts.find(name);
  if (found == texts.end()) return std::nullopt;
  const std::string& text = found->second;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number ? std::optional(value) : std::nullopt;
}

}  // namespace

XgboostDocument::XgboostDocument(std::size_t file_size)
    : memory_(file_size),
      tree_(memory_),
      version_(memory_),
      iteration_indptr_(memory_),
      tree_info_(memory_),
      weight_drop_(memory_),
      weights_(memory_),
      cats_offsets_(memory_),
      cats_values_(memory_) {}

std::string XgboostDocument::where() const {
  std::string path;
  for (const Frame& frame : open_) {
    if (!frame.name.empty()) fmt::format_to(std::back_inserter(path), ".{}", frame.name);
    if (frame.count > 0) fmt::format_to(std::back_inserter(path), "[{}]", frame.count - 1);
  }
  if (!next_name_.empty()) fmt::format_to(std::back_inserter(path), ".{}", next_name_);
  return path.empty() ? "the document" : path.substr(1);
}

void XgboostDocument::refuse_value(std::string_view got, std::string_view expected) const {
  refuse(Code::invalid_argument, "xgboost: {} is {}, expected {}", where(), got, expected);
}

// The place of the value that begins here, which has to be of the place's kind.
XgboostPlace XgboostDocument::enter(Kind kind) {
  if (!open_.empty() && open_.back().is_list) enter_element();
  // The objective's own keys are not fixed: what is no parameter does not matter.
  if (next_ == Place::objective_param && kind != Kind::object) next_ = Place::ignored;
  if (next_ == Place::objective_value && kind != Kind::text) next_ = Place::ignored;
  if (next_ != Place::ignored && kind != next_kind_) {
    refuse_value(xgboost_kind_name(kind), xgboost_kind_name(next_kind_));
  }
  return next_;
}

void XgboostDocument::enter_element() {
  Frame& list = open_.back();
  ++list.count;
  next_ = element_place(list.place);
  next_kind_ = element_kind(next_);
  next_name_ = {};
}

void XgboostDocument::open(Place place, bool is_list) {
  open_.push_back({.place = place, .name = next_name_, .is_list = is_list});
  next_name_ = {};
}

void XgboostDocument::key(std::string_view text) {
  Frame& object = open_.back();
  next_ = Place::ignored;
  next_name_ = {};
  if (object.place == Place::ignored) return;
  if (const XgboostKey* found = xgboost_key(object.place, text)) {
    next_ = found->place;
    next_kind_ = found->kind;
    next_name_ = found->name;
    const std::uint64_t bit = std::uint64_t{1} << found->number;
    std::uint64_t& seen = may_repeat(object.place) ? object.seen : seen_;
    if ((seen & bit) != 0) {
      refuse(Code::invalid_argument, "xgboost: {} stands twice", where());
    }
    seen |= bit;
    return;
  }
  if (object.place == Place::objective) {
    next_ = Place::objective_param;
    next_kind_ = Kind::object;
  } else if (object.place == Place::attributes || object.place == Place::objective_param) {
    next_ = object.place == Place::attributes ? Place::attribute : Place::objective_value;
    next_kind_ = Kind::text;
    free_key_ = text;
  }
}

void XgboostDocument::begin_object() {
  const Place place = enter(Kind::object);
  if (place == Place::tree) tree_.clear();
  if (place == Place::cats_column) {
    cats_offsets_.clear();
    cats_values_.clear();
    has_cats_offsets_ = false;
  }
  open(place, false);
}

void XgboostDocument::end_object() {
  const Place place = open_.back().place;
  if (place == Place::tree) end_tree();
  if (place == Place::cats_column) end_cats_column();
  open_.pop_back();
}

bool XgboostDocument::begin_list(std::size_t count) {
  const Place place = enter(Kind::list);
  open(place, true);
  if (place == Place::cats_offsets) has_cats_offsets_ = true;
  if (place == Place::trees) has_trees_ = true;
  if (place == Place::weights) has_weights_ = true;
  if (auto* column = integers(place)) column->reserve(count);
  if (auto* column = reals(place)) column->reserve(count);
  if (auto* column = flags(place)) column->reserve(count);
  return place != Place::ignored;
}

void XgboostDocument::end_list() { open_.pop_back(); }

void XgboostDocument::text(std::string_view text) { set_text(enter(Kind::text), text); }

void XgboostDocument::integer(std::int64_t value) {
  if (!open_.empty() && open_.back().is_list) {
    Frame& list = open_.back();
    const Place place = list.place;
    if (place == Place::ignored) return;
    if (element_place(place) != place) enter(Kind::number);  // throws
    ++list.count;
    return push_integer(place, value);
  }
  if (enter(Kind::number) == Place::tree_id) tree_.id = value;
}

void XgboostDocument::real(float value) {
  if (!open_.empty() && open_.back().is_list) {
    Frame& list = open_.back();
    if (auto* column = reals(list.place)) {
      ++list.count;
      return column->push(value);
    }
  }
  if (enter(Kind::number) != Place::ignored) {
    refuse_value(fmt::format("{}", value), "a whole number");
  }
}

void XgboostDocument::boolean(bool value) {
  // Until 1.5 the flags are written as true and false.
  if (!open_.empty() && open_.back().is_list && open_.back().place == Place::default_left) {
    ++open_.back().count;
    return tree_.default_left.push(value ? 1 : 0);
  }
  enter(Kind::boolean);
}

void XgboostDocument::null() { enter(Kind::null); }

void XgboostDocument::push_integer(Place list, std::int64_t value) {
  if (auto* column = reals(list)) return column->push(static_cast<float>(value));
  if (flags(list) != nullptr) return push_flag(list, value);
  if (list == Place::cats_values) return cats_values_.push(value);
  auto* const column = integers(list);
  if (value < std::numeric_limits<std::int32_t>::min() ||
      value > std::numeric_limits<std::int32_t>::max() || column == nullptr) {
    refuse_value(fmt::format("{}", value), "a number of 32 bits");
  }
  column->push(static_cast<std::int32_t>(value));
}

void XgboostDocument::push_flag(Place list, std::int64_t value) {
  if (value != 0 && value != 1) refuse_value(fmt::format("{}", value), "0 or 1");
  flags(list)->push(static_cast<std::uint8_t>(value));
}

XgboostColumn<std::int32_t>* XgboostDocument::integers(Place list) {
  switch (list) {
    case Place::left_children: return &tree_.left_children;
    case Place::right_children: return &tree_.right_children;
    case Place::split_indices: return &tree_.split_indices;
    case Place::categories: return &tree_.categories;
    case Place::categories_nodes: return &tree_.categories_nodes;
    case Place::categories_segments: return &tree_.categories_segments;
    case Place::categories_sizes: return &tree_.categories_sizes;
    case Place::version: return &version_;
    case Place::iteration_indptr: return &iteration_indptr_;
    case Place::tree_info: return &tree_info_;
    case Place::cats_offsets: return &cats_offsets_;
    default: return nullptr;
  }
}

XgboostColumn<float>* XgboostDocument::reals(Place list) {
  switch (list) {
    case Place::split_conditions: return &tree_.split_conditions;
    case Place::base_weights: return &tree_.base_weights;
    case Place::leaf_weights: return &tree_.leaf_weights;
    case Place::weight_drop: return &weight_drop_;
    case Place::weights: return &weights_;
    default: return nullptr;
  }
}

XgboostColumn<std::uint8_t>* XgboostDocument::flags(Place list) {
  switch (list) {
    case Place::default_left: return &tree_.default_left;
    case Place::split_type: return &tree_.split_type;
    default: return nullptr;
  }
}

std::string XgboostDocument::stored(std::string_view text) {
  memory_.take(kTextMemory + text.size());
  return std::string(text);
}

std::uint32_t XgboostDocument::count_of(std::string_view text) const {
  return xgboost_count(next_name_, text);
}

void XgboostDocument::set_text(Place place, std::string_view text) {
  switch (place) {
    case Place::objective_name: file_.objective = stored(text); return;
    case Place::booster_name: booster_name_ = stored(text); return;
    case Place::base_score: base_score_ = stored(text); return;
    case Place::boost_from_average: file_.boosts_from_average = text != "0"; return;
    case Place::num_class: file_.num_class = count_of(text); return;
    case Place::num_feature: file_.num_feature = count_of(text); return;
    case Place::num_target: file_.num_target = count_of(text); return;
    case Place::num_trees: num_trees_ = count_of(text); return;
    case Place::num_parallel_tree: file_.num_parallel_tree = count_of(text); return;
    case Place::num_nodes: tree_.num_nodes = count_of(text); return;
    case Place::size_leaf_vector: tree_.size_leaf_vector = count_of(text); return;
    case Place::feature_name: file_.feature_names.push_back(stored(text)); return;
    case Place::feature_type: file_.feature_types.push_back(stored(text)); return;
    case Place::attribute:
    case Place::objective_value: break;
    default: return;
  }
  auto& texts = place == Place::attribute ? file_.attributes : file_.objective_parameters;
  if (!texts.emplace(stored(free_key_), stored(text)).second) {
    refuse(Code::invalid_argument, "xgboost: {}: the key {} stands twice", where(),
           quoted_text(free_key_));
  }
}

void XgboostDocument::end_tree() {
  const std::size_t number = file_.trees.size();
  if (number == kTreeCountMax) {
    refuse(Code::resource_exhausted, "xgboost: more than {} trees", kTreeCountMax);
  }
  memory_.take(kTreeMemory);
  if (tree_.id >= 0 && static_cast<std::uint64_t>(tree_.id) != number) {
    refuse(Code::invalid_argument, "xgboost: tree {} has the id {}", number, tree_.id);
  }
  file_.trees.push_back(make_xgboost_tree(tree_, fmt::format("tree {}", number), memory_));
}

// A column of numbers says its values; one of texts their bytes, and where each begins.
void XgboostDocument::end_cats_column() {
  memory_.take(sizeof(XgboostCategories));
  if (has_cats_offsets_) {
    file_.categories.emplace_back(category_texts());
    return;
  }
  const auto values = cats_values_.values();
  memory_.take(values.size_bytes());
  file_.categories.emplace_back(std::vector<std::int64_t>(values.begin(), values.end()));
}

std::vector<std::string> XgboostDocument::category_texts() {
  std::string bytes;
  memory_.take(cats_values_.size());
  bytes.reserve(cats_values_.size());
  for (const std::int64_t value : cats_values_.values()) {
    if (value < -128 || value > 255) refuse_value(fmt::format("{}", value), "a byte");
    bytes += static_cast<char>(value);
  }
  std::vector<std::string> texts;
  for (std::size_t index = 1; index < cats_offsets_.size(); ++index) {
    const std::int64_t begin = cats_offsets_[index - 1];
    const std::int64_t end = cats_offsets_[index];
    if (begin < 0 || begin > end || static_cast<std::size_t>(end) > bytes.size()) {
      refuse(Code::invalid_argument, "xgboost: {}: category {} has the bytes {} to {} of {}",
             where(), index - 1, begin, end, bytes.size());
    }
    texts.push_back(stored(std::string_view(bytes).substr(static_cast<std::size_t>(begin),
                                                          static_cast<std::size_t>(end - begin))));
  }
  memory_.give_back(cats_values_.size());
  return texts;
}

XgboostFile XgboostDocument::finish() && {
  if (version_.size() != 3) {
    refuse(Code::invalid_argument, "xgboost: version has {} numbers, expected 3", version_.size());
  }
  for (std::size_t index = 0; index < 3; ++index) file_.version[index] = version_[index];
  if (base_score_.empty()) refuse_missing_xgboost_key("learner.learner_model_param.base_score");
  file_.base_score = xgboost_base_score(base_score_);
  file_.iteration_indptr = iteration_indptr_.release();
  file_.tree_info = tree_info_.release();
  file_.weight_drop = weight_drop_.release();
  file_.weights = weights_.release();
  file_.booster = xgboost_booster(booster_name_, file_);
  // save_config() writes all but these.
  const bool is_linear = file_.booster == XgboostBooster::gblinear;
  if (is_linear && !has_weights_) {
    refuse_missing_xgboost_key("learner.gradient_booster.model.weights");
  }
  if (!is_linear && !has_trees_) {
    refuse_missing_xgboost_key("learner.gradient_booster.model.trees");
  }
  file_.best_iteration = number_in(file_.attributes, "best_iteration");
  file_.best_ntree_limit = number_in(file_.attributes, "best_ntree_limit");
  if (num_trees_ && *num_trees_ != file_.trees.size()) {
    refuse(Code::invalid_argument, "xgboost: num_trees is {}, the file has {} trees", *num_trees_,
           file_.trees.size());
  }
  check_xgboost_file(file_);
  return std::move(file_);
}

}  // namespace ml_inference
