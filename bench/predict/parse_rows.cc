// SPDX-License-Identifier: MIT
// parse_rows MODEL ROWS: reads a file of rows into numbers as `ml-inference predict` does, on as
// many threads and through the same parser, and predicts nothing.
// parse_rows ROWS: the same of a CSV file without quotes, each cell by std::from_chars(): the
// standard library's speed. Both print one JSON line {"rows":…,"sum":…}; the sum is there so that
// no number can be left unread. Used by bench/predict/run.
#include "app/block_pipeline.h"
#include "app/row_parser.h"
#include "app/rows_file.h"
#include "formats/load_model.h"
#include "host/cgroup.h"
#include "host/cpu.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <string_view>

namespace {

using namespace ml_inference;

// Of all workers.
struct Total {
  std::mutex mutex;
  std::size_t row_count = 0;
  double sum = 0;

  void add(std::size_t rows, double more) {
    const std::lock_guard lock(mutex);
    row_count += rows;
    sum += more;
  }
};

BlockWork parse_by(const RowLayout& layout, Total& total) {
  const auto parser = std::make_shared<RowParser>(layout);
  const auto batch = std::make_shared<RowBatch>();
  return [parser, batch, &total](WorkedBlock& block) {
    parser->start(block.rows);
    while (parser->next(*batch)) {
      const auto& cells = batch->request.cells;
      total.add(batch->row_count, std::accumulate(cells.begin(), cells.end(), 0.0));
    }
  };
}

// The header's names are no numbers, and add nothing.
void sum_cells(WorkedBlock& block, Total& total) {
  const char* at = block.rows.text.data();
  const char* const end = at + block.rows.text.size();
  std::size_t rows = 0;
  double sum = 0;
  while (at < end) {
    double value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    sum += value;
    at = stop;
    while (at < end && *at != ',' && *at != '\n') ++at;
    if (at < end && *at == '\n') ++rows;
    ++at;
  }
  total.add(rows, sum);
}

Result<void> run(const std::function<Result<bool>(RowBlock&)>& read,
                 const std::function<BlockWork()>& begin_worker) {
  const BlockPipeline pipeline{.read = read,
                               .stop_reading = [] {},
                               .begin_worker = begin_worker,
                               .write = [](const WorkedBlock&) { return Result<void>(); }};
  return run_pipeline(pipeline, granted_cpu_count(find_cgroup().value_or(Cgroup())));
}

Result<void> parse(const char* model_path, const char* rows_path, Total& total) {
  ASSIGN_OR_RETURN(Model model, load_model_file(model_path));
  ASSIGN_OR_RETURN(const auto served, ServedModel::make(std::move(model), model_path));
  ASSIGN_OR_RETURN(const auto rows, RowsFile::open(rows_path, *served));
  return run([&](RowBlock& block) { return rows->next(block); },
             [&] { return parse_by(rows->layout(), total); });
}

Result<void> parse_by_from_chars(const char* rows_path, Total& total) {
  ASSIGN_OR_RETURN(auto stream, InputStream::open(rows_path));
  ASSIGN_OR_RETURN(RowBlocks blocks, RowBlocks::begin(std::move(stream), {}));
  return run([&](RowBlock& block) { return blocks.next(block); },
             [&] { return [&total](WorkedBlock& block) { sum_cells(block, total); }; });
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 2 && argument_count != 3) {
    fmt::print(stderr, "usage: parse_rows [MODEL] ROWS\n");
    return 2;
  }
  Total total;
  const Result<void> done = argument_count == 3 ? parse(arguments[1], arguments[2], total)
                                                : parse_by_from_chars(arguments[1], total);
  if (!done) {
    fmt::print(stderr, "parse_rows: {}\n", done.error().message);
    return 1;
  }
  fmt::print("{{\"rows\":{},\"sum\":{:.3f}}}\n", total.row_count, total.sum);
  return 0;
}
