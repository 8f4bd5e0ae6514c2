# SPDX-License-Identifier: MIT
"""A control group of our own with a CPU quota, on version 1 and version 2 of cgroups."""

import os
import time
from pathlib import Path

PERIOD_US = 100_000  # what Kubernetes sets


class NoQuota(Exception):
    """No control group with a CPU quota can be made here; the message says why."""


class CpuQuota:
    """Makes a child group that may use `cpus` CPUs, and removes it at the end of the `with`.

    The server joins it through join_file before exec, so that its whole life counts. A new group
    for each server: a group's first period begins with the server, as a new container's does.
    `root` stands before every path, so that tests can lay out a machine in a folder.
    """

    def __init__(self, cpus: float, root: Path = Path("/")) -> None:
        self.quota_us = round(cpus * PERIOD_US)
        self.root = root
        self.enabled_in: Path | None = None

    def __enter__(self) -> "CpuQuota":
        version, bases = self._candidates()
        reasons = []
        for base in bases:
            self.directory = base / f"ml-inference-bench-{os.getpid()}-{time.monotonic_ns()}"
            try:
                self.directory.mkdir()
            except OSError as error:
                reasons.append(f"{base}: {error.strerror}")
                continue
            try:
                self._limit(version, base)
                return self
            except OSError as error:
                reasons.append(f"{base}: {error.strerror}")
                self._remove()
        raise NoQuota("; ".join(reasons) or "no cgroup with the cpu controller is mounted")

    def __exit__(self, *_) -> None:
        self._remove()

    @property
    def join_file(self) -> Path:
        return self.directory / "cgroup.procs"

    def throttling(self) -> dict:
        """Periods with something to run, how many of them were cut short, and for how long."""
        stat = dict(line.split() for line in (self.directory / "cpu.stat").read_text().splitlines())
        nanoseconds = int(stat.get("throttled_time", 0)) + 1000 * int(stat.get("throttled_usec", 0))
        return {
            "periods": int(stat["nr_periods"]),
            "throttled_periods": int(stat["nr_throttled"]),
            "throttled_seconds": nanoseconds / 1e9,
        }

    def _limit(self, version: int, base: Path) -> None:
        if version == 1:
            (self.directory / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self.directory / "cpu.cfs_quota_us").write_text(str(self.quota_us))
            return
        # Version 2: a parent hands the controller down only when told so, and only when it holds
        # no processes itself (the root may).
        if not (self.directory / "cpu.max").exists():
            (base / "cgroup.subtree_control").write_text("+cpu")
            self.enabled_in = base
        (self.directory / "cpu.max").write_text(f"{self.quota_us} {PERIOD_US}")

    def _remove(self) -> None:
        # The last process of a group may take a moment to be gone.
        for _ in range(100):
            try:
                self.directory.rmdir()
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.02)
        else:
            raise RuntimeError(f"cgroup: {self.directory} cannot be removed")
        if self.enabled_in:
            (self.enabled_in / "cgroup.subtree_control").write_text("-cpu")
            self.enabled_in = None

    def _candidates(self) -> tuple[int, list[Path]]:
        """The version, and the groups to try as parent: our own first, then upwards to the root."""
        for mount in (self.root / "proc/self/mounts").read_text().splitlines():
            _, point, kind, options, *_ = mount.split()
            if kind == "cgroup" and "cpu" in options.split(","):
                return 1, self._upwards(point, lambda names: "cpu" in names.split(","))
            if kind == "cgroup2":
                point_path = self.root / point.lstrip("/")
                if "cpu" in (point_path / "cgroup.controllers").read_text().split():
                    return 2, self._upwards(point, lambda names: names == "")
        return 0, []

    def _upwards(self, point: str, is_hierarchy) -> list[Path]:
        mount = self.root / point.lstrip("/")
        own = ""
        for line in (self.root / "proc/self/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            if is_hierarchy(names):
                own = path.lstrip("/")
        group = mount / own if (mount / own).is_dir() else mount
        above = [group, *group.parents]
        return above[: above.index(mount) + 1]
