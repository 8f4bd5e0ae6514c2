# SPDX-License-Identifier: MIT
"""Reads container logs and makes documents of them as Fluent Bit would by a configuration of ours.

It knows the plug-ins and options that the component `logging` uses, and refuses any other: what it
does not understand it must not pretend to have tested.
"""
import datetime
import fnmatch
import hashlib
import json
import pathlib
import re

KNOWN = {
    "tail": {"name", "tag", "path", "multiline.parser", "db", "mem_buf_limit"},
    "kubernetes": {"name", "match", "merge_log", "merge_parser", "keep_log", "labels",
                   "annotations"},
    "es": {"name", "match", "host", "port", "logstash_format", "logstash_prefix",
           "logstash_dateformat", "time_key", "generate_id", "suppress_type_name", "retry_limit"},
    "json": {"name", "format", "time_key", "time_format", "time_keep"},
}
# How the kubelet names a container's log: pod, namespace, container, container id.
FILE_NAME = re.compile(r"(?P<pod_name>[^_]+)_(?P<namespace_name>[^_]+)_(?P<container_name>.+)-"
                       r"(?P<container_id>[0-9a-f]{64})\.log")
# The runtime's frame (CRI): time, stream, F for a whole line and P for a part of one.
FRAME = re.compile(r"(?P<time>\S+) (?P<stream>stdout|stderr) (?P<part>[FP]) (?P<log>.*)")


def plug_in(configuration, kind, name):
    [found] = configuration["pipeline"][kind]
    assert found["name"] == name, f"{kind}: {found['name']}, expected {name}"
    assert set(found) <= KNOWN[name], f"{name}: options {set(found) - KNOWN[name]} are not known"
    return found


class Shipper:
    """configuration  the parsed fluent-bit.yaml."""

    def __init__(self, configuration):
        self.input = plug_in(configuration, "inputs", "tail")
        self.filter = plug_in(configuration, "filters", "kubernetes")
        self.output = plug_in(configuration, "outputs", "es")
        parsers = {parser["name"]: parser for parser in configuration["parsers"]}
        self.parser = parsers[self.filter["merge_parser"]]
        assert self.parser["format"] == "json" and set(self.parser) <= KNOWN["json"]
        assert self.input["multiline.parser"] == "cri"
        assert self.filter["merge_log"] and self.output["logstash_format"]

    def takes(self, name):
        """Whether the input's pattern matches a file of that name in /var/log/containers."""
        return fnmatch.fnmatchcase(f"/var/log/containers/{name}", self.input["path"])

    def records(self, path):
        """(time, record) of each line; parts of a long line are put together first."""
        where = FILE_NAME.fullmatch(path.name).groupdict()
        parts = ""
        for line in path.read_text().splitlines():
            frame = FRAME.fullmatch(line)
            parts += frame["log"]
            if frame["part"] == "F":
                yield self.record(frame["time"], frame["stream"], parts, where)
                parts = ""

    def record(self, time, stream, line, where):
        record = {"stream": stream, "kubernetes": where}
        try:
            merged = json.loads(line)
        except ValueError:
            return datetime.datetime.fromisoformat(time), record | {"log": line}
        # %L of Fluent Bit is a fraction of a second, which is %f here.
        form = self.parser["time_format"].replace("%L", "%f").replace("Z", "%z")
        return (datetime.datetime.strptime(merged[self.parser["time_key"]], form),
                record | merged)

    def bulk(self, folder, document_type=None):
        """The body of _bulk for all files of a folder that the input takes."""
        lines = []
        for path in sorted(pathlib.Path(folder).iterdir()):
            if not self.takes(path.name):
                continue
            for time, record in self.records(path):
                record[self.output["time_key"]] = time.isoformat()
                text = json.dumps(record)
                day = time.strftime(self.output["logstash_dateformat"])
                action = {"_index": f"{self.output['logstash_prefix']}-{day}"}
                if self.output["generate_id"]:
                    action["_id"] = hashlib.sha256(text.encode()).hexdigest()[:32]
                if document_type:
                    action["_type"] = document_type
                lines += [json.dumps({"index": action}), text]
        return "\n".join(lines) + "\n"
