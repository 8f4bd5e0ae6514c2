# SPDX-License-Identifier: MIT
"""Panels and rules ask only for what is there: each metric and label of a query is in a scrape of
the program itself, is recorded by a rule of ours, or comes from a named program of others."""
import json
import re
import subprocess
import sys
import unittest

import promql_parser as promql

import program
import rules

# What a scrape adds to each series (PodMonitor), and what Prometheus makes itself.
ADDED = {"job", "namespace", "pod", "container"}
ITSELF = {"up": set(), "ALERTS": {"alertname", "alertstate"}}

# What others export, by kube-state-metrics 2.15: {metric: labels that we use}.
OUTSIDE = {
    "kube_pod_container_status_restarts_total": set(),
    "kube_pod_container_status_last_terminated_reason": {"reason"},
    "kube_resourcequota": {"resourcequota", "resource", "type"},
    "kube_horizontalpodautoscaler_status_current_replicas": set(),
    "kube_horizontalpodautoscaler_status_desired_replicas": set(),
    "kube_horizontalpodautoscaler_spec_max_replicas": set(),
}

# Metrics that are about to come, each with its labels.
EXPECTED_SOON = {
    "settings_reloads_total": {"file", "result"}, "model_load_failures_total": set(),
    "model_info": {"digest"},
}


def children(node):
    """The parts of an expression that are expressions."""
    for name in ("expr", "param", "lhs", "rhs", "vector_selector"):
        part = getattr(node, name, None)
        if isinstance(part, promql.Expr):
            yield part
    yield from getattr(node, "args", None) or ()


def selectors(node):
    """[(metric, {labels matched})] of an expression."""
    found = [pair for child in children(node) for pair in selectors(child)]
    if isinstance(node, promql.VectorSelector):
        found.append((node.name, {matcher.name for matcher in node.matchers.matchers}))
    return found


def grouping(query):
    """The labels that a query groups or joins by: they must be those of some metric in it."""
    lists = re.findall(r"\b(?:by|on|ignoring|group_left|without) ?\(([^)]*)\)", query)
    return {label.strip() for names in lists for label in names.split(",") if label.strip()}


def panel_queries():
    """[(title, query)] with Grafana's variables put in."""
    values = {"$__rate_interval": "1m", "$namespace": "ml-platform", "$pod": ".+"}
    queries = []
    for panel in rules.panels():
        for target in panel["targets"]:
            query = target["expr"]
            for name, value in values.items():
                query = query.replace(name, value)
            queries.append((panel["title"], query))
    return queries


def adapter_queries():
    """What prometheus-adapter asks for by our rule, with its templates put in."""
    values = {"<<.LabelMatchers>>": 'namespace="ml-platform",pod=~"a|b"', "<<.GroupBy>>": "pod"}
    for rule in rules.adapter_rules():
        series = rule["seriesQuery"]
        query = rule["metricsQuery"].replace("<<.Series>>", series.split("{")[0])
        for name, value in values.items():
            query = query.replace(name, value)
        yield from ((rule["name"]["as"], text) for text in (series, query))


def queries():
    ruled = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules.rules()]
    return panel_queries() + list(adapter_queries()) + ruled


def scraped():
    """{metric: labels} of the program after predictions, faults and a settings file."""
    with program.ready_program() as served:
        served.predict(program.ROW)
        served.predict(["no", "number"])
        served.get("/nowhere")
        samples = program.parse_metrics(served.get("/metrics").body)
    found = {}
    for sample in samples:
        name, _, labels = sample.partition("{")
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def documented():
    """The metrics of the container that the kernel of this machine may not tell."""
    text = (rules.ROOT / "docs" / "operations.md").read_text()
    return {name: set() for name in re.findall(r"^\| `(container_\w+)` \|", text, re.MULTILINE)}


def recorded():
    """{metric: labels} of our recording rules; the part before the first colon names the labels."""
    names = [rule["record"] for rule in rules.rules() if "record" in rule]
    return {name: set(re.findall("namespace|pod|resourcequota|resource", name.split(":")[0]))
            for name in names}


class Queries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.known = {**OUTSIDE, **ITSELF, **documented(), **recorded()}
        for source in (scraped(), EXPECTED_SOON):
            for name, labels in source.items():
                cls.known[name] = cls.known.get(name, set()) | labels

    def faults(self, query):
        used = selectors(promql.parse(query))
        for metric, labels in used:
            if metric not in self.known:
                yield f"nobody exports {metric}"
            elif missing := labels - self.known[metric] - ADDED:
                yield f"{metric} has no label {sorted(missing)}"
        there = ADDED.union(*(self.known.get(metric, set()) for metric, _ in used))
        if missing := grouping(query) - there:
            yield f"no metric of the query has {sorted(missing)}"

    def test_ask_only_for_metrics_and_labels_that_are_there(self):
        for where, query in queries():
            self.assertEqual(list(self.faults(query)), [], f"{where}: {query}")

    def test_a_wrong_metric_or_label_would_be_noticed(self):
        for query in ("rate(http_request_total[1m])", 'http_requests_total{code="200"}',
                      "sum by (version) (model_ready)"):
            self.assertNotEqual(list(self.faults(query)), [], query)

    def test_use_every_recording_rule(self):
        used = {metric for _, query in queries() for metric, _ in selectors(promql.parse(query))}
        self.assertEqual(set(recorded()) - used, set())


class Dashboard(unittest.TestCase):
    def test_is_what_tools_dashboard_writes(self):
        printed = subprocess.run([sys.executable, "-B", rules.ROOT / "tools/dashboard.py",
                                  "--print"], stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(json.loads(printed), rules.dashboard(), "run tools/dashboard.py")

    def test_each_panel_asks_a_question_and_explains_the_answer(self):
        for panel in rules.dashboard()["panels"]:
            self.assertRegex(panel["title"], r"^[A-Z].*\?$")
        for panel in rules.panels():
            self.assertNotEqual(panel["description"], "", panel["title"])
            self.assertNotEqual(panel["targets"], [], panel["title"])

    def test_no_two_panels_overlap(self):
        taken = set()
        for panel in rules.dashboard()["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertEqual(cells & taken, set(), panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells


if __name__ == "__main__":
    unittest.main()
