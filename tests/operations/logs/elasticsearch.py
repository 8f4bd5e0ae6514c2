# SPDX-License-Identifier: MIT
"""Starts a real Elasticsearch on the loopback, in a folder of its own, and speaks JSON to it."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

PATIENCE_S = 180
NOBODY = 65534
SETTINGS = """\
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport}
discovery.type: single-node
xpack.ml.enabled: false
xpack.security.enabled: false
indices.lifecycle.poll_interval: 1s
cluster.routing.allocation.disk.threshold_enabled: false
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Elasticsearch:
    """Use it in a `with`: it is killed, and its folder deleted, at the end."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        with zipfile.ZipFile(os.environ["ELASTICSEARCH_ZIP"]) as archive:
            archive.extractall(self.folder)
        [home] = self.folder.iterdir()
        for executable in home.rglob("bin/*"):  # which the archive says and zipfile forgets
            executable.chmod(0o755)
        self.port = free_port()
        (home / "config" / "elasticsearch.yml").write_text(
            SETTINGS.format(port=self.port, transport=free_port()))
        as_user = []
        if os.getuid() == 0:
            as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", self.folder], check=True)
        self.log = open(self.folder / "out", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [*as_user, home / "bin" / "elasticsearch"], stdout=self.log,
            stderr=self.log, cwd=home,
            env={**os.environ, "ES_JAVA_OPTS": "-Xms512m -Xmx512m", "HOME": str(home)})
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder)

    def _wait(self):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=60s")
            except (OSError, urllib.error.URLError):
                self.log.seek(0)
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise TimeoutError(self.log.read()[-3000:]) from None
                time.sleep(0.2)

    def ask(self, method, path, body=None, kind="application/json"):
        data = body.encode() if isinstance(body, str) else body and json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method,
                                         headers={"Content-Type": kind})
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise AssertionError(f"{method} {path}: {refusal.code} {refusal.read()}") from None
