// SPDX-License-Identifier: MIT
// The events of an XGBoost file -> XgboostFile.
#pragma once

#include "formats/xgboost/events.h"
#include "formats/xgboost/keys.h"
#include "formats/xgboost/memory.h"
#include "formats/xgboost/tree_columns.h"
#include "formats/xgboost/xgboost_file.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Takes the events of one file and gives its content. Keys without a meaning for predictions are
/// passed over, whatever stands behind them; a key with a meaning (keys.h) may stand once, and has
/// to have a value of its kind.
///
/// A booster's state, {"Config": ..., "Model": <a model file>}, as it lies in a pickle, is a file,
/// too.
/// Members throw FormatError: invalid_argument ("xgboost:
/// learner.gradient_booster.model.trees[3].left_children is a text, expected a list"),
/// resource_exhausted beyond XgboostMemory.
class XgboostDocument final : public XgboostEvents {
 public:
  explicit XgboostDocument(std::size_t file_size);

  void begin_object() override;
  void key(std::string_view text) override;
  void end_object() override;
  bool begin_list(std::size_t count) override;
  void end_list() override;
  void text(std::string_view text) override;
  void integer(std::int64_t value) override;
  void real(float value) override;
  void boolean(bool value) override;
  void null() override;

  /// The content, after the last event. The document is used up.
  /// Throws FormatError when something is missing, or two parts contradict each other.
  [[nodiscard]] XgboostFile finish() &&;

 private:
  using Place = XgboostPlace;
  using Kind = XgboostKind;

  // An object or a list that has begun and not ended.
  struct Frame {
    Place place = Place::ignored;
    std::string_view name;  // the key in front
    bool is_list = false;
    std::uint32_t count = 0;  // list: values that have begun
    std::uint64_t seen = 0;   // tree and the like: numbers of the keys that have been there
  };

  Place enter(Kind kind);
  void enter_element();
  void open(Place place, bool is_list);
  [[nodiscard]] std::string where() const;
  [[noreturn]] void refuse_value(std::string_view got, std::string_view expected) const;

  void set_text(Place place, std::string_view text);
  void push_integer(Place list, std::int64_t value);
  void push_flag(Place list, std::int64_t value);
  std::string stored(std::string_view text);
  std::uint32_t count_of(std::string_view text) const;
  XgboostColumn<std::int32_t>* integers(Place list);
  XgboostColumn<float>* reals(Place list);
  XgboostColumn<std::uint8_t>* flags(Place list);

  void end_tree();
  void end_cats_column();
  std::vector<std::string> category_texts();

  XgboostMemory memory_;
  XgboostFile file_;
  std::vector<Frame> open_;
  std::uint64_t seen_ = 0;  // numbers of the keys that have been there in what a file has one of

  // The value that comes next behind a key.
  Place next_ = Place::document;
  Kind next_kind_ = Kind::object;
  std::string_view next_name_;
  std::string free_key_;  // of an attribute or a parameter

  XgboostTreeColumns tree_;
  XgboostColumn<std::int32_t> version_;
  XgboostColumn<std::int32_t> iteration_indptr_;
  XgboostColumn<std::int32_t> tree_info_;
  XgboostColumn<float> weight_drop_;
  XgboostColumn<float> weights_;
  XgboostColumn<std::int32_t> cats_offsets_;
  XgboostColumn<std::int64_t> cats_values_;
  bool has_cats_offsets_ = false;

  std::string booster_name_;
  std::string base_score_;
  std::optional<std::uint32_t> num_trees_;
  bool has_trees_ = false;    // the list, be it empty
  bool has_weights_ = false;  // likewise
};

}  // namespace ml_inference
