#!/usr/bin/env python3
"""17,489 idle nodes for a minute: no suspicion, no restart, at most a tenth of one core."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tree"))
import tree  # pylint: disable=wrong-import-position
from tree import claim, held, need, until  # pylint: disable=wrong-import-position

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
CORE_MOST = 0.10


def cpu_s(pids):
    """Processor time of these processes so far, in seconds."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rsplit(b")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_A_SECOND


def idle(base, spec, seconds):
    with held(base, spec) as run:
        pids = run.pids() + [run.launcher]
        said = len(run.events())
        before, begun = cpu_s(pids), time.monotonic()
        until(lambda: time.monotonic() - begun >= seconds, "the time is over", seconds + 1)
        used, took = cpu_s(pids) - before, time.monotonic() - begun
        print(f"note {spec} idle for {took:.0f} s: {100 * used / took:.1f} % of a core")
        for event in run.events()[said:]:
            need(event["event"] not in ("slow", "dead", "left", "failure"), "it says: %s", event)
        need(used <= CORE_MOST * took, "%.1f %% of a core, at most %.0f", 100 * used / took, 100 * CORE_MOST)


@claim
def all_nodes_idle_for_a_minute(base):
    idle(base, "16x4x16x16", 60)


@claim
def a_thousand_nodes_idle_for_a_minute(base):
    idle(base, "16x4x16", 60)


tree.main()
