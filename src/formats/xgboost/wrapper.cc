// SPDX-License-Identifier: MIT
#include "formats/xgboost/wrapper.h"

#include "formats/format_error.h"
#include "formats/xgboost/json_events.h"
#include "model/limits.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kWhere = "xgboost: attributes.scikit_learn";

// The float's shortest text as a double: 0.1F is 0.1.
double widened(float value) {
  const std::string text = fmt::format("{}", value);
  double wide = value;
  std::from_chars(text.data(), text.data() + text.size(), wide);
  return wide;
}

// Keeps {"_le": {"classes_": [...]}, "best_ntree_limit": ...}, missing and the type; all else goes
// by.
class Reader final : public XgboostEvents {
 public:
  [[nodiscard]] XgboostWrapper take() { return std::move(wrapper_); }

  void begin_object() override { enter(); }
  void key(std::string_view text) override {
    // How many keys of the way there this is the last of.
    if (depth_ == 1) matched_ = text == "_le" ? 1 : 0;
    if (depth_ == 1) key_ = text;
    if (depth_ == 2 && matched_ > 0) matched_ = text == "classes_" ? 2 : 1;
  }
  void end_object() override { --depth_; }
  bool begin_list(std::size_t) override {
    enter();
    return true;
  }
  void end_list() override { --depth_; }
  void text(std::string_view text) override {
    if (is_value_of("type") || is_value_of("_estimator_type")) {
      const bool is_classifier = text.ends_with("Classifier") || text == "classifier";
      wrapper_.asker = is_classifier ? Asker::classifier : Asker::regressor;
    }
    add(std::string(text));
  }
  void integer(std::int64_t value) override {
    if (is_value_of("missing")) wrapper_.missing = static_cast<float>(value);
    if (is_value_of("best_ntree_limit") && value > 0 && value <= std::int64_t{kTreeCountMax}) {
      wrapper_.best_ntree_limit = static_cast<std::uint32_t>(value);
    }
    add(value);
  }
  void real(float value) override {
    if (is_value_of("missing") && !std::isnan(value)) wrapper_.missing = value;
    add(widened(value));
  }
  void boolean(bool value) override { add(value); }
  void null() override {
    if (is_wanted()) refuse_label("null");
  }

 private:
  static constexpr std::size_t kListDepth = 3;

  [[nodiscard]] bool is_wanted() const { return depth_ == kListDepth && matched_ == 2; }

  [[nodiscard]] bool is_value_of(std::string_view key) const { return depth_ == 1 && key_ == key; }

  void enter() {
    if (is_wanted()) refuse_label("a list or an object");
    ++depth_;
  }

  template <class T>
  void add(T label) {
    if (!is_wanted()) return;
    if (wrapper_.class_labels.size() == kOutputCountMax) {
      refuse(Code::resource_exhausted, "{}: more than {} classes", kWhere, kOutputCountMax);
    }
    wrapper_.class_labels.emplace_back(std::in_place_type<T>, std::move(label));
  }

  [[noreturn]] static void refuse_label(std::string_view got) {
    refuse(Code::invalid_argument, "{}: a class is {}, expected a number, a text or a truth value",
           kWhere, got);
  }

  std::size_t depth_ = 0;
  int matched_ = 0;
  std::string key_;  // of the outermost object, the last one
  XgboostWrapper wrapper_;
};

}  // namespace

XgboostWrapper read_xgboost_wrapper(std::string_view text) {
  Reader reader;
  try {
    read_xgboost_json(text, reader);
  } catch (const FormatError& refusal) {
    const std::string_view message = refusal.error.message;
    if (message.starts_with(kWhere)) throw;
    refuse(refusal.error.code, "{}: {}", kWhere,
           message.substr(std::string_view("xgboost: ").size()));
  }
  return reader.take();
}

}  // namespace ml_inference
