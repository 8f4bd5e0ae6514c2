# SPDX-License-Identifier: MIT
"""Work that takes long: it stops when nobody wants it any more, and it holds up nobody else."""

import json
import select
import tempfile
import unittest
from pathlib import Path

from program import Program, predict_request, ready_program

ROW = [1, 2, 3, 4]
ROWS_MAX = 10_000
LEFT = "the client ended the connection before the answer was there"


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    """A field of a protocol buffer: a number, or bytes or text with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def node(operator, inputs, output):
    return field(1, b"".join(field(1, name) for name in inputs) + field(2, output) +
                 field(4, operator))


def integers(name, values):
    raw = b"".join(value.to_bytes(8, "little") for value in values)
    return field(5, field(1, len(values)) + field(2, 7) + field(8, name) + field(9, raw))


def floats(number, name, columns):
    """An input (11) or output (12) of a graph: rows of so many float32."""
    dimensions = field(1, b"") + field(1, field(1, columns))
    return field(number, field(1, name) +
                 field(2, field(1, field(1, 1) + field(2, dimensions))))


def dear_model(product_count):
    """An ONNX file of some hundred bytes that asks for so many millions of products a row: the four
    numbers, repeated until they are as many rows of a thousand as it takes, by a square matrix."""
    turns = product_count // 1_000_000
    graph = b"".join([
        node("ConstantOfShape", ["square"], "W"), node("Tile", ["X", "turns"], "t"),
        node("Reshape", ["t", "shape"], "r"), node("MatMul", ["r", "W"], "p"),
        node("ReduceSum", ["p", "axes"], "s"), node("Reshape", ["s", "one"], "Y"), field(2, "dear"),
        integers("square", [1000, 1000]), integers("turns", [1, 250 * turns]),
        integers("shape", [1, turns, 1000]), integers("axes", [1, 2]), integers("one", [1, 1]),
        floats(11, "X", 4), floats(12, "Y", 1)])
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


class LongWork(unittest.TestCase):
    """These programs have one event loop and one worker. A batch of theirs takes an hour."""

    THREADS = "1"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        model = Path(folder.name) / "dear.onnx"
        model.write_bytes(dear_model(50_000_000))
        self.flags = ("--model", str(model), "--threads", self.THREADS, "--drain-delay", "0")

    def test_a_client_that_leaves_ends_its_work(self):
        with ready_program(*self.flags) as program:
            with program.connect() as client:
                client.send(predict_request([ROW] * ROWS_MAX))
            line = program.wait_for(lambda line: line.get("route") == "/predict")
            self.assertEqual((line["message"], line["status"]), (f"Prediction failed: {LEFT}", 503))
            self.assertEqual(program.predict(ROW).status, 200)  # the worker has time again

    def test_work_ends_with_the_patience_for_its_request(self):
        with ready_program(*self.flags, "--request-timeout", "300ms") as program:
            answer = program.predict([ROW] * ROWS_MAX)
            self.assertEqual((answer.status, answer.json()), (
                503, {"detail": "the prediction took too long, expected fewer rows"}))
            self.assertTrue(answer.closes())

    def test_the_program_leaves_at_the_limit_whatever_it_computes(self):
        with ready_program(*self.flags, "--drain-limit", "300ms") as program:
            with program.connect() as client:
                client.send(predict_request([ROW] * ROWS_MAX))
                program.terminate()
                self.assertEqual(program.exit_status(), 0)
            program.reader.join()
            # The second where a row is under way that takes longer than the last moment.
            self.assertIn(program.lines[-1]["message"], [
                "Stopped: all requests are answered",
                "Stopped: time is over; what workers still compute is left unanswered"])
            self.assertEqual(program.stderr(), "")

    def test_the_program_leaves_while_it_still_compares_golden_rows(self):
        model = self.flags[1]
        Path(model + ".rows.jsonl").write_text((json.dumps(ROW) + "\n") * ROWS_MAX)
        Path(model + ".expect.jsonl").write_text('{"prediction":0}\n' * ROWS_MAX)
        with Program(*self.flags) as program:
            program.terminate()
            self.assertEqual(program.exit_status(), 0)
            program.reader.join()
            self.assertEqual(program.lines[-1]["message"], "Stopped: the model was not ready yet")

    def test_a_few_dear_rows_do_not_hold_up_a_probe(self):
        with ready_program(*self.flags) as program, program.connect() as client:
            client.send(predict_request([ROW] * 50))
            self.assertEqual(program.get("/ready").status, 200)
            self.assertEqual(select.select([client.socket], [], [], 0)[0], [], "answered already")


class LongWorkTogether(LongWork):
    """The same with workers that help each other."""

    THREADS = "3"

    def test_other_work_is_done_between_the_parts_of_a_batch(self):
        with ready_program(*self.flags) as program, program.connect() as client:
            client.send(predict_request([ROW] * ROWS_MAX))
            for _ in range(3):
                self.assertEqual(program.predict(ROW).status, 200)
            self.assertEqual(select.select([client.socket], [], [], 0)[0], [], "answered already")


if __name__ == "__main__":
    unittest.main()
