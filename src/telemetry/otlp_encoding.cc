// SPDX-License-Identifier: MIT
#include "telemetry/otlp_encoding.h"

#include "base/utf8.h"
#include "telemetry/otlp.pb.h"

#include <chrono>

namespace ml_inference {
namespace {

// Bits of Span.flags: the low byte is that of `traceparent`.
constexpr std::uint32_t kSampledFlag = 0x1;
constexpr std::uint32_t kKnowsWhetherRemote = 0x100;
constexpr std::uint32_t kIsRemote = 0x200;

constexpr char kScopeName[] = "ml-inference";

std::string id_bytes(std::uint64_t id) {
  std::string bytes(8, '\0');
  for (std::size_t i = 8; i-- > 0; id >>= 8) bytes[i] = static_cast<char>(id & 0xFF);
  return bytes;
}

std::string id_bytes(const TraceId& id) { return id_bytes(id.high) + id_bytes(id.low); }

std::uint64_t unix_nanoseconds(SpanPhase::Time time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

std::string as_utf8(std::string_view text) {
  std::string good(text);
  for (std::size_t i = 0; i < good.size();) {
    const std::size_t size = utf8_sequence_size(std::string_view(good).substr(i));
    if (size == 0) good[i] = '?';
    i += size == 0 ? 1 : size;
  }
  return good;
}

std::uint64_t new_span_id(std::mt19937_64& ids) {
  std::uint64_t id = 0;
  while (id == 0) id = ids();
  return id;
}

void add_attribute(const SpanAttribute& attribute, otlp::Span& out) {
  otlp::KeyValue& added = *out.add_attributes();
  added.set_key(std::string(attribute.key));
  if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    added.mutable_value()->set_string_value(as_utf8(*text));
  } else {
    added.mutable_value()->set_int_value(std::get<std::int64_t>(attribute.value));
  }
}

void add_request(const Span& span, otlp::ScopeSpans& scope) {
  otlp::Span& out = *scope.add_spans();
  out.set_trace_id(id_bytes(span.context.trace_id));
  out.set_span_id(id_bytes(span.context.span_id));
  out.set_flags(kSampledFlag | kKnowsWhetherRemote);
  if (span.parent_span_id != 0) {
    out.set_parent_span_id(id_bytes(span.parent_span_id));
    out.set_flags(out.flags() | kIsRemote);
  }
  if (!span.trace_state.empty()) out.set_trace_state(span.trace_state);
  out.set_name(as_utf8(span.name));
  out.set_kind(otlp::Span::SPAN_KIND_SERVER);
  out.set_start_time_unix_nano(unix_nanoseconds(span.begin));
  out.set_end_time_unix_nano(unix_nanoseconds(span.end));
  for (const SpanAttribute& attribute : span.attributes) add_attribute(attribute, out);
  if (!span.failed) return;
  out.mutable_status()->set_code(otlp::Status::STATUS_CODE_ERROR);
  if (!span.failure_reason.empty()) {
    out.mutable_status()->set_message(as_utf8(span.failure_reason));
  }
}

void add_phase(const Span& span, const SpanPhase& phase, std::mt19937_64& ids,
               otlp::ScopeSpans& scope) {
  otlp::Span& out = *scope.add_spans();
  out.set_trace_id(id_bytes(span.context.trace_id));
  out.set_span_id(id_bytes(new_span_id(ids)));
  out.set_parent_span_id(id_bytes(span.context.span_id));
  out.set_flags(kSampledFlag | kKnowsWhetherRemote);
  if (!span.trace_state.empty()) out.set_trace_state(span.trace_state);
  out.set_name(std::string(phase.name));
  out.set_kind(otlp::Span::SPAN_KIND_INTERNAL);
  out.set_start_time_unix_nano(unix_nanoseconds(phase.begin));
  out.set_end_time_unix_nano(unix_nanoseconds(phase.end));
}

}  // namespace

std::string otlp_request_body(const ResourceAttributes& resource, std::string_view scope_version,
                              std::span<const Span> spans, std::mt19937_64& ids) {
  otlp::ExportTraceServiceRequest request;
  otlp::ResourceSpans& group = *request.add_resource_spans();
  for (const auto& [key, value] : resource) {
    otlp::KeyValue& added = *group.mutable_resource()->add_attributes();
    added.set_key(key);
    added.mutable_value()->set_string_value(value);
  }
  otlp::ScopeSpans& scope = *group.add_scope_spans();
  scope.mutable_scope()->set_name(kScopeName);
  scope.mutable_scope()->set_version(std::string(scope_version));
  for (const Span& span : spans) {
    add_request(span, scope);
    for (std::size_t i = 0; i < span.phase_count; ++i) {
      add_phase(span, span.phases[i], ids, scope);
    }
  }
  return request.SerializeAsString();
}

std::optional<OtlpAnswer> read_otlp_answer(std::string_view body) {
  otlp::ExportTraceServiceResponse answer;
  if (!answer.ParseFromArray(body.data(), static_cast<int>(body.size()))) return std::nullopt;
  const otlp::ExportTracePartialSuccess& partial = answer.partial_success();
  if (partial.rejected_spans() < 0) return std::nullopt;  // who knows how many were taken
  return OtlpAnswer{.rejected_count = static_cast<std::uint64_t>(partial.rejected_spans()),
                    .message = partial.error_message()};
}

}  // namespace ml_inference
