# SPDX-License-Identifier: MIT
"""A folder of Triton's FIL backend moves here as it is: its config.pbtxt names the tensors."""

import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from clients import ClientTest, golden
from golden import FLOAT32_TOLERANCE, model_file

CONFIG = """\
name: "{name}"
backend: "fil"
max_batch_size: 32768
input [
  {{
    name: "input__0"
    data_type: TYPE_FP32
    dims: [ {features} ]
  }}
]
output [
  {{
    name: "output__0"
    data_type: TYPE_FP32
    dims: [ {outputs} ]
  }}
]
instance_group [{{ kind: KIND_AUTO }}]
parameters [
  {{
    key: "model_type"
    value: {{ string_value: "{kind}" }}
  }},
  {{
    key: "is_classifier"
    value: {{ string_value: "{classifier}" }}
  }},
  {{
    key: "predict_proba"
    value: {{ string_value: "{probabilities}" }}
  }},
  {{
    key: "threshold"
    value: {{ string_value: "0.5" }}
  }},
  {{
    key: "storage_type"
    value: {{ string_value: "AUTO" }}
  }}
]
dynamic_batching {{ max_queue_delay_microseconds: 100 }}
"""

# By golden model: the file's name that FIL wants, and its model_type.
FILES = {"missing": ("xgboost.json", "xgboost_json"), "amount": ("model.txt", "lightgbm")}


class Fil(ClientTest):
    def serve_fil(self, model, outputs, classifier, probabilities):
        """A client of a program with this one model."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        place = Path(folder.name) / model
        (place / "1").mkdir(parents=True)
        file, kind = FILES[model]
        shutil.copyfile(model_file(model), place / "1" / file)
        (place / "config.pbtxt").write_text(CONFIG.format(
            name=model, features=len(golden(model).rows[0]), outputs=outputs, kind=kind,
            classifier=str(classifier).lower(), probabilities=str(probabilities).lower()))
        program = self.start("--model-repository", folder.name)
        client = triton.InferenceServerClient(f"127.0.0.1:{program.port}")
        self.addCleanup(client.close)
        return client

    def fitting(self, model):
        """The places of the rows whose answer is the same in float32."""
        exact = golden(model).array()
        if golden(model).tolerance == FLOAT32_TOLERANCE:  # a library that takes float32 itself
            return list(range(len(exact)))
        with np.errstate(over="ignore"):
            same = (exact == exact.astype(np.float32)) | np.isnan(exact)
        return [int(place) for place in np.flatnonzero(same.all(axis=1))]

    def infer(self, client, model, **options):
        values = golden(model).array(np.float32)[self.fitting(model)]
        tensor = triton.InferInput("input__0", list(values.shape), "FP32")
        tensor.set_data_from_numpy(values)
        return client.infer(model, [tensor], **options)

    def output(self, client, model):
        wanted = triton.InferRequestedOutput("output__0")
        got = self.infer(client, model, outputs=[wanted]).as_numpy("output__0")
        self.assertEqual(got.dtype, np.float32)
        return got

    def test_probabilities(self):
        client = self.serve_fil("missing", 3, True, True)
        np.testing.assert_allclose(self.output(client, "missing"),
                                   golden("missing").probabilities[self.fitting("missing")],
                                   rtol=1e-6)

    def test_classes_are_their_numbers_in_float32(self):
        got = self.output(self.serve_fil("missing", 1, True, False), "missing")
        expected = [golden("missing").predictions[row] for row in self.fitting("missing")]
        self.assertEqual(got.reshape(-1).tolist(), expected)

    def test_a_regression(self):
        got = self.output(self.serve_fil("amount", 1, False, False), "amount")
        expected = [golden("amount").predictions[row] for row in self.fitting("amount")]
        np.testing.assert_allclose(got.reshape(-1), expected, rtol=1e-6)

    def test_all_outputs_are_the_one(self):
        client = self.serve_fil("missing", 3, True, True)
        answer = self.infer(client, "missing").get_response()
        self.assertEqual([output["name"] for output in answer["outputs"]], ["output__0"])

    def test_the_metadata_and_configuration_are_fils(self):
        client = self.serve_fil("missing", 3, True, True)
        metadata = client.get_model_metadata("missing")
        self.assertEqual(metadata["inputs"],
                         [{"name": "input__0", "datatype": "FP32", "shape": [-1, 4]}])
        self.assertEqual(metadata["outputs"],
                         [{"name": "output__0", "datatype": "FP32", "shape": [-1, 3]}])
        config = client.get_model_config("missing")
        self.assertEqual(config["max_batch_size"], 32768)
        self.assertEqual(config["input"][0]["dims"], [4])

    def test_more_rows_than_the_greatest_batch_are_refused(self):
        client = self.serve_fil("missing", 3, True, True)
        values = np.zeros((32769, 4), np.float32)
        tensor = triton.InferInput("input__0", list(values.shape), "FP32")
        tensor.set_data_from_numpy(values)
        with self.assertRaises(InferenceServerException) as context:
            client.infer("missing", [tensor])
        self.assertIn("32768", context.exception.message())


if __name__ == "__main__":
    unittest.main()
