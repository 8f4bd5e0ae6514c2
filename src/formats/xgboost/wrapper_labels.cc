// SPDX-License-Identifier: MIT
#include "formats/xgboost/wrapper_labels.h"

#include "formats/format_error.h"
#include "formats/xgboost/json_events.h"
#include "model/limits.h"

#include <fmt/format.h>

#include <charconv>
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

// Keeps the values of the list {"_le": {"classes_": [...]}}; all else goes by.
class Labels final : public XgboostEvents {
 public:
  [[nodiscard]] std::vector<Label> take() { return std::move(labels_); }

  void begin_object() override { enter(); }
  void key(std::string_view text) override {
    // How many keys of the way there this is the last of.
    if (depth_ == 1) matched_ = text == "_le" ? 1 : 0;
    if (depth_ == 2 && matched_ > 0) matched_ = text == "classes_" ? 2 : 1;
  }
  void end_object() override { --depth_; }
  bool begin_list(std::size_t) override {
    enter();
    return true;
  }
  void end_list() override { --depth_; }
  void text(std::string_view text) override { add(std::string(text)); }
  void integer(std::int64_t value) override { add(value); }
  void real(float value) override { add(widened(value)); }
  void boolean(bool value) override { add(value); }
  void null() override {
    if (is_wanted()) refuse_label("null");
  }

 private:
  static constexpr std::size_t kListDepth = 3;

  [[nodiscard]] bool is_wanted() const { return depth_ == kListDepth && matched_ == 2; }

  void enter() {
    if (is_wanted()) refuse_label("a list or an object");
    ++depth_;
  }

  template <class T>
  void add(T label) {
    if (!is_wanted()) return;
    if (labels_.size() == kOutputCountMax) {
      refuse(Code::resource_exhausted, "{}: more than {} classes", kWhere, kOutputCountMax);
    }
    labels_.emplace_back(std::in_place_type<T>, std::move(label));
  }

  [[noreturn]] static void refuse_label(std::string_view got) {
    refuse(Code::invalid_argument, "{}: a class is {}, expected a number, a text or a truth value",
           kWhere, got);
  }

  std::size_t depth_ = 0;
  int matched_ = 0;
  std::vector<Label> labels_;
};

}  // namespace

std::vector<Label> xgboost_wrapper_labels(std::string_view text) {
  Labels labels;
  try {
    read_xgboost_json(text, labels);
  } catch (const FormatError& refusal) {
    const std::string_view message = refusal.error.message;
    if (message.starts_with(kWhere)) throw;
    refuse(refusal.error.code, "{}: {}", kWhere,
           message.substr(std::string_view("xgboost: ").size()));
  }
  return labels.take();
}

}  // namespace ml_inference
