#!/usr/bin/env python3
"""`linqu bench`: what it says, what it leaves, and that ours stays within generous reach of the bare programs.

limit: 300 s"""

import glob
import json
import os
import signal

import tree
from tree import claim, large, linqu, need, start, until

# ratios that only a mistake reaches: several times what was measured on two busy cores
MOST = {"startup": 8, "round": 8, "pingpong": 8, "metg.no_comm": 20, "memory.mean": 12}
LEAST = {"tasks.1": 0.01, "tasks.16": 0.02, "chain": 0.05, "tensor.64M.sibling": 0.03}


def bench(base, *words):
    done = linqu("bench", "--base", base, "--json", *words, seconds=240).expect(0)
    result = done.json()
    need(result["schema"] == "linqu.bench/1", "the schema is %s", result["schema"])
    need(not [name for name in os.listdir(base) if name.startswith(".bench")], "bench leaves %s", os.listdir(base))
    return {figure["name"]: figure for figure in result["figures"]}, result


@claim
def startup_says_ours_and_bare(base):
    figures, result = bench(base, "startup", "--topology", "1x2x2", "--repeat", "3")
    need(set(figures) == {"startup", "startup.node", "stop"}, "the figures are %s", sorted(figures))
    for figure in figures.values():
        need(figure["n"] == 3 and figure["p10"] <= figure["median"] <= figure["p90"], "not three samples: %s", figure)
        need(figure["bare"] > 0 and figure["ratio"] > 0, "nothing bare in %s", figure)
    need(result["topology"] == "1x2x2" and result["machine"]["processors"] >= 1, "machine: %s", result["machine"])
    need(len(result["load"]["before"]) == 3, "load: %s", result["load"])


@large
def ours_is_within_reach_of_the_bare_programs(base):
    figures, _ = bench(base, "--topology", "2x2x2", "--repeat", "1")
    for name in ("metg.stencil_1d", "metg.fft", "metg.tree", "metg.nearest", "tasks.tree", "tensor.1M.up", "memory.L3", "memory.worked"):
        need(figures[name]["median"] > 0, "%s was not measured: %s", name, figures[name])
    for name, most in MOST.items():
        need(figures[name]["ratio"] <= most, "%s takes %s of the bare program, at most %s", name,
             figures[name]["ratio"], most)
    for name, least in LEAST.items():
        need(figures[name]["ratio"] >= least, "%s is %s of the bare program, at least %s", name,
             figures[name]["ratio"], least)
    print("note " + ", ".join(f"{name} {figures[name]['ratio']}" for name in [*MOST, *LEAST]))


@claim
def what_a_topology_file_sets_is_set_for_its_runs(base):
    os.makedirs(base)
    path = os.path.join(base, "small.topo")
    with open(path, "w", encoding="utf-8") as file:
        file.write("1x1x2\nlogical_system = measured\nring_capacity = task=16,buffer=64K\n")
    process = start([tree.LINQU, "bench", "round", "--base", base, "--topology", path, "--repeat", "1"],
                    stdout=tree.subprocess.DEVNULL, stderr=tree.subprocess.DEVNULL, env=tree.environment())

    def names():
        for found in glob.glob(base + "/.bench-*/whole/state.map"):
            with open(found, "rb") as file:
                return b"measured" in file.read(4096)
        return None
    until(lambda: names() or process.poll() is not None, "a run of the bench has its name", 30)
    need(process.poll() is None, "no run had the name of the file's system")
    need(process.wait(60) == 0, "it exits with %s", process.returncode)


@claim
def an_earlier_run_of_this_machine_stands_beside(base):
    _, earlier = bench(base, "startup", "--topology", "1x1x1", "--repeat", "1")
    os.makedirs(base, exist_ok=True)
    path = os.path.join(base, "earlier.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(earlier, file)
    figures, _ = bench(base, "startup", "--topology", "1x1x1", "--repeat", "1", "--compare", path)
    before = [figure for figure in earlier["figures"] if figure["name"] == "stop"][0]
    need(figures["stop"]["before"] == {"median": before["median"], "ratio": before["ratio"]}, "%s", figures["stop"])
    earlier["machine"]["processors"] += 1
    with open(path, "w", encoding="utf-8") as file:
        json.dump(earlier, file)
    need("another machine" in linqu("bench", "--base", base, "--compare", path).expect(2).sentence(), "no refusal")


@claim
def a_wrong_word_is_refused(base):
    need("no bench" in linqu("bench", "--base", base, "speed").expect(2).sentence(), "taken")
    linqu("bench", "--base", base, "--topology", "0x1").expect(2)


@claim
def an_interruption_leaves_nothing(base):
    process = start([tree.LINQU, "bench", "round", "--base", base, "--topology", "1x1x2", "--repeat", "1000", "--json"],
                    stdout=tree.subprocess.DEVNULL, stderr=tree.subprocess.DEVNULL, env=tree.environment())
    until(lambda: any(name.startswith(".bench") and os.path.exists(os.path.join(base, name, "whole", "state.map"))
                      for name in (os.listdir(base) if os.path.isdir(base) else [])), "a run of the bench")
    process.send_signal(signal.SIGINT)
    status = process.wait(60)
    tree.children.pop(process.pid)
    need(status == 130, "it exits with %d", status)
    need(not [name for name in os.listdir(base) if name.startswith(".bench")], "it leaves %s", os.listdir(base))


tree.main()
