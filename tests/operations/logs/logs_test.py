# SPDX-License-Identifier: MIT
"""The log of the real program goes into a real Elasticsearch, and a request is found there."""
import datetime
import json
import pathlib
import tempfile
import time
import unittest

import yaml

import elasticsearch
import program
import rules
import shipper

LOGGING = rules.ROOT / "k8s" / "components" / "logging"
CONFIGURATION = yaml.safe_load((LOGGING / "fluent-bit.yaml").read_text())
TEMPLATE = json.loads((LOGGING / "index-template.json").read_text())
POLICY = json.loads((LOGGING / "lifecycle-policy.json").read_text())
REQUEST_ID = "order-4711"
POD = "ml-inference-7d9c5b8f6d-abcde"


def container_log(folder, name, lines):
    """A file as the container runtime writes it; the longest line is cut in two parts."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    framed = []
    for line in lines:
        half = len(line) // 2 if line == max(lines, key=len) else 0
        framed += [f"{now} stdout P {line[:half]}"] * (half > 0)
        framed.append(f"{now} stdout F {line[half:]}")
    path = pathlib.Path(folder) / f"{name}-{'0' * 64}.log"
    path.write_text("\n".join(framed) + "\n")


def lines_of_a_run():
    """The log of a program that answered one good and one bad request, and traced both."""
    with program.ready_program("--otlp-endpoint", "http://127.0.0.1:1") as served:
        served.predict(program.ROW, [f"X-Request-ID: {REQUEST_ID}"])
        served.predict(["no", "number"])
        served.wait_for(lambda line: line.get("status") == 422)
        return [json.dumps(line) for line in served.lines]


def types(properties, prefix=""):
    """{field: type} of a mapping."""
    found = {}
    for name, what in properties.items():
        found |= types(what["properties"], f"{prefix}{name}.") if "properties" in what else \
            {prefix + name: what["type"]}
    return found


class Shipped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lines = lines_of_a_run()
        cls.elastic = cls.enterClassContext(elasticsearch.Elasticsearch())
        ask = cls.elastic.ask
        ask("PUT", "/_ilm/policy/ml-inference", POLICY)
        # The older form of templates, which is what this release knows.
        inner = TEMPLATE["template"]
        ask("PUT", "/_template/ml-inference",
            {"index_patterns": TEMPLATE["index_patterns"], "settings": inner["settings"],
             "mappings": {"_doc": inner["mappings"]}})
        with tempfile.TemporaryDirectory() as folder:
            container_log(folder, f"{POD}_ml-platform_ml-inference",
                          [*cls.lines, "a line that is no JSON"])
            container_log(folder, "stranger_default_stranger", ["not ours"])
            body = shipper.Shipper(CONFIGURATION).bulk(folder, document_type="_doc")
        for _ in range(2):  # a shipper that was not sure sends again
            answer = ask("POST", "/_bulk?refresh=true", body, "application/x-ndjson")
            assert not answer["errors"], answer
        cls.index = next(iter(ask("GET", "/ml-inference-*")))

    def search(self, query):
        found = self.elastic.ask("POST", "/ml-inference-*/_search", {"query": query, "size": 100})
        return [hit["_source"] for hit in found["hits"]["hits"]]

    def test_a_request_is_found_by_the_id_that_its_client_knows(self):
        [line] = self.search({"term": {"request_id": REQUEST_ID}})
        self.assertEqual((line["message"], line["status"], line["route"]),
                         ("Prediction successful: setosa", 200, "/predict"))
        self.assertEqual(line["kubernetes"]["pod_name"], POD)
        self.assertEqual(self.search({"term": {"trace_id": line["trace_id"]}}), [line])
        self.assertEqual(line["@timestamp"][:26], line["timestamp"][:26])

    def test_failures_are_found_by_their_level_and_by_a_range_of_their_status(self):
        by_level = self.search({"term": {"level": "WARNING"}})
        by_status = self.search({"range": {"status": {"gte": 400}}})
        self.assertEqual([line["status"] for line in by_level], [422])
        self.assertEqual(by_level, by_status)

    def test_each_line_is_there_once_and_no_line_of_others(self):
        self.assertEqual(len(self.search({"match_all": {}})), len(self.lines) + 1)
        [other] = self.search({"match": {"log": "JSON"}})
        self.assertEqual(other["log"], "a line that is no JSON")

    def test_each_field_has_the_type_of_the_template(self):
        mapping = self.elastic.ask("GET", f"/{self.index}/_mapping")[self.index]["mappings"]
        self.assertEqual(types(mapping["_doc"]["properties"]),
                         types(TEMPLATE["template"]["mappings"]["properties"]))

    def test_each_key_of_the_log_has_a_type(self):
        keys = {key for line in self.lines for key in json.loads(line)}
        self.assertEqual(keys - set(TEMPLATE["template"]["mappings"]["properties"]), set())

    def test_the_index_is_one_a_day_and_under_the_policy(self):
        day = datetime.datetime.now(datetime.timezone.utc).strftime("%Y.%m.")
        self.assertTrue(self.index.startswith(f"ml-inference-{day}"), self.index)
        deadline = time.monotonic() + program.PATIENCE_S
        while True:  # the policy takes hold at its next poll
            state = self.elastic.ask("GET", f"/{self.index}/_ilm/explain")["indices"][self.index]
            if state.get("phase") or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        self.assertEqual((state["managed"], state["policy"], state.get("phase")),
                         (True, "ml-inference", "hot"))


class Kibana(unittest.TestCase):
    def test_the_saved_search_shows_fields_that_the_template_has(self):
        view, search = map(json.loads, (LOGGING / "kibana.ndjson").read_text().splitlines())
        fields = types(TEMPLATE["template"]["mappings"]["properties"])
        self.assertIn(view["attributes"]["title"], TEMPLATE["index_patterns"])
        self.assertIn(view["attributes"]["timeFieldName"], fields)
        self.assertEqual(set(search["attributes"]["columns"]) - set(fields), set())
        [reference] = search["references"]
        self.assertEqual((reference["id"], reference["type"]), (view["id"], view["type"]))
        source = json.loads(search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        self.assertEqual(source["indexRefName"], reference["name"])


if __name__ == "__main__":
    unittest.main()
