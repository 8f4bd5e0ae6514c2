// SPDX-License-Identifier: MIT
#include "app/host_metrics.h"

#include "host/process.h"

#include <optional>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

template <class Value>
void gauge(FamilySink& sink, const char* name, const char* help, std::optional<Value> value) {
  if (value) sink.gauge(name, help, static_cast<double>(*value));
}

template <class Value>
void counter(FamilySink& sink, const char* name, const char* help, std::optional<Value> value) {
  if (value) sink.counter(name, help, static_cast<double>(*value));
}

// The names and meanings that Prometheus's client libraries share.
void collect_process(FamilySink& sink) {
  const ProcessFacts facts = read_process_facts();
  sink.counter("process_cpu_seconds_total", "User and system CPU time spent, in seconds.",
               facts.cpu_seconds);
  gauge(sink, "process_resident_memory_bytes", "Memory of the process that is in RAM.",
        facts.resident_memory_bytes);
  gauge(sink, "process_virtual_memory_bytes", "Address space of the process.",
        facts.virtual_memory_bytes);
  gauge(sink, "process_open_fds", "Open file descriptors.", facts.open_fd_count);
  gauge(sink, "process_max_fds", "Most file descriptors that may be open.", facts.max_fd_count);
  gauge(sink, "process_start_time_seconds", "Start of the process, in seconds of Unix time.",
        facts.start_time_seconds);
  gauge(sink, "process_threads", "Threads of the process.", facts.thread_count);
}

void collect_cpu(FamilySink& sink, const CgroupFacts& facts) {
  if (facts.cpu_quota) {
    sink.gauge("container_cpu_quota_cores",
               "CPU limit in cores, the least of the container's and its parents'.",
               facts.cpu_quota->cores());
  }
  if (!facts.cpu_throttling) return;
  sink.counter("container_cpu_periods_total", "Enforcement periods of the CPU quota that passed.",
               static_cast<double>(facts.cpu_throttling->period_count));
  sink.counter("container_cpu_throttled_periods_total",
               "Enforcement periods in which the quota was used up and threads stood still.",
               static_cast<double>(facts.cpu_throttling->throttled_period_count));
  sink.counter("container_cpu_throttled_seconds_total",
               "Time for which the quota made CPUs stand still, summed over CPUs.",
               facts.cpu_throttling->throttled_seconds);
}

void collect_memory(FamilySink& sink, const CgroupFacts& facts) {
  gauge(sink, "container_memory_limit_bytes",
        "Memory limit, the least of the container's and its parents'.", facts.memory_limit_bytes);
  gauge(sink, "container_memory_usage_bytes", "Memory charged to the container, page cache too.",
        facts.memory_usage_bytes);
  gauge(sink, "container_memory_working_set_bytes",
        "Memory usage without inactive file pages: what counts against the limit.",
        facts.memory_working_set_bytes);
  gauge(sink, "container_memory_peak_bytes", "Highest memory usage so far.",
        facts.memory_peak_bytes);
  counter(sink, "container_oom_kills_total",
          "Processes of the container killed for lack of memory.", facts.oom_kill_count);
}

void collect_pids(FamilySink& sink, const CgroupFacts& facts) {
  gauge(sink, "container_pids", "Processes and threads of the container.", facts.pids_current);
  gauge(sink, "container_pids_limit", "Most processes and threads the container may have.",
        facts.pids_limit);
}

// One pair of counters a resource, named as the kubelet's cAdvisor names them.
void collect_pressure(FamilySink& sink, const std::string& resource,
                      const std::optional<Pressure>& pressure) {
  if (!pressure) return;
  const std::string prefix = "container_pressure_" + resource;
  sink.counter(prefix + "_waiting_seconds_total",
               "Time in which at least one task waited for " + resource + ".",
               pressure->some_seconds);
  sink.counter(prefix + "_stalled_seconds_total",
               "Time in which all tasks waited for " + resource + ".", pressure->full_seconds);
}

}  // namespace

void register_host_metrics(Metrics& metrics, Cgroup cgroup) {
  metrics.add_collector(collect_process);
  metrics.add_collector([cgroup = std::move(cgroup)](FamilySink& sink) {
    const CgroupFacts facts = cgroup.read();
    collect_cpu(sink, facts);
    collect_memory(sink, facts);
    collect_pids(sink, facts);
    collect_pressure(sink, "cpu", facts.cpu_pressure);
    collect_pressure(sink, "memory", facts.memory_pressure);
    collect_pressure(sink, "io", facts.io_pressure);
  });
}

}  // namespace ml_inference
