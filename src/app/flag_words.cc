// SPDX-License-Identifier: MIT
#include "app/flag_words.h"

#include <algorithm>
#include <iterator>

namespace ml_inference {
namespace {

// Options whose flags are not called the same.
struct Renamed {
  std::string_view option;
  std::string_view flag;
};
constexpr Renamed kRenamed[] = {{"class_weights", "--class-weight"},
                                {"cross-validation", "--cv"},
                                {"out_of_bag_score", "--oob-score"},
                                {"thread_count", "--threads"},
                                {"tree_count", "--trees"}};

// Options whose flags are called the same, but for dashes.
constexpr std::string_view kSame[] = {"bootstrap",
                                      "categorical_features",
                                      "criterion",
                                      "l2_regularization",
                                      "learning_rate",
                                      "loss",
                                      "max_bins",
                                      "max_depth",
                                      "max_features",
                                      "max_iter",
                                      "max_leaf_nodes",
                                      "max_samples",
                                      "min_impurity_decrease",
                                      "min_samples_leaf",
                                      "min_samples_split",
                                      "n_iter_no_change",
                                      "tol",
                                      "validation_fraction"};

bool is_in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// The flag of an option, or the word itself where it is none.
std::string flag_of(std::string_view word) {
  const auto renamed = std::ranges::find(kRenamed, word, &Renamed::option);
  if (renamed != std::end(kRenamed)) return std::string(renamed->flag);
  if (std::ranges::count(kSame, word) == 0) return std::string(word);
  std::string flag = "--" + std::string(word);
  std::ranges::replace(flag, '_', '-');
  return flag;
}

}  // namespace

std::string with_flag_names(std::string_view message) {
  std::string text;
  bool is_quoted = false;
  for (std::size_t at = 0; at < message.size();) {
    std::size_t end = at;
    while (end < message.size() && is_in_word(message[end])) ++end;
    const std::string_view word = message.substr(at, end - at);
    // A word of everyday use is an option where a colon follows.
    const bool is_name = word.contains('_') || message.substr(end).starts_with(':');
    text += !is_quoted && is_name ? flag_of(word) : std::string(word);
    if (end < message.size()) {
      is_quoted ^= message[end] == '\'';
      text += message[end++];
    }
    at = end;
  }
  return text;
}

}  // namespace ml_inference
