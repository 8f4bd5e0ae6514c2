# SPDX-License-Identifier: MIT
"""Kyverno's own command judges our pods by the policy of k8s/components/signed-image, and asks a
registry on the loopback for signatures as its webhook would.
"""

import contextlib
import copy
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import yaml

import image

ROOT = pathlib.Path(__file__).resolve().parents[2]
POLICY = ROOT / "k8s" / "components" / "signed-image" / "policy.yaml"
DEPLOYMENT = ROOT / "k8s" / "base" / "deployment.yaml"


def pod_of(reference):
    """A pod as the Deployment makes them, with this image."""
    template = copy.deepcopy(yaml.safe_load(DEPLOYMENT.read_text())["spec"]["template"])
    template["spec"]["containers"][0]["image"] = reference
    return {"apiVersion": "v1", "kind": "Pod", "spec": template["spec"],
            "metadata": {"name": "ml-inference", "namespace": "ml-platform",
                         **template["metadata"]}}


class Admission(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cls.registry = stack.enter_context(image.Registry())
        cls.ours, cls.stranger = (image.Pipeline(cls.folder / who) for who in ("ours", "stranger"))
        cls.good = cls.registry.push(image.ARCHIVE, image.NAME)
        cls.ours.sign(cls.good)
        cls.ours.attest(cls.good, image.BILL)
        cls.unsigned = cls.registry.push(image.ARCHIVE, "unsigned")

    def judge(self, thing, key=None):
        """(passed, failed, all that Kyverno says) of one object under the policy with our key."""
        policy = yaml.safe_load(POLICY.read_text())
        [attestor] = policy["spec"]["attestors"]
        if key != "as it is":
            attestor["cosign"]["key"]["data"] = key or self.ours.public_key
        (self.folder / "policy.yaml").write_text(yaml.safe_dump(policy))
        (self.folder / "thing.yaml").write_text(yaml.safe_dump(thing))
        done = subprocess.run(
            [os.environ["KYVERNO"], "apply", "policy.yaml", "--resource", "thing.yaml",
             "--registry", "--policy-report", "--output-format", "json"],
            cwd=self.folder, text=True, capture_output=True,
            env={**os.environ, "HOME": str(self.folder)})
        return done.returncode, done.stdout + done.stderr

    def test_x(self):
        for what, thing in (("good", pod_of(self.good)), ("unsigned", pod_of(self.unsigned))):
            print(what, *self.judge(thing), sep="\n")
        print("nokey", *self.judge(pod_of(self.good), "as it is"), sep="\n")


if __name__ == "__main__":
    unittest.main()
