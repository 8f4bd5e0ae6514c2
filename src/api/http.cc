// SPDX-License-Identifier: MIT
#include "api/http.h"

namespace ml_inference {

void HttpResponse::clear() {
  status = 200;
  content_type = "application/json";
  allow = {};
  authenticate = {};
  content_encoding = {};
  names_codings = false;
  fields = {};
  retry_later = false;
  request_id.clear();
  body.clear();
  if (body.capacity() > kKeptBodySize) body.shrink_to_fit();
  json_size = 0;
  grpc_status.reset();
  grpc_message.clear();
  route = 0;
  prediction_count = 0;
  outcome.clear();
  trace = {};
}

}  // namespace ml_inference
