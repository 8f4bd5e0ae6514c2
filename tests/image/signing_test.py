# SPDX-License-Identifier: MIT
"""cosign signs the image and its bill of materials in a registry, and believes nothing else."""

import base64
import hashlib
import json
import unittest

import image

# The predicate type of a plain signature.
SIGNATURE = "https://sigstore.dev/cosign/sign/v1"


class Signing(image.SignedImage):
    def refused(self, what, check, reference):
        """Asserts that a check fails, and tells by what words."""
        with self.assertRaises(AssertionError) as refusal:
            check(reference)
        said = str(refusal.exception)
        words = said[said.index("Error: "):].splitlines()[0]
        image.proved(f"{what}: refused: {words[:160]}")
        return words

    def test_our_key_verifies_the_image_that_was_pushed(self):
        digest = self.signed.partition("@")[2]
        claims = [each["critical"] for each in json.loads(self.ours.verify(self.signed))]
        self.assertEqual({each["image"]["docker-manifest-digest"] for each in claims}, {digest})
        # The bill is among them: cosign takes whatever the key says of an image for a signature.
        self.assertEqual({each["type"] for each in claims}, {SIGNATURE, image.CYCLONEDX})
        image.proved(f"signed and verified by our key: {digest}")

    def test_the_bill_that_is_attested_is_ours(self):
        self.assertEqual(self.attested(self.signed), image.bill())
        image.proved("the attested bill of materials is the one of the build")

    def attested(self, reference):
        [line] = self.ours.verify_bill(reference).splitlines()
        statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
        self.assertEqual(statement["predicateType"], image.CYCLONEDX)
        return statement["predicate"]

    def test_another_key_is_refused(self):
        said = self.refused("another key", self.stranger.verify, self.signed)
        self.assertIn("no matching", said)
        said = self.refused("the bill, another key", self.stranger.verify_bill, self.signed)
        self.assertIn("no matching", said)

    def test_who_has_another_key_cannot_sign_for_us(self):
        forged = self.registry.push(image.ARCHIVE, "forged")
        self.stranger.sign(forged)
        self.stranger.verify(forged)
        self.refused("signed by another key", self.ours.verify, forged)

    def test_an_unsigned_image_is_refused(self):
        unsigned = self.registry.push(image.ARCHIVE, "unsigned")
        said = self.refused("an unsigned image", self.ours.verify, unsigned)
        self.assertIn("no signatures found", said)

    def test_an_image_that_was_changed_after_signing_is_refused(self):
        changed = self.registry.changed(self.signed, "changed")
        self.assertNotEqual(changed.partition("@")[2], self.signed.partition("@")[2])
        self.refused("a changed image", self.ours.verify, changed)

    def test_a_changed_image_is_refused_with_the_signature_of_the_true_one_beside_it(self):
        changed = self.registry.changed(self.signed, "copied")
        repository = changed.partition("@")[0]
        self.registry.crane("copy", self.beside(self.signed), f"{repository}:copied")
        self.registry.crane("tag", f"{repository}:copied", self.tag(changed))
        self.refused("a changed image, the true one's signature", self.ours.verify, changed)
        self.refused("a changed image, the true one's bill", self.ours.verify_bill, changed)

    def test_a_bill_that_was_changed_after_signing_is_refused(self):
        other = self.registry.push(image.ARCHIVE, "rewritten")
        self.ours.attest(other, image.BILL)
        self.assertEqual(self.attested(other), image.bill())
        self.rewrite(other, lambda text: text.replace("nettle", "harmless"))
        said = self.refused("a changed bill", self.ours.verify_bill, other)
        self.assertIn("no matching attestations", said)

    def test_a_bill_that_is_put_back_as_it_was_is_believed_again(self):
        """So it is the change that was refused, not the way in which it was made."""
        other = self.registry.push(image.ARCHIVE, "restored")
        self.ours.attest(other, image.BILL)
        self.rewrite(other, lambda text: text)
        self.assertEqual(self.attested(other), image.bill())

    @staticmethod
    def tag(reference):
        """Where statements about an image lie in a registry without an API for them."""
        return reference.partition("@")[2].replace(":", "-")

    def beside(self, reference):
        return f"{reference.partition('@')[0]}:{self.tag(reference)}"

    def rewrite(self, reference, change):
        """Puts the statement about an image into the registry as a change of its text leaves it."""
        index = self.registry.get(reference, "manifests", self.tag(reference))
        [entry] = [each for each in index["manifests"] if each["artifactType"] == image.BUNDLE]
        manifest = self.registry.get(reference, "manifests", entry["digest"])
        [layer] = manifest["layers"]
        bundle = self.registry.get(reference, "blobs", layer["digest"])
        payload = base64.b64decode(bundle["dsseEnvelope"]["payload"]).decode()
        bundle["dsseEnvelope"]["payload"] = base64.b64encode(change(payload).encode()).decode()
        data = json.dumps(bundle).encode()
        layer.update(digest=f"sha256:{hashlib.sha256(data).hexdigest()}", size=len(data))
        self.registry.put_blob(reference, layer["digest"], data)
        entry.update(self.registry.put_manifest(reference, "rewritten", manifest))
        self.registry.put_manifest(reference, self.tag(reference), index)


if __name__ == "__main__":
    unittest.main()
