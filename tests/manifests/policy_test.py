# SPDX-License-Identifier: MIT
"""What the manifests promise, as tests: names, numbers, labels, pod security, quota arithmetic.

Run by tests/manifests/run. No cluster is asked: tests/e2e proves the same promises on a real one.
"""
import copy
import pathlib
import re
import unittest

import yaml

import pod_security

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "k8s"
# In the order in which the quick start applies them: what limits pods comes before the pods.
FILES = ["namespace.yaml", "resource-quota.yaml", "limit-range.yaml", "deployment.yaml",
         "service.yaml"]
UNITS = {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def load(name):
    return yaml.safe_load((FOLDER / name).read_text())


def quantity(text):
    """A Kubernetes quantity ("100m", "4Gi", 2) as a number, in CPUs or bytes."""
    number, unit = re.fullmatch(r"(\d+(?:\.\d+)?)([a-zA-Z]*)", str(text)).groups()
    return float(number) * UNITS[unit]


def pods_that_fit(hard, requests):
    """How many pods with these requests a quota admits: the scarcest resource decides."""
    shares = {name: quantity(limit) / quantity(requests[name.removeprefix("requests.")])
              for name, limit in hard.items()}
    return int(min(shares.values()) + 1e-9)


class ManifestTest(unittest.TestCase):
    def setUp(self):
        self.namespace = load("namespace.yaml")
        self.quota = load("resource-quota.yaml")
        self.limit_range = load("limit-range.yaml")
        self.deployment = load("deployment.yaml")
        self.service = load("service.yaml")
        self.pod = self.deployment["spec"]["template"]["spec"]
        [self.container] = self.pod["containers"]


class Files(ManifestTest):
    def test_each_begins_with_a_comment_that_says_what_it_teaches(self):
        for name in [*FILES, "kustomization.yaml"]:
            lines = (FOLDER / name).read_text().splitlines()
            self.assertEqual(lines[0], "# SPDX-License-Identifier: MIT", name)
            self.assertTrue(lines[1].startswith("# What this file teaches: "), name)

    def test_each_holds_one_object(self):
        for name in FILES:
            self.assertEqual(len(list(yaml.safe_load_all((FOLDER / name).read_text()))), 1, name)

    def test_the_kustomization_names_all_of_them_in_order(self):
        self.assertEqual(load("base/kustomization.yaml")["resources"], FILES)


class Names(ManifestTest):
    def test_the_namespace_is_ml_platform_and_all_else_lives_in_it(self):
        self.assertEqual(self.namespace["metadata"]["name"], "ml-platform")
        for thing in (self.quota, self.limit_range, self.deployment, self.service):
            self.assertEqual(thing["metadata"]["namespace"], "ml-platform", thing["kind"])

    def test_deployment_container_service_and_image_are_called_ml_inference(self):
        self.assertEqual(self.deployment["metadata"]["name"], "ml-inference")
        self.assertEqual(self.service["metadata"]["name"], "ml-inference")
        self.assertEqual(self.container["name"], "ml-inference")
        self.assertEqual(self.container["image"], "ml-inference:latest")

    def test_the_selector_is_the_one_label_that_never_changes(self):
        label = {"app": "ml-inference"}
        self.assertEqual(self.deployment["spec"]["selector"], {"matchLabels": label})
        self.assertEqual(self.service["spec"]["selector"], label)

    def test_pods_and_their_owners_carry_the_recommended_labels(self):
        for labels in (self.deployment["metadata"]["labels"], self.service["metadata"]["labels"],
                       self.deployment["spec"]["template"]["metadata"]["labels"]):
            self.assertEqual(labels["app"], "ml-inference")
            self.assertEqual(labels["app.kubernetes.io/name"], "ml-inference")
            self.assertEqual(labels["app.kubernetes.io/component"], "inference")
        for thing in map(load, FILES):
            labels = thing["metadata"]["labels"]
            self.assertEqual(labels["app.kubernetes.io/part-of"], "mini-ml-platform")
            self.assertIn("app.kubernetes.io/instance", labels)

    def test_the_service_leads_from_port_80_to_the_containers_8000(self):
        self.assertEqual(self.service["spec"]["type"], "ClusterIP")
        self.assertEqual(self.way("http"), (80, 8000, "http"))

    def test_grpc_has_a_port_of_its_own_that_is_called_http2_without_tls(self):
        self.assertEqual(self.way("grpc"), (9000, 9000, "kubernetes.io/h2c"))

    def way(self, name):
        """The Service's port of that name, the container's behind it, and what is spoken there."""
        [port] = [each for each in self.service["spec"]["ports"] if each["name"] == name]
        [target] = [p for p in self.container["ports"] if p["name"] == port["targetPort"]]
        return port["port"], target["containerPort"], port["appProtocol"]

    def test_ports_are_those_of_the_image(self):
        dockerfile = (FOLDER.parent / "docker" / "Dockerfile").read_text()
        [exposed] = re.findall("^EXPOSE (.*)$", dockerfile, re.M)
        self.assertEqual([int(port) for port in exposed.split()],
                         [port["containerPort"] for port in self.container["ports"]])


class Numbers(ManifestTest):
    def test_three_replicas_are_replaced_one_by_one_and_never_fewer_are_ready(self):
        self.assertEqual(self.deployment["spec"]["replicas"], 3)
        self.assertEqual(self.deployment["spec"]["strategy"], {
            "type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})

    def test_a_container_requests_a_tenth_of_a_cpu_and_is_held_to_half_of_one(self):
        self.assertEqual(self.container["resources"], {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "500m", "memory": "512Mi"}})

    def test_liveness_and_readiness_ask_different_questions_at_the_stated_times(self):
        self.probe("livenessProbe", "/health",
                   initialDelaySeconds=30, periodSeconds=10, failureThreshold=3)
        self.probe("readinessProbe", "/ready",
                   initialDelaySeconds=10, periodSeconds=5, failureThreshold=3)

    def probe(self, name, path, **numbers):
        probe = dict(self.container[name])
        port_names = {p["name"]: p["containerPort"] for p in self.container["ports"]}
        target = probe.pop("httpGet")
        self.assertEqual(target["path"], path)
        self.assertEqual(port_names.get(target["port"], target["port"]), 8000)
        self.assertEqual(probe, numbers)

    def test_the_limit_range_is_10m_to_1_cpu_and_32Mi_to_1Gi_a_container(self):
        [limits] = self.limit_range["spec"]["limits"]
        self.assertEqual(limits["type"], "Container")
        self.assertEqual(limits["min"], {"cpu": "10m", "memory": "32Mi"})
        self.assertEqual(limits["max"], {"cpu": "1", "memory": "1Gi"})

    def test_the_container_lies_within_the_limit_range_and_so_do_its_defaults(self):
        [limits] = self.limit_range["spec"]["limits"]
        for name in ("cpu", "memory"):
            for held in (*self.container["resources"].values(),
                         limits["defaultRequest"], limits["default"]):
                self.assertLessEqual(quantity(limits["min"][name]), quantity(held[name]))
                self.assertLessEqual(quantity(held[name]), quantity(limits["max"][name]))

    def test_the_images_in_nodes_are_used_before_any_registry_is_asked(self):
        self.assertEqual(self.container["imagePullPolicy"], "IfNotPresent")

    def test_the_grace_is_stated_and_outlasts_the_drain(self):
        drain_limit = 25  # seconds from SIGTERM, the default of --drain-limit
        self.assertEqual(self.pod["terminationGracePeriodSeconds"], 30)
        self.assertLess(drain_limit, self.pod["terminationGracePeriodSeconds"])


class Quota(ManifestTest):
    def setUp(self):
        super().setUp()
        self.hard = self.quota["spec"]["hard"]
        self.room = pods_that_fit(self.hard, self.container["resources"]["requests"])

    def test_it_is_on_requests_2_cpu_and_4Gi(self):
        self.assertEqual(self.quota["spec"].keys(), {"hard"})
        self.assertEqual(self.hard, {"requests.cpu": "2", "requests.memory": "4Gi"})

    def test_twenty_pods_fit_and_the_twenty_first_does_not(self):
        self.assertEqual(self.room, 20)

    def test_pods_that_state_nothing_count_the_same(self):
        [limits] = self.limit_range["spec"]["limits"]
        self.assertEqual(pods_that_fit(self.hard, limits["defaultRequest"]), 20)

    def test_a_rolling_update_has_room_for_its_surge_and_a_pod_that_is_still_leaving(self):
        # A pod counts until it is gone, so that a surge of 1 can meet one that still drains.
        self.assertLessEqual(self.deployment["spec"]["replicas"] + 1 + 1, self.room)

    def test_the_scarcest_resource_decides_how_many_fit(self):
        self.assertEqual(pods_that_fit({"requests.memory": "4Gi"}, {"memory": "128Mi"}), 32)
        self.assertEqual(pods_that_fit({"requests.cpu": "2", "requests.memory": "1Gi"},
                                       {"cpu": "100m", "memory": "128Mi"}), 8)


class Security(ManifestTest):
    def test_the_namespace_enforces_audits_and_warns_by_restricted_of_one_release(self):
        labels = self.namespace["metadata"]["labels"]
        for mode in ("enforce", "audit", "warn"):
            self.assertEqual(labels[f"pod-security.kubernetes.io/{mode}"], "restricted")
            self.assertRegex(labels[f"pod-security.kubernetes.io/{mode}-version"], r"^v1\.\d+$")

    def test_the_pod_passes_restricted(self):
        self.assertEqual(pod_security.violations(self.pod), [])

    def test_the_user_is_1000_by_number_and_never_root(self):
        context = self.pod["securityContext"]
        self.assertEqual((context["runAsUser"], context["runAsGroup"]), (1000, 1000))
        self.assertIs(context["runAsNonRoot"], True)
        self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"})

    def test_the_root_is_read_only_and_there_is_nothing_else_to_write_to(self):
        self.assertIs(self.container["securityContext"]["readOnlyRootFilesystem"], True)
        self.assertNotIn("volumes", self.pod)
        self.assertNotIn("volumeMounts", self.container)

    def test_no_token_and_no_service_links_enter_the_container(self):
        self.assertIs(self.pod["automountServiceAccountToken"], False)
        self.assertIs(self.pod["enableServiceLinks"], False)

    def test_no_setting_or_secret_is_hidden_in_the_environment(self):
        self.assertNotIn("env", self.container)
        self.assertNotIn("envFrom", self.container)

    def test_the_judge_sees_each_way_to_break_restricted(self):
        # A judge that never objects would pass every pod.
        for what, breach in BREACHES.items():
            pod = copy.deepcopy(self.pod)
            breach(pod, pod["containers"][0])
            self.assertNotEqual(pod_security.violations(pod), [], what)


# What a change of the pod's spec or of its one container breaks the standard with.
BREACHES = {
    "host network": lambda pod, c: pod.update(hostNetwork=True),
    "host path": lambda pod, c: pod.update(volumes=[{"name": "host", "hostPath": {"path": "/"}}]),
    "host port": lambda pod, c: c["ports"][0].update(hostPort=8000),
    "probe of another host": lambda pod, c: c["livenessProbe"]["httpGet"].update(host="other.test"),
    "unsafe sysctl": lambda pod, c: pod["securityContext"].update(
        sysctls=[{"name": "kernel.msgmax"}]),
    "root": lambda pod, c: c["securityContext"].update(runAsUser=0),
    "maybe root": lambda pod, c: pod["securityContext"].pop("runAsNonRoot"),
    "unconfined": lambda pod, c: pod["securityContext"].update(
        seccompProfile={"type": "Unconfined"}),
    "no profile": lambda pod, c: pod["securityContext"].pop("seccompProfile"),
    "privileged": lambda pod, c: c["securityContext"].update(privileged=True),
    "escalation": lambda pod, c: c["securityContext"].pop("allowPrivilegeEscalation"),
    "kept capabilities": lambda pod, c: c["securityContext"].pop("capabilities"),
    "added capability": lambda pod, c: c["securityContext"]["capabilities"].update(
        add=["SYS_ADMIN"]),
    "second container": lambda pod, c: pod["containers"].append({"name": "side"}),
}

if __name__ == "__main__":
    unittest.main()
