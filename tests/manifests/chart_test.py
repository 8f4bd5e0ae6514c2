# SPDX-License-Identifier: MIT
"""The chart renders the objects of the overlays, field by field, and refuses unknown values.

Run by tests/manifests/chart. What may differ stands in ALLOWED; a line there that no longer
differs is a failure too. Beside the overlays, production with one more component is compared with
the values of production and those of charts/ml-inference/ci/COMPONENT.yaml.
"""
import os
import pathlib
import re
import subprocess
import sys
import unittest

import yaml

import house

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "ml-inference"
HELM = os.environ.get("HELM", "helm")
# The release that we test on; without a cluster, helm would take the one that it was built for.
KUBERNETES = "v1.34.0"

# (kind or *, path of the field): why the chart says more there than the overlays.
ALLOWED = {
    ("*", "metadata.labels.app.kubernetes.io/managed-by"): "helm finds its own by it",
    ("*", "metadata.labels.helm.sh/chart"): "which version of the chart made the object",
    ("Namespace", "metadata.annotations.helm.sh/resource-policy"):
        "an uninstall must not take what others have in the namespace",
}
# The same for one component. Helm deletes what an upgrade no longer renders, also a ConfigMap whose
# name had a hash and which old pods still start from: `settings` are variables of the pod instead.
ALLOWED_WITH = {
    "configuration": {
        ("ConfigMap", "the whole ml-inference-settings-HASH"),
        ("Deployment",
         "spec.template.spec.containers.ml-inference.envFrom.0.configMapRef.name"),
    },
}


def helm(*words):
    """(exit status, standard output, standard error) of helm."""
    done = subprocess.run([HELM, *map(str, words), "--kube-version", KUBERNETES], text=True,
                          capture_output=True, cwd=ROOT)
    return done.returncode, done.stdout, done.stderr


def rendered(*values, settings=()):
    """The objects of the chart with these values, without the pods of `helm test`."""
    files = [word for name in values for word in ("-f", CHART / name)]
    status, out, error = helm("template", "ml-inference", CHART, "-n", "ml-platform",
                              "--skip-tests", *files, *settings)
    if status != 0:
        raise AssertionError(f"helm template with {values} {settings}: {error}")
    return [thing for thing in yaml.safe_load_all(out) if thing]


def by_name(things):
    """{(kind, name): object}; two of one name are a failure."""
    named = {(thing["kind"], thing["metadata"]["name"]): thing for thing in things}
    assert len(named) == len(things), "two objects of one kind and name"
    return named


def key_of(item, place):
    """How an item of a list is known: by its name where it has one, as the API merges it."""
    return item["name"] if isinstance(item, dict) and "name" in item else place


def fields(thing, path=""):
    """{path: value} of every leaf, empty lists and objects among them."""
    if isinstance(thing, dict) and thing:
        pairs = thing.items()
    elif isinstance(thing, list) and thing:
        pairs = [(key_of(item, place), item) for place, item in enumerate(thing)]
    else:
        return {path: thing}
    leaves = {}
    for key, item in pairs:
        leaves |= fields(item, f"{path}.{key}" if path else str(key))
    return leaves


def differences(ours, theirs):
    """(kind, path, in the chart, in the overlay) of every field that is not the same in both."""
    ours, theirs = by_name(ours), by_name(theirs)
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in ours or key not in theirs:
            name = re.sub("-[0-9a-z]{10}$", "-HASH", key[1])
            yield key[0], f"the whole {name}", key in ours, key in theirs
            continue
        left, right = fields(ours[key]), fields(theirs[key])
        for path in sorted(left.keys() | right.keys()):
            here, there = left.get(path, "nothing"), right.get(path, "nothing")
            if here != there or type(here) is not type(there):
                yield key[0], path, here, there


class SameObjects(unittest.TestCase):
    """One way to deploy in two notations."""

    used = set()
    maxDiff = None

    def compare(self, theirs, *values, more=frozenset()):
        strange, unused = [], set(more)
        for kind, path, here, there in differences(rendered(*values), theirs):
            allowed = {("*", path), (kind, path)} & ALLOWED.keys()
            self.used.update(allowed)
            unused.discard((kind, path))
            if not allowed and (kind, path) not in more:
                strange.append(f"{kind} {path}: chart {here!r}, overlay {there!r}")
        self.assertEqual(strange, [])
        self.assertEqual(unused, set(), "ALLOWED_WITH: these no longer differ")

    def test_as_the_overlays(self):
        for overlay in sorted(path.name for path in house.OVERLAYS.iterdir()):
            with self.subTest(overlay):
                self.compare(house.render_folder(house.OVERLAYS / overlay),
                             f"values-{overlay}.yaml")

    def test_as_production_with_each_component_that_the_chart_knows(self):
        for file in sorted((CHART / "ci").glob("*.yaml")):
            with self.subTest(file.stem):
                self.compare(house.production_with(file.stem), "values-production.yaml",
                             f"ci/{file.name}", more=ALLOWED_WITH.get(file.stem, set()))

    def test_variables_refer_only_to_those_before_them(self):
        for file in sorted((CHART / "ci").glob("*.yaml")):
            [deployment] = [thing for thing in rendered("values-production.yaml", f"ci/{file.name}")
                            if thing["kind"] == "Deployment"]
            known = set()
            for each in deployment["spec"]["template"]["spec"]["containers"][0]["env"]:
                asked = set(re.findall(r"\$\((\w+)\)", each.get("value", "")))
                self.assertLessEqual(asked, known, f"{file.stem}: {each['name']}")
                known.add(each["name"])

    @classmethod
    def tearDownClass(cls):
        unused = ALLOWED.keys() - cls.used
        assert not unused, f"ALLOWED: these no longer differ: {sorted(unused)}"


class Grpc(unittest.TestCase):
    def test_without_its_port_nothing_speaks_of_it_but_the_switch(self):
        objects = rendered("values-production.yaml", settings=("--set", "service.grpcPort=0"))
        mentions = [(path, value) for thing in objects for path, value in fields(thing).items()
                    if "grpc" in f"{path} {value}".lower() and "description" not in path
                    and thing["kind"] != "ConfigMap"]
        self.assertEqual([value for _, value in mentions], ["ML_INFERENCE_GRPC_PORT", "off"])

    def test_nobody_may_call_it_when_no_caller_is_named(self):
        objects = rendered("values-production.yaml",
                           settings=("--set-json", "networkPolicy.grpcCallers=[]"))
        policy = by_name(objects)["NetworkPolicy", "ml-inference"]
        self.assertEqual([port["port"] for rule in policy["spec"]["ingress"]
                          for port in rule["ports"]], ["http"])


class Names(unittest.TestCase):
    def test_two_releases_in_one_namespace_share_no_name_and_no_selector(self):
        selectors = set()
        for release in ("ml-inference", "blue"):
            _, out, _ = helm("template", release, CHART)
            [deployment] = [thing for thing in yaml.safe_load_all(out)
                            if thing and thing["kind"] == "Deployment"]
            selectors.add((deployment["metadata"]["name"],
                           deployment["spec"]["selector"]["matchLabels"]["app"]))
        self.assertEqual(selectors, {("ml-inference", "ml-inference"),
                                     ("blue-ml-inference", "blue-ml-inference")})

    def test_a_new_version_of_the_chart_alone_restarts_no_pod(self):
        [deployment] = [t for t in rendered() if t["kind"] == "Deployment"]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        self.assertNotIn("helm.sh/chart", labels)


# What is set, and what the refusal must say.
REFUSED = [
    ("--set replicas=many", "at '/replicas': got string, want integer"),
    ("--set replica=3", "additional properties 'replica' not allowed"),
    ("--set image.pullPolicy=Sometimes", "at '/image/pullPolicy': value must be one of"),
    ("--set image.digest=latest", "at '/image/digest': 'latest' does not match pattern"),
    ("--set runAs.user=0", "at '/runAs/user': minimum: got 0, want 1"),
    ("--set probes.liveness.path=/x", "additional properties 'path' not allowed"),
    ("--set resources.limits.gpu=1", "additional properties 'gpu' not allowed"),
    ("--set resources.limits.memory=lots", "at '/resources/limits/memory': 'lots' does not match"),
    ("--set service.port=70000", "at '/service/port': maximum: got 70,000, want 65,535"),
    ("--set settings.LOG=debug", "invalid propertyName 'LOG'"),
    ("--set settings.drain-limit=9s", "settings.drain-limit: has a value of its own, drain.limit"),
    ("--set settings.grpc-port=off",
     "settings.grpc-port: has a value of its own, service.grpcPort"),
    ("--set service.grpcPort=0,service.headless=true", "service.headless: needs service.grpcPort"),
    ("--set service.grpcPort=-1", "at '/service/grpcPort': minimum: got -1, want 0"),
    ("--set drain.limit=25s", "take 30 s, expected less than gracePeriodSeconds (30)"),
    ("--set drain.limit=soon", "at '/drain/limit': 'soon' does not match pattern"),
    ("--set autoscaling.enabled=true,autoscaling.minReplicas=30",
     "minReplicas is 30, expected at most maxReplicas (10)"),
]


class Refusals(unittest.TestCase):
    def test_each_wrong_value_is_refused_and_named(self):
        for setting, message in REFUSED:
            with self.subTest(setting):
                status, _, error = helm("template", "ml-inference", CHART, *setting.split())
                self.assertNotEqual(status, 0)
                self.assertIn(message, " ".join(error.split()))

    def test_every_object_of_the_schema_is_closed_or_says_what_else_it_takes(self):
        schema = yaml.safe_load((CHART / "values.schema.json").read_text())
        schema["properties"].pop("global")
        for path, part in objects(schema):
            if "properties" in part:
                self.assertIs(part.get("additionalProperties"), False, path)

    def test_the_table_of_the_readme_is_made_of_schema_and_values(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "tools/kube/chart_table.py", "--check"],
                              text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


def objects(schema, path=""):
    """(path, schema) of a schema and of all that are in it."""
    yield path, schema
    for word in ("properties", "$defs"):
        for key, part in schema.get(word, {}).items():
            yield from objects(part, f"{path}/{key}")
    if isinstance(schema.get("items"), dict):
        yield from objects(schema["items"], f"{path}/items")


class Form(unittest.TestCase):
    def test_helm_lint_has_nothing_to_say(self):
        for values in ("values.yaml", "values-local.yaml", "values-production.yaml"):
            status, out, error = helm("lint", "--strict", CHART, "-f", CHART / values)
            self.assertEqual(status, 0, out + error)


if __name__ == "__main__":
    unittest.main()
