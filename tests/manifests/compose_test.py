# SPDX-License-Identifier: MIT
"""What compositions of the house of manifests promise: every component alone, every pair that does
not exclude itself, in every order that their READMEs allow, and the overlays.

Run by tests/manifests/run. Needs kubectl or kustomize; without them tests/manifests/judges, which
builds one, runs it.
"""
import copy
import itertools
import os
import re
import sys
import unittest

import yaml

import house
import pod_security
from policy_test import quantity

# Objects that belong to no namespace.
CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "ClusterServingRuntime",
                "GatewayClass", "StorageClass", "PriorityClass", "PersistentVolume"}
LABELS = {f"app.kubernetes.io/{name}" for name in ("name", "instance", "component", "part-of")}


def faults(objects):
    """What is wrong in a composition, one sentence each."""
    keys = [house.key(each) for each in objects]
    for twice in {each for each in keys if keys.count(each) > 1}:
        yield f"{twice} exists twice"
    for thing in objects:
        metadata = thing["metadata"]
        if thing["kind"] not in CLUSTER_WIDE and metadata.get("namespace") != "ml-platform":
            yield f"{house.label(thing)} is not in the namespace ml-platform"
        for missing in sorted(LABELS - set(metadata.get("labels", {}))):
            yield f"{house.label(thing)} lacks the label {missing}"
    for owner, template in house.pod_templates(objects):
        yield from pod_faults(house.label(owner), template, limits_of(objects))
    yield from service_faults(objects)
    yield from quota_faults(objects)


def limits_of(objects):
    [limit_range] = [each for each in objects if each["kind"] == "LimitRange"]
    [limits] = limit_range["spec"]["limits"]
    return limits


def pod_faults(owner, template, limits):
    spec = template["spec"]
    for violation in pod_security.violations(spec):
        yield f"{owner}: {violation}"
    if spec.get("automountServiceAccountToken") is not False:
        yield f"{owner} takes a service account's token"
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        name = f"{owner}, container {container['name']}"
        settings = [each["name"] for each in container.get("env", [])]
        if len(settings) != len(set(settings)):
            yield f"{name} has a variable twice: {settings}"
        for held in container.get("resources", {}).values():
            for what in ("cpu", "memory"):
                if what in held and not quantity(limits["min"][what]) <= quantity(held[what]) \
                        <= quantity(limits["max"][what]):
                    yield f"{name}: {what} {held[what]} is outside of the limit range"


def service_faults(objects):
    """Services that lead nowhere: no pod has their labels, or none of these their port."""
    pods = [template for _, template in house.pod_templates(objects)]
    for service in (each for each in objects if each["kind"] == "Service"):
        selector = service["spec"].get("selector")
        if not selector:
            continue
        chosen = [pod for pod in pods if selector.items() <= pod["metadata"]["labels"].items()]
        if not chosen:
            yield f"{house.label(service)} selects no pod: {selector}"
        for port in service["spec"]["ports"]:
            open_ports = {each[field] for pod in chosen for container in containers_of(pod)
                          for each in container.get("ports", [])
                          for field in ("name", "containerPort") if field in each}
            if chosen and port.get("targetPort", port["port"]) not in open_ports:
                yield f"{house.label(service)}: no pod has the port {port.get('targetPort')}"
            expected = "kubernetes.io/h2c" if port["name"] == "grpc" else "http"
            if port.get("appProtocol") != expected:
                yield f"{house.label(service)}: port {port['name']} does not say {expected}"


def containers_of(pod):
    """A sidecar is an init container that goes on, so its ports count."""
    return [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]


def quota_faults(objects):
    """Whether all pods at once, and one more for a rolling update, fit the namespace's quota."""
    [quota] = [each for each in objects if each["kind"] == "ResourceQuota"]
    defaults = limits_of(objects)["defaultRequest"]
    smallest = {each["spec"]["scaleTargetRef"]["name"]: each["spec"]["minReplicas"]
                for each in objects if each["kind"] == "HorizontalPodAutoscaler"}
    for what in ("cpu", "memory"):
        total = 0
        for owner, template in house.pod_templates(objects):
            count = owner["spec"].get("replicas", smallest.get(owner["metadata"]["name"], 1))
            request = sum(quantity(container.get("resources", {}).get("requests", {})
                                   .get(what, defaults[what]))
                          for container in template["spec"]["containers"])
            total += request * (count + (owner["metadata"]["name"] == "ml-inference"))
        if total > quantity(quota["spec"]["hard"][f"requests.{what}"]):
            yield f"all pods request {total:g} of {what}, more than the quota"


def different(one, other):
    """The objects that are not the same in two compositions: shorter to read than their text."""
    return sorted({house.label(each) for left, right in ((one, other), (other, one))
                   for each in left if each not in right})


class Composition(unittest.TestCase):
    def sound(self, what, build, *arguments):
        """Builds and checks one composition; the objects, or none when it cannot be built."""
        with self.subTest(what):
            objects = build(*arguments)
            self.assertEqual(list(faults(objects)), [])
            return objects
        return []

    def test_the_overlays_are_sound(self):
        for overlay in sorted(path.name for path in house.OVERLAYS.iterdir()):
            self.sound(overlay, house.render_folder, house.OVERLAYS / overlay)

    def test_each_component_goes_with_the_base_and_with_the_production_overlay(self):
        for name in house.components():
            self.sound(f"base + {name}", house.compose, [name])
            self.sound(f"production + {name}", house.production_with, name)

    def test_each_component_changes_something(self):
        base, production = house.compose([]), house.render_folder(house.OVERLAYS / "production")
        for name in house.components():
            with self.subTest(name):
                self.assertTrue(
                    house.compose([name]) != base
                    or house.compose([name], resource="overlays/production") != production)

    @unittest.skipUnless(os.environ.get("ALL_PAIRS"), "tests/manifests/judges does (ALL_PAIRS=1)")
    def test_any_two_components_go_together_in_any_order_that_is_allowed(self):
        for one, other in itertools.combinations(house.components(), 2):
            if not house.compatible(one, other):
                continue
            with self.subTest(f"{one} + {other}"):
                built = [sorted(map(house.in_one_order, house.compose(pair)), key=house.key)
                         for pair in house.orders(one, other)]
                for each in built[1:]:
                    self.assertEqual(different(built[0], each), [])
                self.assertEqual(list(faults(built[0])), [])


class Layers(unittest.TestCase):
    """What a reader writes: a layer over the production overlay as it is."""

    def test_each_component_makes_of_it_what_it_makes_in_its_list(self):
        inside, _ = house.production_parts()
        for name in house.components():
            if name not in inside and name != "local-image":  # it stands above, and only there
                with self.subTest(name):
                    above, listed = house.above_production(name), house.production_with(name)
                    self.assertEqual(different(without_version(above), without_version(listed)), [])
                    self.assertEqual(list(faults(above)), [])

    def test_no_image_can_be_pulled_that_was_not_named(self):
        for name in house.components():
            if name not in house.production_parts()[0] and name != "local-image":
                images = set(images_of(house.above_production(name)))
                self.assertEqual([each for each in images if not UNKNOWN.search(each)], [], name)

    def test_what_a_component_copies_is_pulled_as_the_server_is(self):
        for name in ("canary-plain", "blue-green-plain", "envoy-gateway-plain", "envoy-sidecar",
                     "kserve", "model-init-container"):
            for thing in house.above_production(name):
                self.assertEqual(set(values(thing, "imagePullPolicy")) - {"Always"}, set(), name)

    def test_our_documents_recipes_can_be_built_as_they_stand_there(self):
        recipes = list(house.recipes())
        self.assertGreaterEqual(len(recipes), 9)
        for page, text in recipes:
            with self.subTest(page):
                self.assertEqual(list(faults(house.render_recipe(text))), [])

    def test_who_counts_pods_by_itself_has_no_autoscaler_beside_it(self):
        for name in ("canary-plain", "argo-rollouts", "fixed-replicas"):
            kinds = [each["kind"] for each in house.above_production(name)]
            self.assertNotIn("HorizontalPodAutoscaler", kinds, name)

    def test_no_network_policy_lets_everybody_in(self):
        for name in house.components():
            if name in house.production_parts()[0] or name == "local-image":
                continue
            for thing in house.above_production(name):
                if thing["kind"] == "NetworkPolicy":
                    for rule in thing["spec"].get("ingress", []):
                        self.assertTrue(rule.get("from"), f"{name}: {house.label(thing)}")

    def test_gateways_reach_grpc_and_scrapers_do_not(self):
        [spec] = [each["spec"] for each in house.above_production("monitoring")
                  if house.label(each) == "NetworkPolicy/ml-inference"]
        [rule] = [rule for rule in spec["ingress"] if rule["ports"][0]["port"] == "grpc"]
        self.assertEqual({each["matchLabels"]["ml-platform/access"] for peer in rule["from"]
                          for each in peer.values()}, {"gateway"})

    def test_istio_sends_each_port_to_that_port(self):
        [rules] = [each["spec"]["http"] for each in house.above_production("mesh-istio")
                   if each["kind"] == "VirtualService"]
        ways = {match["port"]: {route["destination"]["port"]["number"] for route in rule["route"]}
                for rule in rules for match in rule["match"]}
        self.assertEqual(ways, {80: {80}, 9000: {9000}})

    def test_a_meshs_proxy_may_speak_to_its_control_plane(self):
        for mesh, out in (("mesh-istio", {15012}), ("mesh-linkerd", {8080, 8086, 8090})):
            objects = house.above_production(mesh, f"{mesh}/network-policy")
            [spec] = [each["spec"] for each in objects if each["kind"] == "NetworkPolicy"
                      and each["metadata"]["name"] == f"ml-inference-{mesh[5:]}"]
            ports = {port["port"] for rule in spec["egress"] for port in rule["ports"]}
            self.assertEqual(ports, out, mesh)
            [pods] = [template for _, template in house.pod_templates(objects)]
            self.assertLessEqual(spec["podSelector"]["matchLabels"].items(),
                                 pods["metadata"]["labels"].items(), mesh)

    def test_the_gateway_takes_the_decision_on_traces_from_its_clients(self):
        [config] = [each for each in house.above_production("envoy-gateway-plain")
                    if each["kind"] == "ConfigMap"]
        settings = yaml.safe_load(config["data"]["envoy.yaml"])["static_resources"]
        [listener, _] = settings["listeners"]
        [chain] = listener["filter_chains"]
        routes = chain["filters"][0]["typed_config"]["route_config"]
        self.assertIn("traceparent", routes["request_headers_to_remove"])

    def test_kserve_alone_leaves_nothing_that_speaks_of_the_deployment(self):
        objects = house.above_production("model-pvc", "kserve", "kserve/network-policy",
                                         "kserve/alone")
        kinds = {each["kind"] for each in objects}
        self.assertEqual(kinds & {"Deployment", "Service", "HorizontalPodAutoscaler",
                                  "PodDisruptionBudget"}, set())
        self.assertIn("ServingRuntime", kinds)

    def test_flaggers_primary_is_seen_by_what_sees_the_deployment(self):
        objects = house.above_production("monitoring", "flagger", "flagger/production")
        [pods] = [template for _, template in house.pod_templates(objects)]
        primary = {**pods["metadata"]["labels"], "app": "ml-inference-primary"}
        for kind in ("NetworkPolicy", "PodDisruptionBudget", "PodMonitor"):
            [spec] = [each["spec"] for each in objects if each["kind"] == kind
                      and each["metadata"]["name"] == "ml-inference"]
            selector = spec.get("podSelector", spec.get("selector"))["matchLabels"]
            self.assertLessEqual(selector.items(), primary.items(), kind)


# The digest of no image.
UNKNOWN = re.compile("@sha256:0{64}$")


def values(thing, field):
    """The values of that field, at whatever depth."""
    if isinstance(thing, dict):
        for name, each in thing.items():
            if name == field and isinstance(each, str):
                yield each
            yield from values(each, field)
    elif isinstance(thing, list):
        for each in thing:
            yield from values(each, field)


def images_of(objects):
    for thing in objects:
        yield from values(thing, "image")
        for volume in thing.get("spec", {}).get("template", {}).get("spec", {}).get("volumes", []):
            yield from values(volume, "reference")


def without_version(objects):
    """The same without the label that the production overlay puts on what is in its own list."""
    objects = [house.in_one_order(copy.deepcopy(each)) for each in objects]
    for thing in objects:
        thing["metadata"].get("labels", {}).pop("app.kubernetes.io/version", None)
    for _, template in house.pod_templates(objects):
        template["metadata"].get("labels", {}).pop("app.kubernetes.io/version", None)
    return objects


class Copies(unittest.TestCase):
    """A second Deployment is a copy of the first: never one without its tokens, or its model."""

    def test_what_is_listed_after_a_copy_reaches_it_too(self):
        for copier in ("canary-deployment", "blue-green-plain"):
            for name in house.components():
                if house.compatible(copier, name) and not house.rank(name):
                    with self.subTest(f"{copier}, {name}"):
                        self.check(house.compose([copier, name]))

    def check(self, objects):
        first, second = (essence(each) for each in objects if each["kind"] == "Deployment"
                         and each["metadata"]["labels"]["app"] == "ml-inference")
        self.assertEqual(first, second)


def essence(deployment):
    """A Deployment's pods without what tells two of the same service apart."""
    spec = copy.deepcopy(deployment["spec"]["template"]["spec"])
    [server] = [each for each in spec["containers"] if each["name"] == "ml-inference"]
    del server["image"]
    return spec, deployment["spec"]["template"]["metadata"].get("annotations")


class Production(unittest.TestCase):
    def setUp(self):
        objects = house.render_folder(house.OVERLAYS / "production")
        self.by_kind = {each["kind"]: each for each in objects}
        self.deployment = self.by_kind["Deployment"]
        self.pod = self.deployment["spec"]["template"]["spec"]
        [self.container] = self.pod["containers"]

    def version(self):
        return self.container["image"].partition("@")[0].partition(":")[2]

    def test_its_image_is_named_by_digest_and_unknown_until_a_release_says_it(self):
        self.assertRegex(self.container["image"], r"^ml-inference:[^@]+@sha256:0{64}$")

    def test_a_local_image_takes_its_place(self):
        objects = house.local_production()
        [container] = next(each for each in objects if each["kind"] == "Deployment")[
            "spec"]["template"]["spec"]["containers"]
        self.assertEqual((container["image"], container["imagePullPolicy"]),
                         ("ml-inference:latest", "IfNotPresent"))

    def test_its_image_has_a_version_and_the_pods_carry_the_same(self):
        version = self.version()
        self.assertRegex(version, r"^\d+\.\d+\.\d+$", self.container["image"])
        self.assertEqual(
            self.deployment["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/version"],
            version)

    def test_its_version_is_that_of_the_program(self):
        cmake = (house.ROOT / "CMakeLists.txt").read_text()
        self.assertIn(f"project(ml-inference VERSION {self.version()} ", cmake)

    def test_the_selectors_are_those_of_the_base_or_an_upgrade_would_be_refused(self):
        self.assertEqual(self.deployment["spec"]["selector"],
                         {"matchLabels": {"app": "ml-inference"}})
        self.assertEqual(self.by_kind["Service"]["spec"]["selector"], {"app": "ml-inference"})

    def test_the_autoscaler_owns_the_replicas_and_leaves_room_for_a_rolling_update(self):
        self.assertNotIn("replicas", self.deployment["spec"])
        autoscaler = self.by_kind["HorizontalPodAutoscaler"]["spec"]
        self.assertEqual(autoscaler["minReplicas"], 3)
        quota = quantity(self.by_kind["ResourceQuota"]["spec"]["hard"]["requests.cpu"])
        request = quantity(self.container["resources"]["requests"]["cpu"])
        self.assertLessEqual(2 * autoscaler["maxReplicas"] * request, quota)

    def test_the_kubelet_waits_so_that_the_program_need_not_and_the_grace_holds_both(self):
        wait = self.container["lifecycle"]["preStop"]["sleep"]["seconds"]
        settings = {each["name"]: each["value"] for each in self.container["env"]}
        self.assertEqual((wait, settings["ML_INFERENCE_DRAIN_DELAY"]), (5, "0s"))
        limit = int(settings["ML_INFERENCE_DRAIN_LIMIT"].removesuffix("s"))
        self.assertLess(wait + limit, self.pod["terminationGracePeriodSeconds"])

    def test_a_start_is_seen_within_a_second_and_memory_is_promised_in_full(self):
        for probe in ("startupProbe", "readinessProbe"):
            self.assertEqual(self.container[probe]["periodSeconds"], 1)
            self.assertEqual(self.container[probe].get("initialDelaySeconds", 0), 0)
        resources = self.container["resources"]
        self.assertEqual(resources["requests"]["memory"], resources["limits"]["memory"])

    def test_constraints_count_the_pods_of_one_revision(self):
        for constraint in self.pod["topologySpreadConstraints"]:
            self.assertEqual(constraint["matchLabelKeys"], ["pod-template-hash"])


if __name__ == "__main__":
    if house.renderer() is None:
        sys.exit("compose_test.py: neither kubectl nor kustomize is installed")
    unittest.main()
