// SPDX-License-Identifier: MIT
// What the dialects have in common: rows come in, a model answers, answers go out.
#pragma once

#include "api/http.h"
#include "api/json_rows.h"
#include "api/json_tape.h"
#include "api/routes.h"
#include "api/spoken_model.h"
#include "api/validation.h"
#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// An output that the client wants.
struct WantedOutput {
  const OutputTensor* tensor = nullptr;  ///< of the model's tensors
  bool binary = false;                   ///< its elements as bytes behind the JSON
  std::size_t class_count =
      0;  ///< above 0: so many classes, best first, as texts "value:index:label"
};

/// In what form the client wants its answer, as far as its message says.
struct AnswerForm {
  std::string id;                     ///< comes back
  std::vector<WantedOutput> outputs;  ///< in the order of the answer
  bool columns = false;               ///< by output rather than by row

  /// Back to nothing; keeps the memory.
  void clear();
};

/// The memory of one prediction, reused on an event loop.
struct PredictMemory {
  JsonTape tape;
  PredictCall call;
  AnswerForm form;
  FaultList faults;
  PredictScratch scratch;
};

/// One request for a prediction.
struct Question {
  const SpokenModel& model;
  const RouteEntry& route;
  std::string_view content_type;
  std::string_view accept;
  std::string_view json_size;
  std::string_view body;
  bool prefers_probabilities = false;  ///< ApiOptions::predict_probabilities
};

/// What a message says of when it wants its answer.
struct QuestionTerms {
  std::optional<std::uint32_t> priority;            ///< from 1 on, a lower number goes first
  std::optional<std::chrono::nanoseconds> timeout;  ///< from its arrival to its answer
};

/// Sets the priority if it is one: 0 is none.
void set_priority(std::uint64_t number, QuestionTerms& terms);

/// Sets the timeout if it is one: 0 is none. More than a day is a day. Units: microseconds.
void set_timeout(std::uint64_t microseconds, QuestionTerms& terms);

/// One way in which clients and servers speak of predictions. docs/api.md has each with examples.
/// Threads: immutable; any number may use it, each with memory of its own.
class PredictionDialect {
 public:
  virtual ~PredictionDialect() = default;

  /// Whether bodies of the type are read. Empty: none was sent.
  [[nodiscard]] virtual bool takes(std::string_view content_type) const = 0;

  /// What takes() expects, for people.
  [[nodiscard]] virtual std::string_view taken_types() const = 0;

  /// Adds to the match which model the message means, for a dialect whose paths do not say it.
  /// Reads no more than that.
  /// Errors: invalid_argument: the message is broken.
  [[nodiscard]] virtual Result<void> name_model(std::string_view body, RouteMatch& match) const {
    static_cast<void>(body);
    static_cast<void>(match);
    return {};
  }

  /// What the message says of when it wants its answer, for a dialect whose messages do. Reads
  /// little more than that.
  /// memory  may be used.
  /// Errors: invalid_argument: it says what means nothing.
  [[nodiscard]] virtual Result<QuestionTerms> terms(const Question& question,
                                                    PredictMemory& memory) const {
    static_cast<void>(question);
    static_cast<void>(memory);
    return QuestionTerms{};
  }

  /// Bytes that read(), ServedModel::predict() and write() need at most, all together. Looks at the
  /// body's punctuation only.
  [[nodiscard]] virtual std::size_t memory_size_max(const Question& question) const = 0;

  /// The fewest bytes of a body that a cell takes.
  [[nodiscard]] virtual std::size_t cell_size_min() const = 0;

  /// The fewest bytes of a body that a row takes.
  [[nodiscard]] virtual std::size_t row_size_min(const Question& question) const {
    return cell_size_min() * question.model.schema().feature_count();
  }

  /// Where rows stand in a message, for what the model refuses.
  [[nodiscard]] virtual Location rows_location() const = 0;

  /// Reads the body into memory.call and memory.form, which are clear. Faults of the message go to
  /// memory.faults; with one, the call means nothing.
  /// Errors: what is wrong with more than single values.
  [[nodiscard]] virtual Result<void> read(const Question& question,
                                          PredictMemory& memory) const = 0;

  /// Writes answers, [row_count, answer_width] as ServedModel::predict() gives them.
  virtual void write(const Question& question, const PredictMemory& memory,
                     std::span<const double> answers, HttpResponse& response) const = 0;

  /// Writes the refusal of a message that has faults.
  virtual void write_faults(const FaultList& faults, HttpResponse& response) const = 0;
};

/// Fills the response with an error in the dialect's form: {"detail":...} or {"error":...} or as
/// gRPC has it. response.outcome tells the log.
void write_error(Dialect dialect, int status, std::string_view detail, HttpResponse& response);

/// The same, by the dialect's status for the code.
void write_error(Dialect dialect, const Error& error, HttpResponse& response);

/// "application/json", with parameters or without, any "application/...+json", or no header at all.
[[nodiscard]] bool is_json(std::string_view content_type);

/// "application/grpc", also with the name of a coding behind it: "application/grpc+proto".
[[nodiscard]] bool is_grpc_type(std::string_view content_type);

/// The type without its parameters, in lower case.
[[nodiscard]] std::string media_type(std::string_view content_type);

/// How much of the model's work the question is at most (Estimator::steps_per_row()), judged by the
/// body's size alone: the most rows that it can hold.
[[nodiscard]] std::size_t step_count_max(const PredictionDialect& dialect,
                                         const Question& question);

/// Whether an event loop should leave the question to a worker.
[[nodiscard]] bool is_heavy(const PredictionDialect& dialect, const Question& question);

}  // namespace ml_inference
