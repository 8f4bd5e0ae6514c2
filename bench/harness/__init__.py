# SPDX-License-Identifier: MIT
"""The parts of bench/run: what to measure (plan, targets), how (session, cpu_quota, machine), and
what to say about it (report)."""
