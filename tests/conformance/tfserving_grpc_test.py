# SPDX-License-Identifier: MIT
"""TensorFlow Serving's own gRPC stubs."""

import unittest

import grpc
import numpy as np

import tensorflow_protos

tensorflow_protos.import_messages()

from tensorflow.core.framework import tensor_pb2, types_pb2  # noqa: E402
from tensorflow_serving.apis import (  # noqa: E402
    classification_pb2, get_model_metadata_pb2, get_model_status_pb2, model_service_pb2_grpc,
    predict_pb2, prediction_service_pb2_grpc, regression_pb2)

from clients import ClientTest, golden, grpc_port  # noqa: E402

# By numpy's kind of number: TensorFlow's type, and the field of its typed contents.
TYPES = {
    np.float32: (types_pb2.DT_FLOAT, "float_val"), np.float64: (types_pb2.DT_DOUBLE, "double_val"),
    np.int32: (types_pb2.DT_INT32, "int_val"), np.int64: (types_pb2.DT_INT64, "int64_val"),
    np.bool_: (types_pb2.DT_BOOL, "bool_val"), np.object_: (types_pb2.DT_STRING, "string_val"),
}


def tensor_of(values, typed=False):
    """As tf.make_tensor_proto() makes it: numbers as bytes, texts typed. typed  numbers too"""
    kind, field = TYPES[values.dtype.type]
    tensor = tensor_pb2.TensorProto(dtype=kind)
    for size in values.shape:
        tensor.tensor_shape.dim.add(size=size)
    if kind == types_pb2.DT_STRING:
        tensor.string_val.extend(text.encode() for text in values.reshape(-1))
    elif typed:
        getattr(tensor, field).extend(values.reshape(-1).tolist())
    else:
        tensor.tensor_content = values.tobytes()
    return tensor


def array_of(tensor):
    """As tf.make_ndarray() reads it."""
    shape = [dimension.size for dimension in tensor.tensor_shape.dim]
    kind, field = next((kind, field) for kind, (number, field) in TYPES.items()
                       if number == tensor.dtype)
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, kind).reshape(shape)
    values = list(getattr(tensor, field))
    size = int(np.prod(shape))
    values += values[-1:] * (size - len(values))  # the last one stands for the rest
    return np.array(values, kind).reshape(shape)


class GrpcTest(ClientTest):
    def stubs(self, program):
        channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port(program)}")
        self.addCleanup(channel.close)
        return (prediction_service_pb2_grpc.PredictionServiceStub(channel),
                model_service_pb2_grpc.ModelServiceStub(channel))

    def serve_one(self, model):
        return self.stubs(self.serve(model))[0]

    def refused(self, code, call, request):
        with self.assertRaises(grpc.RpcError) as context:
            call(request)
        self.assertEqual(context.exception.code().name, code, context.exception.details())
        self.assertTrue(context.exception.details())
        return context.exception.details()

    def request(self, model, values, signature="", **options):
        """values  an array, or arrays by input"""
        request = predict_pb2.PredictRequest()
        request.model_spec.name = model
        request.model_spec.signature_name = signature
        if isinstance(values, np.ndarray):
            values = {"input": values}
        for name, array in values.items():
            request.inputs[name].CopyFrom(tensor_of(array, **options))
        return request

    def only(self, response):
        """The one output of a signature."""
        self.assertEqual(len(response.outputs), 1, list(response.outputs))
        return array_of(next(iter(response.outputs.values())))


class Predict(GrpcTest):
    def test_gives_the_librarys_answers(self):
        for model in ["iris", "species", "truth", "diabetes", "boosted", "missing"]:
            for typed in [False, True]:
                with self.subTest(model, typed=typed):
                    expected = golden(model)
                    response = self.serve_one(model).Predict(
                        self.request(model, expected.array(), typed=typed))
                    expected.check_predictions(self.only(response))
                    self.assertEqual(response.model_spec.name, model)
                    self.assertEqual(response.model_spec.version.value, 1)

    def test_the_signature_chooses_the_output(self):
        stub, expected = self.serve_one("boosted"), golden("boosted")
        for signature, check in [("serving_default", expected.check_predictions),
                                 ("predict_proba", expected.check_probabilities),
                                 ("decision_function", expected.check_scores)]:
            response = stub.Predict(self.request("boosted", expected.array(), signature))
            self.assertEqual(response.model_spec.signature_name, signature)
            check(self.only(response))

    def test_texts_among_the_features(self):
        stub, expected = self.serve_one("cities"), golden("cities")
        rows = expected.complete()
        columns = zip(*(expected.rows[row] for row in rows))
        values = {name: np.array(column, np.object_ if isinstance(column[0], str) else np.float64)
                  for name, column in zip(expected.features, columns)}
        expected.check_predictions(self.only(stub.Predict(self.request("cities", values))), rows)
        wide = {name: column.reshape(-1, 1) for name, column in values.items()}
        expected.check_predictions(self.only(stub.Predict(self.request("cities", wide))), rows)

    def test_each_type_of_numbers(self):
        stub = self.serve_one("iris")
        whole = np.array([[1, 0, 1, 0], [1, 1, 1, 1]])
        answers = [self.only(stub.Predict(self.request("iris", whole.astype(kind),
                                                       "predict_proba"))).tolist()
                   for kind in [np.float64, np.float32, np.int32, np.int64, np.bool_]]
        self.assertEqual(answers, [answers[0]] * len(answers))

    def test_one_typed_value_stands_for_all(self):
        stub = self.serve_one("iris")
        request = self.request("iris", np.ones((3, 4)), "predict_proba", typed=True)
        wanted = self.only(stub.Predict(request))
        del request.inputs["input"].double_val[1:]
        np.testing.assert_array_equal(self.only(stub.Predict(request)), wanted)

    def test_the_version_asked_for(self):
        stub = self.serve_one("iris")
        request = self.request("iris", golden("iris").array())
        request.model_spec.version.value = 1
        golden("iris").check_predictions(self.only(stub.Predict(request)))
        request.model_spec.version.value = 7
        self.refused("NOT_FOUND", stub.Predict, request)

    def test_refusals(self):
        stub = self.serve_one("iris")
        self.assertIn("tulip", self.refused("NOT_FOUND", stub.Predict,
                                            self.request("tulip", np.zeros((1, 4)))))
        for values, signature in [(np.zeros((1, 5)), ""), (np.zeros((1, 4)), "dream"),
                                  (np.array([["a"] * 4], np.object_), ""), ({}, "")]:
            self.refused("INVALID_ARGUMENT", stub.Predict,
                         self.request("iris", values, signature))
        request = self.request("iris", np.zeros((1, 4)))
        request.inputs["input"].tensor_content = b"123"
        self.refused("INVALID_ARGUMENT", stub.Predict, request)
        request = self.request("iris", np.zeros((1, 4)))
        request.output_filter.append("dream")
        self.refused("INVALID_ARGUMENT", stub.Predict, request)


class Examples(GrpcTest):
    def fill(self, request, model):
        """The rows as tf.Example; a missing value is a feature that is not there."""
        request.model_spec.name = model
        expected = golden(model)
        for row in expected.rows:
            feature = request.input.example_list.examples.add().features.feature
            for name, value in zip(expected.names(), row):
                if isinstance(value, str):
                    feature[name].bytes_list.value.append(value.encode())
                elif value is not None:
                    feature[name].float_list.value.append(value)
        return request

    def test_classify(self):
        expected = golden("missing")
        response = self.serve_one("missing").Classify(
            self.fill(classification_pb2.ClassificationRequest(), "missing"))
        rows = response.result.classifications
        self.assertEqual(len(rows), len(expected.rows))
        for row, shares in zip(rows, expected.probabilities):
            self.assertEqual([entry.label for entry in row.classes], expected.labels)
            np.testing.assert_allclose([entry.score for entry in row.classes], shares, rtol=1e-6)

    def test_classify_with_texts(self):
        expected = golden("cities")
        response = self.serve_one("cities").Classify(
            self.fill(classification_pb2.ClassificationRequest(), "cities"))
        best = [max(row.classes, key=lambda entry: entry.score).label
                for row in response.result.classifications]
        self.assertEqual(best, [str(label) for label in expected.predictions])

    def test_regress(self):
        expected, stub = golden("diabetes"), self.serve_one("diabetes")
        response = stub.Regress(self.fill(regression_pb2.RegressionRequest(), "diabetes"))
        values = [entry.value for entry in response.result.regressions]
        self.assertEqual(len(values), len(expected.rows))
        # This library takes float32 as a tf.Example does; the answer is one, too.
        np.testing.assert_allclose(values, expected.predictions, rtol=1e-6)

    def test_the_other_kind_is_refused(self):
        self.refused("INVALID_ARGUMENT", self.serve_one("diabetes").Classify,
                     self.fill(classification_pb2.ClassificationRequest(), "diabetes"))
        self.refused("INVALID_ARGUMENT", self.serve_one("missing").Regress,
                     self.fill(regression_pb2.RegressionRequest(), "missing"))


class Models(GrpcTest):
    def test_the_metadata_has_the_signatures(self):
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = "iris"
        response = self.serve_one("iris").GetModelMetadata(request)
        self.assertEqual(response.model_spec.name, "iris")
        self.assertEqual(response.model_spec.version.value, 1)
        packed = response.metadata["signature_def"]
        self.assertEqual(packed.type_url,
                         "type.googleapis.com/tensorflow.serving.SignatureDefMap")
        signatures = get_model_metadata_pb2.SignatureDefMap()
        self.assertTrue(packed.Unpack(signatures))
        self.assertLessEqual({"serving_default", "predict_proba"}, set(signatures.signature_def))
        default = signatures.signature_def["serving_default"]
        self.assertEqual(default.method_name, "tensorflow/serving/predict")
        [described] = default.inputs.values()
        self.assertIn(described.dtype, [types_pb2.DT_FLOAT, types_pb2.DT_DOUBLE])
        self.assertEqual([dimension.size for dimension in described.tensor_shape.dim], [-1, 4])

    def test_the_status(self):
        service = self.stubs(self.serve("iris"))[1]
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = "iris"
        [status] = service.GetModelStatus(request).model_version_status
        self.assertEqual((status.version, status.state, status.status.error_code), (1, 30, 0))
        request.model_spec.name = "tulip"
        self.assertIn("tulip", self.refused("NOT_FOUND", service.GetModelStatus, request))


if __name__ == "__main__":
    unittest.main()
