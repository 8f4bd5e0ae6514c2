# SPDX-License-Identifier: MIT
"""The rules, alerts and panels as the component `monitoring` holds them: its files are the source,
and what Prometheus and promtool are given is taken out of them here."""
import copy
import json
import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "k8s" / "components" / "monitoring"
ALERT_TESTS = sorted((pathlib.Path(__file__).parent / "alerts").glob("*.yaml"))


def spec():
    """The rules as Prometheus itself reads them from a file."""
    return yaml.safe_load((MONITORING / "prometheus-rule.yaml").read_text())["spec"]


def rules():
    return [rule for group in spec()["groups"] for rule in group["rules"]]


def alerts():
    """{name: rule} of all alerts."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def adapter_rules():
    """The rules of prometheus-adapter, which makes a metric for the autoscaler of a counter."""
    return yaml.safe_load((MONITORING / "adapter-config.yaml").read_text())["rules"]


def write(path, annotations=None):
    """Writes the rules to a file. `annotations`: the names of those that stay, all by default."""
    written = copy.deepcopy(spec())
    for rule in [rule for group in written["groups"] for rule in group["rules"]]:
        if annotations is not None and "alert" in rule:
            rule["annotations"] = {name: rule["annotations"][name] for name in annotations}
    pathlib.Path(path).write_text(yaml.safe_dump(written, sort_keys=False))


def dashboard():
    return json.loads((MONITORING / "dashboard.json").read_text())


def panels():
    """The panels of the dashboard that ask something; rows are only headings."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]
