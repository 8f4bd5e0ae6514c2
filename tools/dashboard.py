#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the Grafana dashboard of the component `monitoring`: a panel for each question that an
operator asks. The table PANELS below is the source; the JSON is what Grafana reads.

Usage: tools/dashboard.py           write it
       tools/dashboard.py --print   print it instead
"""
import json
import pathlib
import sys

TARGET = pathlib.Path(__file__).resolve().parents[1] / "k8s/components/monitoring/dashboard.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
OURS = 'job="ml-inference", namespace="$namespace"'
PODS = OURS + ', pod=~"$pod"'
STATE = 'namespace="$namespace"'

# Rows of questions: (question, what the answer tells, unit, kind of panel, {legend: query}).
PANELS = {
    "Are its users served?": [
        ("Is anything wrong now?", "The alerts that fire; each has a section in docs/runbooks.md.",
         "short", "table",
         {"": 'ALERTS{alertname=~"MlInference.+", alertstate="firing"}'}),
        ("How many predictions are asked for?", "Requests a second, by the answer's status.",
         "reqps", "timeseries",
         {"{{status}}": f'sum by (status) (rate(http_requests_total{{{OURS}, route="/predict"}}'
                        "[$__rate_interval]))"}),
        ("What share of them fails?", "5xx only: 4xx are the client's. The objective is 0.1 %.",
         "percentunit", "timeseries",
         {"5 minutes": f"namespace:predict_requests_failed:ratio_rate5m{{{STATE}}}",
          "1 hour": f"namespace:predict_requests_failed:ratio_rate1h{{{STATE}}}"}),
        ("How long does a prediction take?", "In the server, from the whole request to the whole "
         "answer. The objective is 25 ms for 99 %.", "s", "timeseries",
         {f"p{100 * share:g}": f"histogram_quantile({share}, sum by (le) (rate("
                               f"prediction_latency_seconds_bucket{{{OURS}}}[$__rate_interval])))"
          for share in (0.5, 0.9, 0.99, 0.999)}),
        ("How fast is the month's budget used?", "1 is as fast as it may; 14.4 for an hour or 6 "
         "for six hours is an emergency.", "short", "timeseries",
         {"failures, 1 hour": f"namespace:predict_requests_failed:ratio_rate1h{{{STATE}}} / 0.001",
          "failures, 6 hours":
              f"namespace:predict_requests_failed:ratio_rate6h{{{STATE}}} / 0.001",
          "slowness, 1 hour": f"namespace:predictions_slow:ratio_rate1h{{{STATE}}} / 0.01",
          "slowness, 6 hours": f"namespace:predictions_slow:ratio_rate6h{{{STATE}}} / 0.01"}),
        ("Are requests turned away?", "503 or a closed connection, because a pod was full.",
         "reqps", "timeseries",
         {"{{reason}}": f"sum by (reason) (rate(http_overload_total{{{OURS}}}"
                        "[$__rate_interval]))"}),
    ],
    "Is each pod well?": [
        ("Which pods can predict?", "1: the model is loaded and has answered its warm-up row.",
         "short", "timeseries", {"{{pod}}": f"model_ready{{{PODS}}}"}),
        ("Which model does each pod serve?", "The digest is the same where the model is.",
         "short", "table", {"": f"model_info{{{PODS}}}"}),
        ("Do the pods share the work evenly?", "Kept-alive connections stay with their pod.",
         "reqps", "timeseries", {"{{pod}}": f"namespace_pod:predict_requests:rate1m{{{STATE}, "
                                            'pod=~"$pod"}'}),
        ("How many clients are connected?", "A pod takes 1024 (--max-connections).",
         "short", "timeseries", {"{{pod}}": f"http_connections{{{PODS}}}"}),
        ("Have containers restarted, and why?", "From kube-state-metrics.", "short", "timeseries",
         {"{{pod}}": f"kube_pod_container_status_restarts_total{{{STATE}, "
                     'container="ml-inference"}',
          "{{pod}} {{reason}}": f"kube_pod_container_status_last_terminated_reason{{{STATE}, "
                                'container="ml-inference"}'}),
        ("How old are the pods?", "Since the process started.", "s", "timeseries",
         {"{{pod}}": f"time() - process_start_time_seconds{{{PODS}}}"}),
    ],
    "What does it take, and what is left?": [
        ("How much CPU is used, of how much?", "Cores, and the limit.", "short", "timeseries",
         {"{{pod}}": f"rate(process_cpu_seconds_total{{{PODS}}}[$__rate_interval])",
          "limit": f"max(container_cpu_quota_cores{{{PODS}}})"}),
        ("Does the limit make it stand still?", "Share of the 100 ms periods with the quota used "
         "up; over a quarter is an alert.", "percentunit", "timeseries",
         {"{{pod}}": f"namespace_pod:cpu_periods_throttled:ratio_rate5m{{{STATE}, "
                     'pod=~"$pod"}'}),
        ("How near is memory to its limit?", "At the limit the kernel kills.", "bytes",
         "timeseries",
         {"{{pod}}": f"container_memory_working_set_bytes{{{PODS}}}",
          "{{pod}} peak": f"container_memory_peak_bytes{{{PODS}}}",
          "limit": f"max(container_memory_limit_bytes{{{PODS}}})"}),
        ("Do tasks wait for CPU, memory or disk?", "Share of time in which at least one waits.",
         "percentunit", "timeseries",
         {what: f"max(rate(container_pressure_{what}_waiting_seconds_total{{{PODS}}}"
                "[$__rate_interval]))" for what in ("cpu", "memory", "io")}),
        ("How much of the quota is left for more pods?", "A rollout needs room for one more.",
         "percentunit", "timeseries",
         {"{{resource}} used": f"namespace_resourcequota_resource:quota_used:ratio{{{STATE}}}"}),
        ("Does the autoscaler still have room?", "Replicas now, wanted, and the most there may be.",
         "short", "timeseries",
         {what: f"kube_horizontalpodautoscaler_{metric}{{{STATE}}}" for what, metric in (
             ("now", "status_current_replicas"), ("wanted", "status_desired_replicas"),
             ("most", "spec_max_replicas"))}),
    ],
    "Is what it tells whole?": [
        ("Are log lines lost?", "Sampled out is wished for, dropped is not.", "short", "timeseries",
         {what: f"sum(rate(log_lines_{what}_total{{{PODS}}}[$__rate_interval]))"
          for what in ("written", "sampled_out", "dropped")}),
        ("Are spans lost?", "Exported to the collector, and dropped by reason.", "short",
         "timeseries",
         {"exported": f"sum(rate(trace_spans_exported_total{{{PODS}}}[$__rate_interval]))",
          "dropped: {{reason}}": f"sum by (reason) (rate(trace_spans_dropped_total{{{PODS}}}"
                                 "[$__rate_interval]))"}),
        ("Were new settings taken?", "Files read again, and with which result.", "short",
         "timeseries",
         {"{{pod}} {{file}} {{result}}": f"settings_reloads_total{{{PODS}}}"}),
        ("Are all pods scraped?", "0: the pod exists and does not answer.", "short", "timeseries",
         {"{{pod}}": f"up{{{PODS}}}"}),
    ],
}
COLUMNS, WIDTH, HEIGHT = 3, 8, 8


def target(index, legend, query, kind):
    asked = {"refId": chr(ord("A") + index), "datasource": SOURCE, "expr": query}
    if kind == "table":
        return asked | {"format": "table", "instant": True}
    return asked | {"legendFormat": legend}


def panel(question, description, unit, kind, queries):
    return {"type": kind, "title": question, "description": description, "datasource": SOURCE,
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "targets": [target(index, legend, query, kind)
                        for index, (legend, query) in enumerate(queries.items())]}


def panels():
    """Every row and panel at its place, numbered."""
    placed, top = [], 0
    for title, questions in PANELS.items():
        placed.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": top, "w": COLUMNS * WIDTH, "h": 1}})
        for index, question in enumerate(questions):
            placed.append(panel(*question) | {"gridPos": {
                "x": index % COLUMNS * WIDTH, "y": top + 1 + index // COLUMNS * HEIGHT,
                "w": WIDTH, "h": HEIGHT}})
        top += 1 + -(-len(questions) // COLUMNS) * HEIGHT
    return [{"id": number} | what for number, what in enumerate(placed, 1)]


def choice(name, label, query, **more):
    return {"name": name, "label": label, "type": "query", "datasource": SOURCE, "query": query,
            "refresh": 2, "sort": 1, **more}


def dashboard():
    return {
        "uid": "ml-inference", "title": "ml-inference", "tags": ["ml-inference"],
        "schemaVersion": 39, "editable": False, "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"}, "timezone": "utc",
        "templating": {"list": [
            {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
            choice("namespace", "Namespace",
                   'label_values(up{job="ml-inference"}, namespace)'),
            choice("pod", "Pod", f"label_values(up{{{OURS}}}, pod)", includeAll=True, multi=True,
                   allValue=".+")]},
        "panels": panels()}


def main():
    text = json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(text)
    else:
        TARGET.write_text(text)


if __name__ == "__main__":
    main()
