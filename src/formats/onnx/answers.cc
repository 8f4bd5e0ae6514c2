// SPDX-License-Identifier: MIT
#include "formats/onnx/answers.h"

#include "formats/onnx/metadata.h"
#include "model/limits.h"

#include <algorithm>

namespace ml_inference {
namespace {

using Cell = DataflowAnswer::Cell;

std::vector<Cell> cells_of(const OnnxScope& scope, ValueId value) {
  std::vector<Cell> cells(element_count(scope.shape(value)));
  for (std::size_t index = 0; index < cells.size(); ++index) {
    cells[index] = {value, static_cast<std::uint32_t>(index)};
  }
  return cells;
}

class AnswerReader {
 public:
  AnswerReader(OnnxScope& scope, std::span<const OnnxOutput> outputs, bool is_ours)
      : scope_(scope), outputs_(outputs), is_ours_(is_ours) {}

  OnnxAnswers read() {
    for (const auto& [name, value] : outputs_) sort_output(name, value);
    if (labels_.size() == 1) {
      read_classes(labels_.front());
    } else if (!labels_.empty()) {
      read_targets();
    } else if (map_ != nullptr && numbers_.size() == map_->size()) {
      answers_.targets = {{.class_labels = *map_}};
    } else {
      read_numbers();
    }
    answers_.answer.numbers = numbers_;
    answers_.answer.numbers.insert(answers_.answer.numbers.end(), scores_.begin(), scores_.end());
    return std::move(answers_);
  }

 private:
  void sort_output(const std::string& name, ValueId value) {
    scope_.enter(fmt::format("output {}", quoted_text(name)));
    if (is_floating(scope_.type_of(value))) {
      if (const std::vector<Label>* map = scope_.map_labels(value); map != nullptr) map_ = map;
      const std::vector<Cell> cells = cells_of(scope_, value);
      std::vector<Cell>& kind = is_ours_ && name == kScoresOutput ? scores_ : numbers_;
      kind.insert(kind.end(), cells.begin(), cells.end());
      return;
    }
    if (!labels_.empty() && !is_ours_) {
      scope_.refuse_here(Code::unimplemented, "a second output of labels");
    }
    labels_.push_back(value);
  }

  // The labels of the classes: those of the map, or what the label output may be.
  [[nodiscard]] std::vector<Label> class_labels(ValueId output) const {
    if (map_ != nullptr) return *map_;
    const ValueSpec& spec = scope_.spec(output);
    std::vector<double> possible = spec.possible;
    if (scope_.builder().is_constant(output)) {
      const std::span<const double> elements = scope_.builder().elements(output);
      for (const double element : elements) {
        if (std::ranges::find(possible, element) == possible.end()) possible.push_back(element);
      }
    }
    std::vector<Label> labels;
    for (const double element : possible) labels.push_back(scope_.label_of(spec.type, element));
    return labels;
  }

  void read_classes(ValueId output) {
    const std::vector<Label> labels = class_labels(output);
    const std::size_t target_count = element_count(scope_.shape(output));
    if (labels.empty() && scope_.type_of(output) == ElementType::int64) {
      // Whole numbers that may be anything.
      const std::vector<Cell> cells = cells_of(scope_, output);
      numbers_.insert(numbers_.begin(), cells.begin(), cells.end());
      return read_numbers();
    }
    expect_target_count(target_count);
    expect_possible(output, labels);
    const std::size_t probability_count = target_count * labels.size();
    Target target{.class_labels = labels, .class_rule = ClassRule::stated};
    target.has_probabilities =
        numbers_.size() >= probability_count && (is_ours_ || are_by_class(labels));
    const std::size_t scores_begin = target.has_probabilities ? probability_count : 0;
    const std::size_t score_count = numbers_.size() - scores_begin + scores_.size();
    target.score_count = share_of(score_count, target_count);
    answers_.targets.assign(target_count, target);
    add_stated(output, labels, target_count);
  }

  // Several outputs of one label a row, in files of ours: targets of different classes.
  void read_targets() {
    expect_target_count(labels_.size());
    std::size_t probability_count = 0;
    for (const ValueId output : labels_) {
      const std::vector<Label> labels = class_labels(output);
      expect_possible(output, labels);
      if (element_count(scope_.shape(output)) != 1) {
        scope_.refuse_here(Code::data_loss, "an output of several labels beside others");
      }
      probability_count += labels.size();
      answers_.targets.push_back({.class_labels = labels, .class_rule = ClassRule::stated});
      add_stated(output, labels, 1);
    }
    if (!numbers_.empty() && numbers_.size() != probability_count) {
      scope_.refuse_here(Code::data_loss, "{} probabilities of {} classes", numbers_.size(),
                         probability_count);
    }
    const std::size_t score_count = share_of(scores_.size(), labels_.size());
    for (Target& target : answers_.targets) {
      target.has_probabilities = !numbers_.empty();
      target.score_count = score_count;
    }
  }

  // How many of the numbers each target has.
  [[nodiscard]] std::size_t share_of(std::size_t count, std::size_t target_count) const {
    if (count % target_count != 0) {
      scope_.refuse_here(Code::unimplemented, "{} scores of {} things to predict", count,
                         target_count);
    }
    return count / target_count;
  }

  // Whether the numbers begin with one array of a number a class, or with an array for each class
  // that is called by it, as a ZipMap of skl2onnx in columns is.
  [[nodiscard]] bool are_by_class(const std::vector<Label>& labels) const {
    const auto is_number = [this](const OnnxOutput& output) {
      return is_floating(scope_.type_of(output.second));
    };
    auto output = std::ranges::find_if(outputs_, is_number);
    if (output == outputs_.end()) return false;
    if (element_count(scope_.shape(output->second)) != 1) return true;
    for (const Label& label : labels) {
      output = std::find_if(output, outputs_.end(), is_number);
      if (output == outputs_.end() || !output->first.ends_with(label_text(label))) return false;
      ++output;
    }
    return true;
  }

  void expect_target_count(std::size_t count) const {
    if (count == 0 || count > kTargetCountMax) {
      scope_.refuse_here(Code::resource_exhausted, "{} things to predict, expected 1 to {}", count,
                         kTargetCountMax);
    }
  }

  // Every label that the graph may state is one of the classes.
  void expect_possible(ValueId output, const std::vector<Label>& labels) const {
    if (labels.empty() || labels.size() > kOutputCountMax) {
      scope_.refuse_here(Code::unimplemented, "labels of which it is not known what they may be");
    }
    const ValueSpec& spec = scope_.spec(output);
    for (const double element : spec.possible) {
      if (std::ranges::find(labels, scope_.label_of(spec.type, element)) != labels.end()) continue;
      scope_.refuse_here(Code::unimplemented, "the label {}, which is none of the map's",
                         quoted_text(label_text(scope_.label_of(spec.type, element))));
    }
  }

  void add_stated(ValueId output, const std::vector<Label>& labels, std::size_t target_count) {
    std::unordered_map<double, std::size_t> classes;
    for (std::size_t index = 0; index < labels.size(); ++index) {
      const auto* truth = std::get_if<bool>(&labels[index]);
      const double element =
          truth != nullptr ? (*truth ? 1.0 : 0.0) : scope_.element_of(labels[index]);
      classes.emplace(element, index);
    }
    for (std::uint32_t index = 0; index < target_count; ++index) {
      answers_.answer.classes.push_back({{output, index}, classes});
    }
  }

  void read_numbers() {
    expect_target_count(numbers_.size());
    answers_.targets.assign(
        numbers_.size(),
        Target{.task = Task::regression, .score_count = share_of(scores_.size(), numbers_.size())});
  }

  OnnxScope& scope_;
  std::span<const OnnxOutput> outputs_;
  bool is_ours_;
  std::vector<ValueId> labels_;  // of others' files one at most
  const std::vector<Label>* map_ = nullptr;
  std::vector<Cell> numbers_;
  std::vector<Cell> scores_;  // of files of ours, which come behind all other numbers
  OnnxAnswers answers_;
};

}  // namespace

OnnxAnswers read_onnx_answers(OnnxScope& scope, std::span<const OnnxOutput> outputs, bool is_ours) {
  return AnswerReader(scope, outputs, is_ours).read();
}

}  // namespace ml_inference
