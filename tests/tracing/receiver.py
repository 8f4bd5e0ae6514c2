# SPDX-License-Identifier: MIT
"""A receiver of traces on a free port, on OpenTelemetry's own messages, that can misbehave."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from program import PATIENCE_S


class Receiver:
    """Keeps what it takes. Use it in a `with`.

    answers  statuses of the first exports, in order, as (status, headers); after them it is 200.
    hang     whether it reads each request and never answers.
    """

    def __init__(self, answers=(), hang=False):
        self.answers = list(answers)
        self.hang = hang
        self.released = threading.Event()
        self.news = threading.Condition()
        self.requests = []
        self.paths = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.take(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a program that was killed while it waited for the answer

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.news:
            self.paths.append((handler.path, handler.headers["Content-Type"]))
            status, headers = self.answers.pop(0) if self.answers else (200, {})
            if status == 200 and not self.hang:
                self.requests.append(service.ExportTraceServiceRequest.FromString(body))
            self.news.notify_all()
        if self.hang:
            self.released.wait()
            return
        answer = service.ExportTraceServiceResponse().SerializeToString()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/x-protobuf",
                            "Content-Length": str(len(answer)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer)

    def spans(self):
        """All spans so far, in the order of their arrival."""
        return [span for request in self.requests for group in request.resource_spans
                for scope in group.scope_spans for span in scope.spans]

    def resource(self):
        """What the first export says of the process."""
        attributes = self.requests[0].resource_spans[0].resource.attributes
        return {item.key: item.value.string_value for item in attributes}

    def wait_for_requests(self, count):
        """Until so many exports have come, whatever was answered."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.paths) >= count, PATIENCE_S), self.paths

    def wait_for_spans(self, count):
        with self.news:
            assert self.news.wait_for(lambda: len(self.spans()) >= count, PATIENCE_S), self.spans()
            return self.spans()


def attributes_of(span):
    """Its attributes as a dict."""
    return {item.key: getattr(item.value, item.value.WhichOneof("value"))
            for item in span.attributes}
