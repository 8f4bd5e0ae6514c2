# SPDX-License-Identifier: MIT
"""What the tests of the image share: the archive, the bill, and a registry on the loopback."""

import contextlib
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest
import urllib.request

ARCHIVE = pathlib.Path(os.environ["IMAGE_ARCHIVE"])
BILL = pathlib.Path(os.environ["SBOM"])
NAME = "ml-inference"
# The predicate type of a CycloneDX bill.
CYCLONEDX = "https://cyclonedx.org/bom"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def bill():
    return json.loads(BILL.read_text())


def proved(text):
    print(f"proved: {text}", flush=True)


def run(*command, **options):
    """The standard output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          **options)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} {command[1]} exited with {done.returncode}: "
                             f"{done.stderr.strip()[-2000:]}")
    return done.stdout


def syft(*words):
    """What syft says, as JSON. It would ask its makers whether there is a newer one."""
    return json.loads(run(os.environ["SYFT"], *words, "-q", "-o", "syft-json",
                          env={**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"}))


def packages():
    """The packages of the bill, as it describes them."""
    return [each for each in bill()["components"] if each["type"] == "library"]


def contents():
    """{path with a slash before it: bytes} of all files in the image."""
    found = {}
    with tarfile.open(ARCHIVE) as archive:
        [image] = json.load(archive.extractfile("manifest.json"))
        for layer in image["Layers"]:
            with tarfile.open(fileobj=archive.extractfile(layer)) as files:
                found |= {"/" + each.name.removeprefix("./"): files.extractfile(each).read()
                          for each in files if not each.isdir()}
    return found


class Registry:
    """One in memory, on a free port of the loopback. Use it in a `with`."""

    def __enter__(self):
        self.process = subprocess.Popen(
            [os.environ["CRANE"], "registry", "serve", "--address", "127.0.0.1:0"],
            stderr=subprocess.PIPE, text=True)
        # It says so once it listens.
        line = self.process.stderr.readline()
        self.host = f"127.0.0.1:{int(line.split()[-1])}"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def crane(self, *words):
        return run(os.environ["CRANE"], *words).strip()

    def push(self, archive, repository):
        """Pushes an image, and gives the name of it by digest."""
        name = f"{self.host}/{repository}"
        self.crane("push", archive, f"{name}:1")
        return f"{name}@{self.crane('digest', f'{name}:1')}"

    def changed(self, image, repository):
        """The image with one file more, in another repository, by digest."""
        name = f"{self.host}/{repository}"
        with tempfile.TemporaryDirectory() as folder:
            layer = pathlib.Path(folder, "layer.tar")
            with tarfile.open(layer, "w") as content:
                content.add(__file__, "added")
            self.crane("append", "-b", image, "-f", layer, "-t", f"{name}:1")
        return f"{name}@{self.crane('digest', f'{name}:1')}"

    def get(self, image, kind, reference):
        """The JSON of a manifest or blob of the image's repository."""
        with urllib.request.urlopen(self.url(image, kind, reference)) as answer:
            return json.load(answer)

    def put_manifest(self, image, reference, content):
        data = json.dumps(content).encode()
        request = urllib.request.Request(self.url(image, "manifests", reference), data,
                                         {"Content-Type": content["mediaType"]}, method="PUT")
        with contextlib.closing(urllib.request.urlopen(request)) as answer:
            return {"digest": answer.headers["Docker-Content-Digest"], "size": len(data)}

    def put_blob(self, image, digest, data):
        url = self.url(image, "blobs", f"uploads/?digest={digest}")
        with contextlib.closing(urllib.request.urlopen(
                urllib.request.Request(url, data, method="POST"))):
            pass

    def url(self, image, kind, reference):
        repository = image.partition("/")[2].partition("@")[0]
        return f"http://{self.host}/v2/{repository}/{kind}/{reference}"


class Pipeline:
    """cosign with a key pair of its own, without any service beyond the registry."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.cosign("generate-key-pair")
        self.public_key = (self.folder / "cosign.pub").read_text()
        # Neither a public log nor a time stamp, and so nobody to trust for them.
        self.cosign("signing-config", "create", "--out", "services.json")
        self.cosign("trusted-root", "create", "--out", "trusted.json")

    def cosign(self, *words):
        return run(os.environ["COSIGN"], *words, cwd=self.folder, stdin=subprocess.DEVNULL,
                   env={**os.environ, "COSIGN_PASSWORD": "password",
                        "TUF_ROOT": str(self.folder / "tuf")})

    def by_key(self, *words):
        return self.cosign(*words[:1], "--key", "cosign.key", "--signing-config", "services.json",
                           "--trusted-root", "trusted.json", "--yes", *words[1:])

    def sign(self, image):
        self.by_key("sign", image)

    def attest(self, image, predicate):
        self.by_key("attest", "--type", "cyclonedx", "--predicate", predicate, image)

    def verify(self, image):
        return self.cosign("verify", "--key", "cosign.pub", "--insecure-ignore-tlog", image)

    def verify_bill(self, image):
        """The statements that are signed of the image, its bills of materials."""
        return self.cosign("verify-attestation", "--key", "cosign.pub", "--insecure-ignore-tlog",
                           "--type", "cyclonedx", image)


class SignedImage(unittest.TestCase):
    """For tests that begin with a registry and our image in it, signed, its bill attested. `signed`
    is its name by digest; a stranger has a key of his own."""

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cls.registry = stack.enter_context(Registry())
        cls.ours, cls.stranger = (Pipeline(cls.folder / who) for who in ("ours", "stranger"))
        cls.signed = cls.registry.push(ARCHIVE, NAME)
        cls.ours.sign(cls.signed)
        cls.ours.attest(cls.signed, BILL)
