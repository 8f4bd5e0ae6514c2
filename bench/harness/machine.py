# SPDX-License-Identifier: MIT
"""What a report has to say about where it was made, and what else ran there meanwhile."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

SIMD_FLAGS = ("sse4_1", "avx2", "avx512f", "avx512bw", "avx512vl", "avx512_vbmi", "asimd")
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


def facts(repository: Path) -> dict:
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(repository),
        "cpu": _cpu_model(),
        "cpu_count": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "kernel": f"{platform.system()} {platform.release()}",
        "system": _system(),
        "compiler": _first_line("g++", "--version"),
    }


def cpu_facts(cpu: int) -> dict:
    """What decides how fast code runs there: SIMD, its clock's governor, and what else runs."""
    governor = Path(f"/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor")
    return {
        "simd": simd(Path("/proc/cpuinfo").read_text()),
        "governor": governor.read_text().strip() if governor.exists() else "not to be seen",
        "load": os.getloadavg()[0],
    }


def simd(cpuinfo: str) -> str:
    """The extensions that engines are written for, of those that /proc/cpuinfo names."""
    lines = (line for line in cpuinfo.splitlines() if line.startswith(("flags", "Features")))
    flags = next(lines, "")
    has = set(flags.partition(":")[2].split())
    return " ".join(flag for flag in SIMD_FLAGS if flag in has) or "none"


def machine_cpu_seconds() -> float:
    """CPU time of everything since boot, with what the hypervisor took for others (steal)."""
    user, nice, system, _idle, _wait, irq, softirq, steal, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) * TICK_SECONDS


@dataclass
class Usage:
    cpu_seconds: float
    resident_bytes: int


def group_usage(process_group: int) -> Usage:
    """utime + stime and VmRSS, summed over the processes of a process group."""
    cpu = resident = 0
    for directory in Path("/proc").iterdir():
        if not directory.name.isdigit():
            continue
        try:
            # The second field is a name in brackets that may itself hold blanks and brackets.
            fields = (directory / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == process_group:
            cpu += sum(map(int, fields[11:15]))  # own and reaped children's, user and system
            resident += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return Usage(cpu * TICK_SECONDS, resident)


def _commit(repository: Path) -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(repository), *arguments]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "src", "bench", "cmake")
    return git("rev-parse", "--short=12", "HEAD") + (" with uncommitted changes" if changed else "")


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    names = dict(line.split("=", 1) for line in lines if "=" in line)
    return names.get("PRETTY_NAME", "unknown").strip('"')


def _first_line(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[0]
