// SPDX-License-Identifier: MIT
#include "server/coded_answer.h"

#include "server/accept_encoding.h"
#include "server/content_coding.h"

#include <stop_token>
#include <utility>

namespace ml_inference {
namespace {

bool is_to_be_coded(const WantedCoding& wanted, const HttpResponse& response) {
  const std::size_t size_min = wanted.refuses_identity ? 1 : kCodedSizeMin;
  return wanted.coding != ContentCoding::identity && response.content_encoding.empty() &&
         response.body.size() >= size_min;
}

void code(const WantedCoding& wanted, HttpResponse& response, BodyBudget& budget,
          const std::stop_token& stop) {
  if (!is_to_be_coded(wanted, response)) return;
  BodyShare share(budget);
  if (!share.take(response.body.size())) return;
  auto coded = deflated(response.body, wanted.coding, stop);
  if (!coded) return;
  response.body = *std::move(coded);
  response.content_encoding = name_of(wanted.coding);
}

}  // namespace

std::unique_ptr<Work> handle_coded(HttpHandler& handler, const HttpRequest& request,
                                   HttpResponse& response, BodyBudget& budget) {
  auto work = handler.handle(request, response);
  if (request.accept_encoding.empty()) return work;
  const WantedCoding wanted = negotiate_coding(request.accept_encoding);
  if (work != nullptr) {
    work->finish = [wanted, &response, &budget](const std::stop_token& stop) {
      code(wanted, response, budget, stop);
    };
    return work;
  }
  if (!is_to_be_coded(wanted, response)) return nullptr;
  if (response.body.size() <= kCodedInlineSizeMax || handler.is_vital(request)) {
    code(wanted, response, budget, {});
    return nullptr;
  }
  return make_work([wanted, &response, &budget](const WorkPlace& place) {
    code(wanted, response, budget, place.stop);
  });
}

}  // namespace ml_inference
