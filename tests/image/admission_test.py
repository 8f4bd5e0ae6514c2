# SPDX-License-Identifier: MIT
"""Kyverno's own command judges our pods by the policy of k8s/components/signed-image, and asks a
registry on the loopback for signatures as its webhook would.
"""

import json
import os
import pathlib
import subprocess
import unittest

import yaml

import image

ROOT = pathlib.Path(__file__).resolve().parents[2]
POLICY = ROOT / "k8s" / "components" / "signed-image" / "policy.yaml"
DEPLOYMENT = ROOT / "k8s" / "base" / "deployment.yaml"


SIGNATURE = "every image of a pod must be signed by the publisher"
BILL = "every image of a pod must have its bill of materials, signed by the publisher"


def pod(name, reference, **also):
    """A pod as the Deployment makes them, with this image, and more containers of its kinds."""
    template = yaml.safe_load(DEPLOYMENT.read_text())["spec"]["template"]
    [server] = template["spec"]["containers"]
    server["image"] = reference
    more = {kind: [{**server, "name": "more", "image": each}] for kind, each in also.items()}
    return {"apiVersion": "v1", "kind": "Pod", "spec": {**template["spec"], **more},
            "metadata": {"namespace": "ml-platform", **template["metadata"], "name": name}}


def policy_of(key):
    policy = yaml.safe_load(POLICY.read_text())
    [attestor] = policy["spec"]["attestors"]
    attestor["cosign"]["key"]["data"] = key
    return policy


class Admission(image.SignedImage):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unsigned = cls.registry.push(image.ARCHIVE, "unsigned")

    def judge(self, *things, key=None):
        """{name: (result, message)} of objects under the policy with our key, or with another."""
        return self.judge_by(policy_of(key or self.ours.public_key), *things)

    def judge_by(self, policy, *things):
        (self.folder / "policy.yaml").write_text(yaml.safe_dump(policy))
        (self.folder / "things.yaml").write_text(yaml.safe_dump_all(things))
        done = subprocess.run(
            [os.environ["KYVERNO"], "apply", "policy.yaml", "--resource", "things.yaml",
             "--registry", "--policy-report", "--output-format", "json"],
            cwd=self.folder, text=True, capture_output=True,
            env={**os.environ, "HOME": str(self.folder)})
        # A report a line, with lines of dashes between them.
        reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        self.assertTrue(reports, done.stdout + done.stderr)
        results = {result["resources"][0]["name"]: (result["result"], result["message"])
                   for report in reports for result in report["results"]}
        self.assertEqual(done.returncode, any(each != "pass" for each, _ in results.values()))
        return results

    def test_only_what_our_key_signed_may_run(self):
        forged = self.registry.push(image.ARCHIVE, "forged")
        self.stranger.sign(forged)
        self.stranger.attest(forged, image.BILL)
        bare = self.registry.push(image.ARCHIVE, "bare")
        self.ours.sign(bare)
        changed = self.registry.changed(self.signed, "changed")
        expected = {"signed": ("pass", "success"), "unsigned": ("fail", SIGNATURE),
                    "signed-by-another-key": ("fail", SIGNATURE),
                    "changed-after-signing": ("fail", SIGNATURE),
                    "signed-without-a-bill": ("fail", BILL)}
        images = [self.signed, self.unsigned, forged, changed, bare]
        found = self.judge(*map(pod, expected, images))
        for name, (result, message) in found.items():
            image.proved(f"Kyverno, a pod whose image is {name}: {result}: {message}")
        self.assertEqual(found, expected)

    def test_no_container_of_any_kind_is_overlooked(self):
        found = self.judge(
            pod("beside", self.signed, initContainers=self.signed, ephemeralContainers=self.signed),
            pod("before", self.signed, initContainers=self.unsigned),
            pod("debug", self.signed, ephemeralContainers=self.unsigned))
        self.assertEqual(found, {"beside": ("pass", "success"), "before": ("fail", SIGNATURE),
                                 "debug": ("fail", SIGNATURE)})
        image.proved("Kyverno, an unsigned image before or beside the signed one: fail")

    def test_a_tag_is_refused_although_its_image_is_signed(self):
        tag = f"{self.signed.partition('@')[0]}:1"
        self.assertEqual(self.judge(pod("by-tag", tag)),
                         {"by-tag": ("fail", f"image {tag} does not have a digest")})
        image.proved("Kyverno, the signed image by its tag: fail")

    def test_until_the_key_is_there_nothing_may_run(self):
        [attestor] = yaml.safe_load(POLICY.read_text())["spec"]["attestors"]
        found = self.judge(pod("signed", self.signed), key=attestor["cosign"]["key"]["data"])
        self.assertEqual(found, {"signed": ("fail", SIGNATURE)})
        image.proved("Kyverno, with the component's own placeholder for a key: fail")

    def test_either_of_two_keys_will_do_while_one_follows_the_other(self):
        """As docs/kubernetes/images.md says how a key is changed."""
        policy = policy_of(self.stranger.public_key)
        [old] = policy_of(self.ours.public_key)["spec"]["attestors"]
        policy["spec"]["attestors"].append({**old, "name": "old"})
        for each in policy["spec"]["validations"]:
            each["expression"] = each["expression"].replace(
                "[attestors.publisher]", "[attestors.publisher, attestors.old]")
        found = self.judge_by(policy, pod("signed", self.signed), pod("unsigned", self.unsigned))
        self.assertEqual(found, {"signed": ("pass", "success"), "unsigned": ("fail", SIGNATURE)})

    def test_the_signed_image_is_refused_by_another_key(self):
        found = self.judge(pod("signed", self.signed), key=self.stranger.public_key)
        self.assertEqual(found, {"signed": ("fail", SIGNATURE)})


if __name__ == "__main__":
    unittest.main()
