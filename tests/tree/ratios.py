#!/usr/bin/env python3
"""What ours costs against the bare tree of the same shape, in turn on the same machine: time to READY, one round down
and up, memory a node. As a test it prints READY and memory at 16x4x16 and holds them to their limits. The round is
held to its own by `make soak`. By hand, for any shape:

    tests/tree/ratios.py SHAPE [REPEATS]

limit: 300 s"""

import contextlib
import os
import re
import statistics
import sys

import tree
from tree import large, need, soaking

START_MOST, ROUND_MOST, PSS_KIB_MOST = 2.5, 1.5, 400
LARGE_TEXT_NODES = 256  # from there on a tree's code lies in large pages


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1))


def large_text_kib(pid):
    """What of its code a process has in large pages that are no file's."""
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
        parts = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", file.read(), flags=re.M)
    return sum(int(re.search(r"^AnonHugePages:\s+(\d+)", part, re.M).group(1)) for part in parts if " r-xp " in part)


def machine_gives_large_pages():
    if tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", os.uname().release).groups()) < (6, 1):
        return False
    with contextlib.suppress(FileNotFoundError), open("/sys/kernel/mm/transparent_hugepage/enabled",
                                                      encoding="utf-8") as file:
        return "[never]" not in file.read()
    return False


def ours(base, spec, rounds):
    """One run of ours: {up_s, pss_kib}, and with `rounds` round_s: the check of that name of the scenario topology. Without, one
    kernel runs at the top, and no other node has a task."""
    run = tree.Run(base, spec, "--hold", "topology" if rounds else "bench_start.so")
    run.waits_for(lambda: run.event("scenario_ended" if rounds else "kernel_ended") and run.state().phase() == "ready",
                  "its work is done", run.patience_s())
    sizes = [pss_kib(pid) for pid in run.pids()]
    if len(sizes) >= LARGE_TEXT_NODES and machine_gives_large_pages():
        need(large_text_kib(run.pids()[-1]) > 0, "the last leaf's code is not in a large page")
    run.interrupt()
    run.expect_end(0).expect_nothing_left()
    figures = {"up_s": run.json("run.json")["phases"]["start_ms"] / 1000, "pss_kib": sum(sizes) / len(sizes)}
    if rounds:
        figures["round_s"] = float(re.search(r"^\s+round .* answered in ([\d.]+) ms", run.out(), re.M).group(1)) / 1000
    return figures


def measure(base, spec, repeats, rounds):
    """Both in turn, medians of all: (ours, bare). The files of both stay until all is measured: a file system without a
    journal takes long to make files where others were removed in the minute before."""
    pairs = [(ours(f"{base}-{i}", spec, rounds), tree.bare(spec, files=f"{base}-bare-{i}")) for i in range(repeats)]
    return [{name: statistics.median(figures[name] for figures in side) for name in side[0] if
             isinstance(side[0][name], float)} for side in zip(*pairs)]


def table(spec, mine, bare):
    yield f"{spec}: READY {mine['up_s']:.3f} s, bare {bare['up_s']:.3f} s, ratio {mine['up_s'] / bare['up_s']:.2f}"
    if "round_s" in mine:
        yield (f"{spec}: round {mine['round_s'] * 1000:.2f} ms, bare {bare['round_s'] * 1000:.2f} ms, "
               f"ratio {mine['round_s'] / bare['round_s']:.2f}")
    yield f"{spec}: {mine['pss_kib']:.0f} KiB proportional set size a node"


@large
def the_tree_costs_little_more_than_bare_processes(base):
    mine, bare = measure(base, "16x4x16", 3, False)
    for line in table("16x4x16", mine, bare):
        print("note " + line)
    need(mine["up_s"] <= START_MOST * bare["up_s"], "READY takes %.2f of the bare tree's time, at most %.1f",
         mine["up_s"] / bare["up_s"], START_MOST)
    need(mine["pss_kib"] <= PSS_KIB_MOST, "%.0f KiB a node, at most %d", mine["pss_kib"], PSS_KIB_MOST)


@soaking
def a_round_costs_little_more_than_over_socket_pairs(base):
    mine, bare = measure(base, "16x4x16", 5, True)
    need(mine["round_s"] <= ROUND_MOST * bare["round_s"], "a round takes %.2f of the bare tree's time, at most %.1f",
         mine["round_s"] / bare["round_s"], ROUND_MOST)


if len(sys.argv) > 1 and "x" in sys.argv[1]:
    with tree.tempfile.TemporaryDirectory(prefix="lq-") as place:
        for row in table(sys.argv[1], *measure(os.path.join(place, "base"), sys.argv[1], int((sys.argv + ["3"])[2]), True)):
            print(row)
else:
    tree.main()
