#!/usr/bin/env python3
"""Trees of many shapes come up, verify themselves, show every file they should, and go down without a trace.
limit: 300 s"""

import os
import re
import subprocess

import tree
from tree import claim, large, need, soaking

CHECKS = {"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"}
ZERO = {"processes": 0, "descriptors": 0, "shared_memory": 0, "sockets": 0}
LOG_LINE = re.compile(r"ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z "
                      r'lvl=\w+ node=(\S+) pid=(\d+) comp=\w+( \S+=\S+)* msg="')


def run_through(base, spec):
    """Start it, let it end by itself, and check what it says of itself. Returns the run."""
    run = tree.Run(base, spec, "--json")
    run.expect_end(0, 2 * run.patience_s()).expect_nothing_left()
    report = run.json("run.json")
    need(run.out() == run.read("run.json"), "--json prints something else than run.json holds")
    need(report["schema"] == "linqu.run/1" and report["run"] == "t", "run.json: %s %s", report["schema"], report["run"])
    need(report["nodes"] == run.shape.count(), "run.json counts %s nodes, not %d", report["nodes"], run.shape.count())
    need((report["result"], report["exit_code"]) == ("pass", 0), "run.json: %s", report["result"])
    need(report["leaks"] == ZERO, "run.json: left behind %s", report["leaks"])
    return run


def check_scenario(run):
    scenario = run.json("run.json")["scenarios"][0]
    need(scenario["name"] == "topology" and scenario["result"] == "pass", "scenario: %s", scenario)
    seen = {check["name"] for check in scenario["checks"]}
    need(CHECKS <= seen, "the scenario lacks the checks %s", sorted(CHECKS - seen))
    for check in scenario["checks"]:
        need(check["result"] == "pass" and check["detail"], "check %s: %s", check["name"], check)


def log_of(run, node):
    if node.level == 2:
        return os.path.join(run.path, node.parent.path, "logs", f"L2_{node.index[2]}.log")
    return os.path.join(run.path, node.path, "logs", "daemon.log")


def check_log(run, node, pid):
    """A log from the start, every line of it whole, each from this node's process."""
    with open(log_of(run, node), encoding="utf-8") as file:
        lines = file.read().splitlines(keepends=True)
    need(lines, "%s has an empty log", node.path)
    for line in lines:
        match = LOG_LINE.match(line)
        need(match and line.endswith("\n") and len(line) <= 512, "%s: no log line: %r", node.path, line)
        need(match.group(1) == node.path, "%s: a line of %s in its log", node.path, match.group(1))
        need(int(match.group(2)) == pid, "%s: a line of process %s, its own is %d", node.path, match.group(2), pid)


def check_files(run):
    """Each node its log; down to the hosts a directory with the pid; a chip no directory."""
    pids = [run.state().pid(node.rank) for node in run.shape.nodes]
    need(len(set(pids)) == len(pids) and 0 not in pids, "the nodes are not distinct processes")
    for node, pid in zip(run.shape.nodes, pids):
        check_log(run, node, pid)
        folder = os.path.join(run.path, node.path)
        if node.level == 2:
            need(not os.path.exists(folder), "the chip %s has a directory", node.path)
            continue
        with open(folder + "/daemon.pid", encoding="utf-8") as file:
            need(int(file.read()) == pid, "%s/daemon.pid is not %d", node.path, pid)


def check_modes(run):
    for folder, _, names in os.walk(run.path):
        need(os.stat(folder).st_mode & 0o777 == 0o700, "%s has mode %o", folder, os.stat(folder).st_mode)
        for name in names:
            mode = os.stat(os.path.join(folder, name)).st_mode & 0o777
            need(mode & 0o077 == 0, "%s/%s has mode %o", folder, name, mode)


def simulated_ip(node):
    l6, l5, l4, l3 = (node.index.get(level, 0) for level in (6, 5, 4, 3))
    return f"fd00::{l6:x}:{l5:x}:{l4:x}:{l3:x}" if l3 > 255 else f"10.{l5}.{l4}.{l3}"


def check_identity(run, host, pid):
    identity = run.json(host.path + "/logs/identity.json")
    expected = {f"l{level}": host.index.get(level, 0) for level in (6, 5, 4, 3)}
    need(identity["coordinate"] == expected, "%s: coordinate %s", host.path, identity["coordinate"])
    need(identity["level"] == 3 and identity["pid"] == pid, "%s: %s", host.path, identity)
    need(identity["global_index"] == host.global_index, "%s: index %s", host.path, identity["global_index"])
    need(identity["simulated_ip"] == simulated_ip(host), "%s: address %s", host.path, identity["simulated_ip"])
    need(identity["logical_system"] == "linqu", "%s: system %s", host.path, identity["logical_system"])
    need(identity["socket_path"] == os.path.join(run.path, host.path, "daemon_L3.sock"), "%s: socket %s", host.path,
         identity["socket_path"])


def check_discovery(run, host):
    """What a host knows of its neighbours, against a count of our own."""
    found = run.json(host.path + "/logs/discovery.json")
    siblings = [node.index[3] for node in host.parent.children if node is not host]
    need([peer["l3"] for peer in found["same_pod_peers"]] == siblings, "%s: its peers are %s", host.path,
         found["same_pod_peers"])
    need(all(peer["status"] in ("live", "slow") for peer in found["same_pod_peers"]), "%s: a peer is not live", host.path)
    need(found["same_pod_count"] == len(siblings) + 1, "%s: same_pod_count %s", host.path, found["same_pod_count"])
    if {6, 5, 4} <= host.index.keys():
        pods = host.ancestor(5).children
        need(found["same_supernode_total"] == sum(len(pod.children) for pod in pods), "%s: %s", host.path, found)
        need(found["same_supernode_peers_by_pod"] == {f"L4_{pod.index[4]}": len(pod.children) for pod in pods},
             "%s: %s", host.path, found["same_supernode_peers_by_pod"])
        need(found["cluster_supernodes"] == len(host.ancestor(6).children), "%s: %s", host.path, found)
    hosts = sum(node.level == 3 for node in host.ancestor(6).subtree())
    need(found["cluster_total_hosts"] == hosts, "%s: cluster_total_hosts %s", host.path, found["cluster_total_hosts"])


def check_hosts(run):
    for host in run.shape.at(3):
        check_identity(run, host, run.state().pid(host.rank))
        check_discovery(run, host)


def check_whole(base, spec):
    run = run_through(base, spec)
    check_scenario(run)
    check_files(run)
    check_modes(run)
    check_hosts(run)


@claim
def a_small_tree_shows_all_it_should(base):
    check_whole(base, "2x2x2")


@claim
def one_of_each(base):
    check_whole(base, "1x1x1")


@claim
def a_single_pod(base):
    check_whole(base, "1x1x16")


@large
def a_single_supernode(base):
    check_whole(base, "1x4x16")


@large
def no_factor_is_special(base):
    check_whole(base, "3x5x7")


@claim
def chips_have_a_log_with_their_host(base):
    check_whole(base, "2x2x2x3")


@claim
def a_level_may_be_left_out(base):
    check_whole(base, "L6:1 L4:3 L3:2")


@claim
def several_clusters_under_one_root(base):
    check_whole(base, "L7:1 L6:2 L5:2 L4:1 L3:2")


@large
def more_hosts_than_an_address_octet_counts(base):
    check_whole(base, "1x1x300")


@large
def the_virtual_cluster_of_1024_hosts(base):
    check_whole(base, "16x4x16")


@soaking
def all_17489_nodes(base):
    """Every node READY and with its log; of the files only as many as show that they are there."""
    run = run_through(base, "16x4x16x16")
    check_scenario(run)
    for node in run.shape.nodes:
        need(run.state().life(node.rank) == "stopped", "%s is %s", node.path, run.state().life(node.rank))
        need(os.path.getsize(log_of(run, node)) > 0, "%s has an empty log", node.path)
    for host in run.shape.at(3)[::97]:
        check_identity(run, host, run.state().pid(host.rank))
        check_discovery(run, host)


@claim
def a_run_is_named_and_found(base):
    """Its directory is its name; `latest` leads there; another run of that name takes the place of a dead one."""
    run_through(base, "1x1x2")
    need(os.path.realpath(base + "/latest") == os.path.realpath(base + "/t"), "latest leads to %s",
         os.path.realpath(base + "/latest"))
    first = os.stat(base + "/t/run.json").st_mtime_ns
    run_through(base, "1x1x2")
    need(os.stat(base + "/t/run.json").st_mtime_ns != first, "the second run of that name left the first one's files")


def processors_of(run, node):
    return os.sched_getaffinity(run.pid(node.path))


@claim
def subtrees_keep_to_a_processor_each_unless_it_is_off(base):
    allowed = os.sched_getaffinity(0)
    width = max(2, len(allowed))
    run = tree.Run(base, f"{width}x1x2", "--hold").until_ready()
    need(processors_of(run, run.shape.top()) == allowed, "the top is bound")
    used = []
    for head in run.shape.top().children:
        own = processors_of(run, head)
        need(len(own) == 1 and own <= allowed, "%s may use %s of %s", head.path, own, allowed)
        need(all(processors_of(run, node) == own for node in head.subtree()), "a node below %s is elsewhere", head.path)
        used += own
    need(sorted(used) == sorted(allowed) or len(allowed) == 1, "%s for %s", used, allowed)
    run.interrupt()
    run.expect_end(0).expect_nothing_left()
    free = tree.Run(base, f"{width}x1x2", "--hold", "--bind", "off", name="free").until_ready()
    for node in free.shape.nodes:
        need(processors_of(free, node) == allowed, "%s is bound", node.path)
    free.interrupt()
    free.expect_end(0).expect_nothing_left()
    refusal = tree.linqu("run", "--base", base, "--bind", "maybe").expect(2).sentence()
    need("`on` or `off`" in refusal, "it says: %s", refusal)


def mappings(pid):
    """(from, to, name) in their order."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        lines = [line.split(maxsplit=5) for line in file]
    return [(*(int(end, 16) for end in line[0].split("-")), line[5].strip() if len(line) > 5 else "") for line in lines]


@large
def memory_of_a_node_lies_close_together(base):
    """Heap behind data, the stack beside libc; and programs that a node starts are as they would be elsewhere."""
    if subprocess.call(["setarch", "-R", "true"], stderr=subprocess.DEVNULL):
        raise tree.Skip("this machine does not let a program choose its layout")
    with tree.held(base, "1x1x2") as run:
        pid = run.pids()[-1]
        with open(f"/proc/{pid}/syscall", encoding="utf-8") as file:
            stack_pointer = int(file.read().split()[-2], 16)
        places = mappings(pid)
        heap = next(at for at in places if at[2] == "[heap]")
        libc = next(at for at in places if "libc.so" in at[2])
        need(any(at[1] == heap[0] for at in places), "nothing ends where the heap begins: %s", places)
        need(0 < libc[0] - stack_pointer < 1 << 20, "the stack is at %x, libc at %x", stack_pointer, libc[0])
        with open(f"/proc/{pid}/personality", encoding="utf-8") as file:
            need(int(file.read(), 16) == 0, "what it starts is not as elsewhere")
        for process in (pid, run.launcher):
            with open(f"/proc/{process}/comm", encoding="utf-8") as file:
                need(file.read() == "linqu\n", "ps does not call it linqu")


@claim
def a_dry_run_says_what_would_be_made_and_makes_nothing(base):
    done = tree.linqu("run", "--base", base, "--topology", "16x4x16", "--dry-run").expect(0)
    need("1,105" in done.out, "it does not count the nodes: %s", done.out)
    need(not os.path.exists(base), "it made %s", base)


tree.main()
