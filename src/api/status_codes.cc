// SPDX-License-Identifier: MIT
#include "api/status_codes.h"

#include "base/assert.h"

namespace ml_inference {
namespace {

// Source: grpc/doc/statuscodes.md.
constexpr int kInvalidArgument = 3;
constexpr int kDeadlineExceeded = 4;
constexpr int kNotFound = 5;
constexpr int kResourceExhausted = 8;
constexpr int kUnimplemented = 12;
constexpr int kInternal = 13;
constexpr int kUnavailable = 14;
constexpr int kDataLoss = 15;
constexpr int kUnauthenticated = 16;

}  // namespace

int http_status(Code code) {
  switch (code) {
    case Code::invalid_argument: return 422;
    case Code::not_found: return 404;
    case Code::resource_exhausted: return 503;
    case Code::deadline_exceeded: return 504;
    case Code::unavailable: return 503;
    case Code::unimplemented: return 501;
    case Code::data_loss: return 500;
    case Code::internal: return 500;
  }
  ASSERT(false);
  return 500;
}

int grpc_status(Code code) {
  switch (code) {
    case Code::invalid_argument: return kInvalidArgument;
    case Code::not_found: return kNotFound;
    case Code::resource_exhausted: return kResourceExhausted;
    case Code::deadline_exceeded: return kDeadlineExceeded;
    case Code::unavailable: return kUnavailable;
    case Code::unimplemented: return kUnimplemented;
    case Code::data_loss: return kDataLoss;
    case Code::internal: return kInternal;
  }
  ASSERT(false);
  return kInternal;
}

int grpc_status(int http_status) {
  switch (http_status) {
    case 200: return 0;
    case 401: return kUnauthenticated;
    case 404: return kNotFound;
    case 408:
    case 504: return kDeadlineExceeded;
    case 413:
    case 429:
    case 431: return kResourceExhausted;
    case 405:
    case 415:
    case 501: return kUnimplemented;
    case 503: return kUnavailable;
    default: return http_status < 500 ? kInvalidArgument : kInternal;
  }
}

std::string_view http_reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
  }
  ASSERT(false);  // a status that is sent stands in this table
  return "";
}

}  // namespace ml_inference
