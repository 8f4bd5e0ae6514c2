// SPDX-License-Identifier: MIT
// A handler whose answers tests know, and whose work they can hold.
#pragma once

#include "api/http.h"
#include "server/server_options.h"

#include <cstddef>
#include <future>
#include <latch>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace ml_inference::testing {

inline constexpr std::size_t kBudgetSize = ServerOptions().body_budget_bytes;

/// Lets a test hold work under way, and see it begin.
struct Gate {
  std::promise<void> begun;
  std::promise<void> opened;
  std::latch joined{3};  ///< requests that are done together have come
};

/// Says how many were done together.
class JoinedWork final : public Work {
 public:
  JoinedWork(HttpResponse& response, std::shared_ptr<WorkKind> kind) : response_(response) {
    terms.kind = std::move(kind);
    terms.step_count = 1;
    terms.may_join = true;
  }
  void run(const WorkPlace&) override { answer(1); }
  void run_with(std::span<Work* const> others) override {
    answer(1 + others.size());
    for (Work* const other : others) static_cast<JoinedWork*>(other)->answer(1 + others.size());
  }

 private:
  void answer(std::size_t count) { response_.body = "one of " + std::to_string(count); }

  HttpResponse& response_;
};

/// Answers with the method, the target and the body. "/joins" is done with others. "/work" is done
/// by a worker, "/together" by
/// two at a time, and "/gate" by one once the gate is open. "/huge-work" needs more memory than
/// there is, "/large-work" has an answer larger than the budget. "/endless" ends when it is asked
/// to stop.
class StubHandler final : public HttpHandler {
 public:
  StubHandler(Gate& gate, std::shared_ptr<WorkKind> kind) : gate_(gate), kind_(std::move(kind)) {}

  std::unique_ptr<Work> handle(const HttpRequest& request, HttpResponse& response) override {
    if (request.target == "/large") response.body.assign(8 << 20, 'x');
    const auto fill = [&request, &response] {
      for (const std::string_view part : {request.method, request.target, request.body}) {
        response.body.append(part).append(" ");
      }
    };
    const auto work = [fill](const WorkPlace&) { fill(); };
    const auto meet = [fill](const WorkPlace& place) {
      std::latch both_there(2);
      const auto arrive = [&both_there] { return both_there.arrive_and_wait(), false; };
      place.workers->do_together(arrive, [&] { return arrive; }, 1);
      fill();
    };
    const auto gated = [this, fill](const WorkPlace&) {
      gate_.begun.set_value();
      gate_.opened.get_future().wait();
      fill();
    };
    if (request.target == "/work") return make_work(work);
    if (request.target == "/huge-work") return make_work(work, kBudgetSize + 1);
    if (request.target == "/large-work") {
      return make_work(
          [&response](const WorkPlace&) { response.body.assign(kBudgetSize + 1, 'x'); });
    }
    if (request.target == "/gate") return make_work(gated, kBudgetSize);
    if (request.target == "/together") return make_work(meet);
    if (request.target == "/joins") {
      gate_.joined.count_down();
      return std::make_unique<JoinedWork>(response, kind_);
    }
    if (request.target == "/endless") {
      return make_work([this](const WorkPlace& place) {
        gate_.begun.set_value();
        std::promise<void> stopped;
        const std::stop_callback on_stop(place.stop, [&stopped] { stopped.set_value(); });
        stopped.get_future().wait();
        gate_.opened.set_value();
      });
    }
    if (request.target != "/large") fill();
    return nullptr;
  }

  void refuse(const HttpRequest&, int status, std::string_view detail,
              HttpResponse& response) override {
    response.status = status;
    response.retry_later = status == 503;
    response.body = detail;
  }

  void finished(const HttpRequest&, const HttpResponse&, std::chrono::nanoseconds) override {}

  bool is_vital(const HttpRequest& request) const override { return request.target == "/health"; }

 private:
  Gate& gate_;
  std::shared_ptr<WorkKind> kind_;
};

}  // namespace ml_inference::testing
