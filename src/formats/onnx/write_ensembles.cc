// SPDX-License-Identifier: MIT
#include "formats/onnx/write_estimator.h"
#include "formats/onnx/write_link.h"
#include "formats/onnx/write_trees.h"
#include "model/estimators/ensemble.h"
#include "model/estimators/isolation.h"
#include "model/estimators/started_forest.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace ml_inference {
namespace {

// What a member answers, its first `count` numbers, in float64.
WrittenValue member_answer(GraphWriter& graph, const Member& member, const WrittenValue& rows,
                           std::size_t count) {
  const WrittenValue seen = member.columns.empty() ? rows : graph.columns(rows, member.columns);
  WrittenParts parts = slice_of(graph, write_estimator(graph, *member.estimator, seen), 0, count);
  for (WrittenValue& part : parts) part = graph.cast(part, NumberType::float64);
  return graph.joined(parts);
}

// Each output where the ensemble has it, 0 in the others: by a product, which adds nothing else.
WrittenValue spread(GraphWriter& graph, const WrittenValue& answer,
                    std::span<const std::size_t> outputs, std::size_t width) {
  if (outputs.empty()) return answer;
  std::vector<double> matrix(outputs.size() * width, 0.0);
  for (std::size_t index = 0; index < outputs.size(); ++index) {
    matrix[index * width + outputs[index]] = 1;
  }
  const std::string table = graph.table(answer.type, matrix, width);
  return {graph.add("MatMul", {answer.name, table}), answer.type, width};
}

// What one member of AdaBoost adds: [N, classes].
WrittenValue log_votes(GraphWriter& graph, const WrittenValue& probabilities) {
  const auto count = static_cast<double>(probabilities.width);
  constexpr double kLeast = std::numeric_limits<double>::epsilon();
  const WrittenValue logs = graph.unary("Log", graph.binary("Max", probabilities, kLeast));
  const WrittenValue mean = graph.binary("Mul", graph.reduced("ReduceSum", logs), 1.0 / count);
  return graph.binary("Mul", graph.binary("Sub", logs, mean), count - 1);
}

WrittenValue weighted_votes(GraphWriter& graph, const WrittenValue& probabilities, double weight,
                            double otherwise) {
  std::vector<std::int64_t> classes(probabilities.width);
  std::iota(classes.begin(), classes.end(), 0);
  const std::string best =
      graph.add("ArgMax", {probabilities.name}, {{"axis", 1}, {"keepdims", 1}});
  const std::string is_best = graph.add("Equal", {best, graph.integers(classes)});
  WrittenValue votes = graph.select(is_best, graph.constant(probabilities.type, weight),
                                    graph.constant(probabilities.type, otherwise));
  votes.width = probabilities.width;
  return votes;
}

WrittenParts finished_votes(GraphWriter& graph, const WrittenValue& votes) {
  if (votes.width != 2) {
    const auto others = static_cast<double>(votes.width - 1);
    return {write_softmax(graph, graph.binary("Div", votes, others)), votes};
  }
  const std::size_t first[] = {0};
  const std::size_t second[] = {1};
  const WrittenValue decision =
      graph.binary("Sub", graph.columns(votes, second), graph.columns(votes, first));
  const WrittenValue half = graph.binary("Div", decision, 2);
  return {write_softmax(graph, graph.joined({graph.unary("Neg", half), half})), decision};
}

// What the sums start with, of the first estimator's answer.
WrittenValue write_start(GraphWriter& graph, const StartedForest& started,
                         const WrittenParts& first) {
  const bool is_binary =
      started.rule() == StartRule::logit || started.rule() == StartRule::half_logit;
  const std::size_t count = is_binary ? 1 : started.forest().output_count();
  WrittenParts taken = slice_of(graph, first, is_binary ? 1 : 0, count);
  for (WrittenValue& part : taken) part = graph.cast(part, NumberType::float64);
  const WrittenValue answer = graph.joined(taken);
  if (started.rule() == StartRule::as_is) return answer;
  const WrittenValue p =
      graph.binary("Min", graph.binary("Max", answer, started.least()), 1 - started.least());
  if (is_binary) {
    const WrittenValue other = graph.binary("Sub", graph.constant(p.type, 1), p);
    const WrittenValue logit = graph.unary("Log", graph.binary("Div", p, other));
    return started.rule() == StartRule::logit ? logit : graph.binary("Div", logit, 2);
  }
  const WrittenValue logs = graph.unary("Log", p);
  if (started.rule() == StartRule::log) return logs;
  const WrittenValue mean =
      graph.binary("Div", graph.reduced("ReduceSum", logs), static_cast<double>(count));
  return graph.binary("Sub", logs, mean);
}

}  // namespace

WrittenParts write_mean(GraphWriter& graph, const Mean& mean, const WrittenValue& rows) {
  WrittenParts answers;
  for (const Member& member : mean.members()) {
    const WrittenValue answer =
        member_answer(graph, member, rows, member.estimator->answer_width());
    answers.push_back(spread(graph, answer, member.outputs, mean.answer_width()));
  }
  const auto count = static_cast<double>(answers.size());
  return {graph.binary("Div", graph.sum(answers), count)};
}

WrittenParts write_isolation(GraphWriter& graph, const Isolation& isolation,
                             const WrittenValue& rows) {
  WrittenParts lengths;
  for (const Member& member : isolation.members()) {
    lengths.push_back(member_answer(graph, member, rows, 1));
  }
  const bool is_alone = isolation.denominator() == 0;
  const WrittenValue sum = graph.sum(lengths);
  const WrittenValue depth = is_alone ? graph.binary("Add", graph.binary("Mul", sum, 0), 1)
                                      : graph.binary("Div", sum, isolation.denominator());
  const WrittenValue score =
      graph.binary("Pow", graph.constant(depth.type, 2), graph.unary("Neg", depth));
  const WrittenValue answer = graph.binary("Sub", graph.unary("Neg", score), isolation.offset());
  if (!isolation.offset_is_a_score()) return {answer};
  const WrittenValue units = graph.binary("Mul", score, 8 * std::numeric_limits<double>::epsilon());
  const std::string is_zero = graph.compare("LessOrEqual", graph.unary("Abs", answer), units);
  return {graph.select(is_zero, graph.constant(answer.type, 0), answer)};
}

WrittenParts write_vote(GraphWriter& graph, const AdaBoostVote& vote, const WrittenValue& rows) {
  WrittenParts votes;
  const auto others = static_cast<double>(vote.class_count() - 1);
  for (std::size_t index = 0; index < vote.members().size(); ++index) {
    const WrittenValue probabilities =
        member_answer(graph, vote.members()[index], rows, vote.class_count());
    const double weight = vote.weights()[index];
    const bool shares = vote.rule() == BoostRule::weight_or_share;
    votes.push_back(
        vote.rule() == BoostRule::log_probabilities
            ? log_votes(graph, probabilities)
            : weighted_votes(graph, probabilities, weight, shares ? -1.0 / others * weight : 0.0));
  }
  return finished_votes(graph, graph.binary("Div", graph.sum(votes), vote.weight_sum()));
}

// The answers from the least to the largest, and of these the first with which the weights reach
// half of their sum.
WrittenParts write_median(GraphWriter& graph, const WeightedMedian& median,
                          const WrittenValue& rows) {
  WrittenParts each;
  for (const Member& member : median.members()) {
    each.push_back(member_answer(graph, member, rows, 1));
  }
  const WrittenValue answers = graph.joined(each);
  const std::size_t count = answers.width;
  const auto& [sorted, places] = graph.ascending(answers);
  const std::string table =
      graph.tensor(onnx_tensor(answers.type, median.weights(), {median.weights().size()}));
  const WrittenValue weights{graph.add("Gather", {table, places}, {{"axis", 0}}), answers.type,
                             count};
  constexpr std::int64_t kColumns[] = {1};
  const WrittenValue reached{graph.add("CumSum", {weights.name, graph.integers(kColumns)}),
                             answers.type, count};
  const std::size_t last[] = {count - 1};
  const WrittenValue half = graph.binary("Mul", graph.columns(reached, last), 0.5);
  const std::string is_reached = graph.compare("GreaterOrEqual", reached, half);
  const std::string place =
      graph.add("ArgMax", {graph.numbers(is_reached, count, answers.type).name},
                {{"axis", 1}, {"keepdims", 1}});
  return {{graph.add("GatherElements", {sorted.name, place}, {{"axis", 1}}), answers.type, 1}};
}

WrittenParts write_started(GraphWriter& graph, const StartedForest& started,
                           const WrittenValue& rows) {
  const WrittenValue seen = graph.cast(rows, NumberType::float32);
  const WrittenValue trees =
      graph.cast(write_sums(graph, started.forest(), seen), NumberType::float64);
  const WrittenParts first = write_estimator(graph, started.first(), seen);
  const WrittenValue sums = graph.binary("Add", trees, write_start(graph, started, first));
  WrittenParts parts = {write_link(graph, started.link(), sums)};
  if (started.gives_scores()) parts.push_back(sums);
  return parts;
}

}  // namespace ml_inference
