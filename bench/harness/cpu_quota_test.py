# SPDX-License-Identifier: MIT
"""Lays out machines with cgroup version 1 and 2 in a folder. A folder cannot refuse or make files
as the kernel does, so the files that the kernel would bring are made by hand."""

import tempfile
import unittest
from pathlib import Path

from harness.cpu_quota import CpuQuota, NoQuota


def machine(root: Path, mounts: str, own: str) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mounts").write_text(mounts)
    (root / "proc/self/cgroup").write_text(own)


class CpuQuotaTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)

    def tearDown(self) -> None:
        self.folder.cleanup()

    def test_version_1_writes_period_and_quota_below_our_own_group(self) -> None:
        machine(self.root, "cgroup /cg/cpu cgroup rw,cpu,cpuacct 0 0\n", "4:cpu,cpuacct:/a/b\n")
        (self.root / "cg/cpu/a/b").mkdir(parents=True)
        quota = CpuQuota(0.5, self.root)
        quota._remove = lambda: None  # the made-up files would keep the folder from going
        with quota:
            self.assertEqual(quota.directory.parent, self.root / "cg/cpu/a/b")
            self.assertEqual((quota.directory / "cpu.cfs_quota_us").read_text(), "50000")
            self.assertEqual((quota.directory / "cpu.cfs_period_us").read_text(), "100000")

    def test_version_2_asks_the_parent_for_the_controller_and_writes_cpu_max(self) -> None:
        machine(self.root, "cgroup2 /cg cgroup2 rw 0 0\n", "0::/\n")
        (self.root / "cg").mkdir()
        (self.root / "cg/cgroup.controllers").write_text("cpu memory\n")
        quota = CpuQuota(0.1, self.root)
        quota._remove = lambda: None
        with quota:
            self.assertEqual((self.root / "cg/cgroup.subtree_control").read_text(), "+cpu")
            self.assertEqual((quota.directory / "cpu.max").read_text(), "10000 100000")

    def test_reads_throttling_of_both_versions(self) -> None:
        quota = CpuQuota(0.1, self.root)
        quota.directory = self.root
        for text in ("throttled_time 2500000000", "throttled_usec 2500000"):
            (self.root / "cpu.stat").write_text(f"nr_periods 10\nnr_throttled 4\n{text}\n")
            expected = {"periods": 10, "throttled_periods": 4, "throttled_seconds": 2.5}
            self.assertEqual(quota.throttling(), expected)

    def test_says_why_there_is_none(self) -> None:
        machine(self.root, "tmpfs / tmpfs rw 0 0\n", "0::/\n")
        with self.assertRaises(NoQuota):
            CpuQuota(0.1, self.root).__enter__()


if __name__ == "__main__":
    unittest.main()
