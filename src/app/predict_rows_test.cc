// SPDX-License-Identifier: MIT
// Files of all kinds, in blocks of every size and on several threads, beside a plain version that
// takes row after row of the whole text.
#include "app/predict_rows.h"

#include "api/json_tape.h"
#include "base/json_text.h"
#include "base/number_text.h"
#include "data/csv_record.h"
#include "data/testing/plain_rows.h"
#include "model/forest_builder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

// A file in which one text after another stands.
class RowsPath {
 public:
  RowsPath() : path_(::testing::TempDir() + "predict_rows_" + std::to_string(::getpid())) {}
  RowsPath(const RowsPath&) = delete;
  RowsPath& operator=(const RowsPath&) = delete;
  ~RowsPath() { std::remove(path_.c_str()); }

  const std::string& with(std::string_view text) const {
    std::ofstream(path_, std::ios::binary) << text;
    return path_;
  }

 private:
  std::string path_;
};

// "low" where x is at most 0.5, "middle" up to 5, else "high"; city is text.
std::shared_ptr<const ServedModel> make_threshold_model() {
  Schema schema{
      .feature_names = {"x", "city"},
      .input = {.accepts_missing = true},
      .categories = {{1, {"Berlin", "Rome, \"old\"", "two\nlines"}, UnknownCategory::refused}},
      .targets = {{.name = "kind", .class_labels = {"low", "middle", "high, or so"}}}};
  ForestBuilder builder({.feature_count = 2, .output_count = 3});
  builder.start_tree(5);
  builder.numerical_test(0, {.feature = 0, .threshold = 0.5, .left = 1, .right = 2});
  builder.leaf(1, std::vector{0.75, 0.25, 0.0});
  builder.numerical_test(2, {.feature = 0, .threshold = 5, .left = 3, .right = 4});
  builder.leaf(3, std::vector{0.1, 0.8, 0.1});
  builder.leaf(4, std::vector{0.125, 0.0, 0.875});
  Model model = make_model(schema, std::move(builder).build().value(), {}).value();
  return ServedModel::make(std::move(model), "threshold").value();
}

const ServedModel& threshold_model() {
  static const std::shared_ptr<const ServedModel> model = make_threshold_model();
  return *model;
}

// What was written, and behind it how it ended.
std::string outcome(const std::string& text, const PredictRowsOptions& options) {
  const RowsPath path;
  PredictRowsOptions here = options;
  here.rows_path = path.with(text);
  std::string lines;
  const auto write = [&lines](std::string_view more, const PredictTally&) -> Result<void> {
    lines += more;
    return {};
  };
  ::testing::internal::CaptureStderr();  // of columns that are no features
  const Result<PredictTally> tally = predict_rows(threshold_model(), here, write);
  ::testing::internal::GetCapturedStderr();
  if (!tally) {
    EXPECT_TRUE(tally.error().message.starts_with(here.rows_path + ": ")) << tally.error().message;
    return lines + "! " + tally.error().message.substr(here.rows_path.size() + 2);
  }
  return lines + fmt::format("{} rows, {} without: {}", tally->row_count, tally->refused_count,
                             tally->first_refusal);
}

// The plain version of all of that, for files with a header that is in order and without open
// quotes.
class Plain {
 public:
  explicit Plain(const PredictRowsOptions& options)
      : model_(threshold_model()),
        options_(options),
        format_(make_line_format(options.format, model_.schema(), options.on_error)) {}

  std::string outcome(std::string_view text) {
    format_->append_header(lines_);
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    const bool is_json =
        first != std::string_view::npos && (text[first] == '[' || text[first] == '{');
    is_json ? read_json(text) : read_csv(text);
    if (!stop_.empty()) return lines_ + "! " + stop_;
    return lines_ +
           fmt::format("{} rows, {} without: {}", row_count_, refused_count_, first_refusal_);
  }

 private:
  void read_json(std::string_view text) {
    JsonTape tape;
    PredictCall call;
    const PredictDialect dialect(model_.schema());
    for (std::size_t line = 1; !text.empty() && stop_.empty(); ++line) {
      const std::string_view row = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(row.size() + 1, text.size()));
      if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      FaultList faults;
      dialect.read_row(row, tape, call, faults);
      if (faults.empty()) {
        answer(call.request.cells);
      } else {
        refuse(fmt::format("line {}: {}", line, faults.summary()));
      }
    }
  }

  void read_csv(std::string_view text) {
    std::size_t line = 1;
    for (const std::string& row : plain_csv_rows(text)) {
      if (!stop_.empty()) return;
      if (row != "\n" && row != "\r\n") read_csv_row(row, line);
      line += static_cast<std::size_t>(std::ranges::count(row, '\n'));
    }
  }

  void read_csv_row(const std::string& row, std::size_t line) {
    CsvRecordReader reader(row, line);
    CsvRecord record;
    const Result<bool> read = reader.next(record);
    if (names_.empty()) {
      names_ = csv_names(record, NamelessColumn::taken).value();
      return;
    }
    if (!read) return refuse(read.error().message);
    if (record.ends.size() != names_.size()) {
      return refuse(fmt::format("line {}: expected {} as in the header, got {}", line,
                                count_text(names_.size(), "cell"), record.ends.size()));
    }
    const CellReader reader_of_cells(model_.schema());
    std::vector<double> cells;
    for (std::size_t feature = 0; feature < 2; ++feature) {
      const std::string& name = model_.schema().feature_names[feature];
      const auto column =
          static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin());
      const Cell cell = reader_of_cells.csv(feature, record.cell(column));
      if (cell.refusal != CellRefusal::none) {
        return refuse(
            fmt::format("line {} column '{}' {}", line, name, cell_refusal_text(cell.refusal)));
      }
      cells.push_back(cell.value);
    }
    answer(cells);
  }

  void answer(const std::vector<double>& cells) {
    PredictScratch scratch;
    format_->append_answer(lines_, model_.predict({.cells = cells, .row_count = 1}, scratch));
    ++row_count_;
  }

  void refuse(const std::string& reason) {
    if (options_.on_error == ErrorPolicy::stop) {
      stop_ = reason;
      return;
    }
    ++row_count_;
    if (refused_count_++ == 0) first_refusal_ = reason;
    if (options_.on_error == ErrorPolicy::report) format_->append_reason(lines_, reason);
    if (options_.on_error == ErrorPolicy::null) format_->append_no_answer(lines_);
  }

  const ServedModel& model_;
  const PredictRowsOptions options_;
  std::unique_ptr<const LineFormat> format_;
  std::vector<std::string> names_;
  std::string lines_;
  std::size_t row_count_ = 0;
  std::size_t refused_count_ = 0;
  std::string first_refusal_;
  std::string stop_;
};

const std::vector<std::string>& files() {
  static const std::vector<std::string> texts = {
      "x,city\n1,Berlin\n0.25,Berlin\n",
      "x,city\r\n1,Berlin\r\n7,\"Rome, \"\"old\"\"\"\r\n",
      "\xEF\xBB\xBF"
      "city,x\nBerlin,5\nBerlin,5.5",
      "\n\r\n\"x\",\"city\"\n\n1,\"two\nlines\"\n\r\n\n\"0\",\"Berlin\"\n\n",
      ",x,species,city\n0,1,\"a \"\"b\"\", \nc\",Berlin\n1,,gr\xC3\xBC\xC3\x9F"
      "e,\n2,nan,,Berlin\n",
      "x,city\n1,Oslo\n2\n\n3,Berlin,\n4,\"Berlin\"x\n5\"5,Berlin\nx,Berlin\n1e400,Berlin\n6,"
      "Berlin",
      "x,city\n\"1\n2\",Berlin\n3,Berlin\n1\r,Berlin\n4,\xFF\n5,\"a\nb\"c,\"\n6,Berlin\n",
      "x,city\n1.25e0,Berlin\n +2 ,Berlin\n-0,Berlin\n1234567890123456789,Berlin\ntrue,Berlin\n",
      "x,city\n",
      "x,city",
      "[1,\"Berlin\"]\n{\"x\":7,\"city\":\"two\\nlines\"}\n",
      " \n\t\n[1,\"Berlin\"]\r\n\r\n[null,\"Berlin\"]\n[1]\n{}\n[\n\"\n[7 , \"Berlin\"]",
      "\xEF\xBB\xBF{\"city\":\"Berlin\",\"x\":\"NaN\"}\n\n   \n[true,\"Oslo\"]\n[0,\"Berlin\"]\n",
  };
  return texts;
}

PredictRowsOptions with(OutputFormat format, ErrorPolicy policy) {
  return {.format = format, .on_error = policy};
}

TEST(PredictRows, EqualsThePlainVersionForEverySizeOfBlocksAndNumberOfThreads) {
  for (const std::string& text : files()) {
    for (const OutputFormat format : {OutputFormat::json, OutputFormat::csv}) {
      for (const ErrorPolicy policy :
           {ErrorPolicy::report, ErrorPolicy::stop, ErrorPolicy::skip, ErrorPolicy::null}) {
        PredictRowsOptions options = with(format, policy);
        const std::string expected = Plain(options).outcome(text);
        ASSERT_EQ(outcome(text, options), expected) << text;
        options.thread_count = 1 + text.size() % 3;
        for (std::size_t size = 1; size <= text.size(); size += 1 + size / 8) {
          options.blocks.block_size = size;
          ASSERT_EQ(outcome(text, options), expected) << text << "\nin blocks of " << size;
        }
      }
    }
  }
}

std::string random_csv(std::mt19937& random) {
  static const std::vector<std::string> cells = {"1",
                                                 "0.5",
                                                 "-3.25",
                                                 "7",
                                                 "",
                                                 "nan",
                                                 "1e3",
                                                 "\"2\"",
                                                 "Berlin",
                                                 "\"Berlin\"",
                                                 "\"two\nlines\"",
                                                 "\"Rome, \"\"old\"\"\"",
                                                 "Oslo",
                                                 "\"a\"b",
                                                 "c\"d",
                                                 "\"\"",
                                                 "gr\xC3\xBCn",
                                                 "\r"};
  std::string text = "x,city\n";
  const std::size_t row_count = random() % 30;
  for (std::size_t row = 0; row < row_count; ++row) {
    const bool is_plain = random() % 4 != 0;
    text += is_plain ? "4.5,Berlin"
                     : cells[random() % cells.size()] + "," + cells[random() % cells.size()];
    text += random() % 3 == 0 ? "\r\n" : "\n";
  }
  return text;
}

TEST(PredictRows, EqualsThePlainVersionOnRandomFiles) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    const std::string text = random_csv(random);
    PredictRowsOptions options = with(OutputFormat::json, ErrorPolicy::report);
    const std::string expected = Plain(options).outcome(text);
    options.thread_count = 1 + static_cast<std::size_t>(round) % 4;
    options.blocks.block_size = 1 + random() % 60;
    ASSERT_EQ(outcome(text, options), expected) << text;
  }
}

TEST(PredictRows, WritesMoreRowsThanABatchInTheirOrder) {
  std::string text = "x,city\n";
  for (int row = 0; row < 20'000; ++row) text += std::to_string(row % 10) + ",Berlin\n";
  text += "x,Berlin\n";
  for (const std::size_t threads : {1U, 2U, 5U}) {
    PredictRowsOptions options = with(OutputFormat::csv, ErrorPolicy::report);
    options.thread_count = threads;
    const std::string expected = Plain(options).outcome(text);
    EXPECT_EQ(outcome(text, options), expected);
    options.blocks.block_size = 10'000;
    EXPECT_EQ(outcome(text, options), expected);
  }
}

TEST(PredictRows, ObeysThePolicy) {
  const std::string text = "x,city\n0,Berlin\n0,Oslo\n9,Berlin\n";
  const std::string low =
      R"({"prediction":"low","prediction_index":0,"probabilities":{"low":0.75,"middle":0.25,)"
      R"("high, or so":0.0},"confidence":0.75})"
      "\n";
  const std::string high =
      R"({"prediction":"high, or so","prediction_index":2,"probabilities":{"low":0.125,)"
      R"("middle":0.0,"high, or so":0.875},"confidence":0.875})"
      "\n";
  const std::string reason = "line 3 column 'city' is none of the feature's categories";
  const auto json = [&](ErrorPolicy policy) {
    return outcome(text, with(OutputFormat::json, policy));
  };
  const std::string tally = "3 rows, 1 without: " + reason;
  EXPECT_EQ(json(ErrorPolicy::report), low + "{\"error\":\"" + reason + "\"}\n" + high + tally);
  EXPECT_EQ(json(ErrorPolicy::stop), low + "! " + reason);
  EXPECT_EQ(json(ErrorPolicy::skip), low + high + tally);
  EXPECT_EQ(json(ErrorPolicy::null),
            low +
                R"({"prediction":null,"prediction_index":null,"probabilities":null,)"
                R"("confidence":null})"
                "\n" +
                high + tally);
}

TEST(PredictRows, WritesCsvWithAColumnForReasonsWhereTheyAreReported) {
  const std::string text = "x,city\n0,Berlin\n0,Oslo\n9,Berlin\n";
  const std::string names =
      "prediction,probability_low,probability_middle,\"probability_high, or so\"";
  const auto csv = [&](ErrorPolicy policy) {
    return outcome(text, with(OutputFormat::csv, policy));
  };
  EXPECT_THAT(
      csv(ErrorPolicy::report),
      ::testing::StartsWith(names + ",error\n"
                                    "low,0.75,0.25,0.0,\n"
                                    ",,,,line 3 column 'city' is none of the feature's categories\n"
                                    "\"high, or so\",0.125,0.0,0.875,\n"));
  EXPECT_THAT(csv(ErrorPolicy::null), ::testing::StartsWith(names + "\nlow,0.75,0.25,0.0\n,,,\n"));
  EXPECT_THAT(csv(ErrorPolicy::skip),
              ::testing::StartsWith(names + "\nlow,0.75,0.25,0.0\n\"high, or so\","));
}

TEST(PredictRows, EndsWithAQuoteThatIsNeverClosedWhateverThePolicy) {
  const std::string text = "x,city\n0,Berlin\n\n1,\"Berlin\n2,Berlin\n3,Berlin\n";
  for (const ErrorPolicy policy : {ErrorPolicy::report, ErrorPolicy::skip}) {
    for (const std::size_t size : {1U, 10U, 30U, 1000U}) {
      PredictRowsOptions options = with(OutputFormat::csv, policy);
      options.blocks.block_size = size;
      EXPECT_THAT(outcome(text, options),
                  ::testing::EndsWith("low,0.75,0.25,0.0" +
                                      std::string(policy == ErrorPolicy::report ? "," : "") +
                                      "\n! csv: line 4 column 2: the quote is never closed"));
    }
  }
}

TEST(PredictRows, RefusesARowThatIsTooLongWithItsLineWhereverItIsCut) {
  for (std::size_t size = 1; size < 60; ++size) {
    PredictRowsOptions options = with(OutputFormat::csv, ErrorPolicy::skip);
    options.blocks = {.block_size = size, .row_size_max = 19};
    const std::string just = "x,city\n0.0000000000,Berlin\n";  // 19 bytes and a line feed
    EXPECT_THAT(outcome(just, options), HasSubstr("1 rows, 0 without")) << size;
    EXPECT_THAT(
        outcome("x,city\n1,Berlin\n0.00000000000,Berlin\n1,Berlin\n", options),
        ::testing::EndsWith("middle,0.1,0.8,0.1\n! csv: line 3: a row of more than 19 bytes"))
        << size;
    EXPECT_THAT(
        outcome("x,city\n1,Berlin\n0,\"Berlin\n1,Berlin\n1,Berlin\n", options),
        ::testing::EndsWith("\n! csv: line 3: a row of more than 19 bytes, in which a quote "
                            "is never closed"))
        << size;
    EXPECT_THAT(outcome("[1,\"Berlin\"]\n[0.00000000000,\"Berlin\"]\n", options),
                ::testing::EndsWith("\n! line 2: a row of more than 19 bytes"))
        << size;
  }
}

TEST(PredictRows, EndsWhenNobodyTakesTheLines) {
  const RowsPath path;
  std::string text = "x,city\n";
  for (int row = 0; row < 5'000; ++row) text += "1,Berlin\n";
  PredictRowsOptions options = with(OutputFormat::json, ErrorPolicy::report);
  options.rows_path = path.with(text);
  options.blocks.block_size = 100;
  options.thread_count = 3;
  std::size_t calls = 0;
  const auto refuse = [&calls](std::string_view, const PredictTally&) -> Result<void> {
    if (++calls < 3) return {};
    return fail(Code::unavailable, "full");
  };
  EXPECT_EQ(predict_rows(threshold_model(), options, refuse).error().message, "full");
  EXPECT_EQ(calls, 3U);
}

}  // namespace
}  // namespace ml_inference
