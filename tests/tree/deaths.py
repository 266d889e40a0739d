#!/usr/bin/env python3
"""SIGKILL of any one process, before READY, at work and while stopping: its subtree is gone at once, the rest lives on
and says who died of what, nothing hangs and nothing is left.
limit: 400 s"""

import os
import signal

import tree
from kernel_source import HOST, WORKER, folder_of, kernel
from tree import claim, large, line_with, need, soaking, until

SPEC = "2x2x2x2"


def pick(run, which):
    return {"leaf": run.shape.leaf, "mid": run.shape.mid, "top": run.shape.top}[which]()


def killed(run, node, limit_s):
    """Kill the node; its whole subtree must be gone within the limit."""
    pids = run.pids(node)
    run.kill(node)
    took = tree.wait_gone(pids, max(limit_s, 10))
    need(took <= limit_s, "the subtree of %s was gone only after %.2f s, at most %.2f", node.path, took, limit_s)
    return took


def expect_told(run, node, *earlier):
    """Who died of what: as an event, in the parent's log, and on the terminal."""
    dead = until(lambda: run.event("dead", node), f"an event says that {node.path} died", 10)
    need("signal 9" in dead["cause"], "the cause of %s: %s", node.path, dead)
    until(lambda: line_with(run.err(), node.path, "signal 9"), "the terminal names node and cause", 10)
    for other in run.events():
        need(other["event"] != "dead" or other["node"] in [n.path for n in (node, *earlier)],
             "it says of another that it died: %s", other)
    if node.parent:
        log = run.read(node.parent.path + "/logs/daemon.log")
        need(line_with(log, node.path, "signal 9"), "the parent's log does not name it:\n%s", log)


def expect_rest_lives(run, node, *earlier):
    gone = {n.path for dead in (node, *earlier) for n in dead.subtree()}
    rest = [n for n in run.shape.nodes if n.path not in gone]
    for other in rest:
        need(tree.alive(run.state().pid(other.rank)), "%s is not alive", other.path)
    worst = run.worst("dead", "failed")
    need(set(worst) == {n.path for n in (node, *earlier)}, "status says of %s: %s", node.path, worst)
    need("signal 9" in worst[node.path]["reason"], "status says of %s: %s", node.path, worst)
    need(worst[node.path]["dead_below"] == sum(1 for _ in node.subtree()) - 1, "status says of %s: %s", node.path, worst)
    out = tree.linqu("status", "--base", run.base, run.name).expect(0).out
    need(line_with(out, "dead", node.path, "signal 9"), "status does not show %s: %s", node.path, out)


def at_work(base, spec, which):
    limit_s = tree.kill_limit_s(spec)  # before the run: both at once would disturb each other
    run = tree.Run(base, spec, "--hold").until_ready()
    node = pick(run, which)
    killed(run, node, limit_s)
    if which != "top":
        expect_told(run, node)
        expect_rest_lives(run, node)
        run.interrupt()
    run.expect_end(5).expect_nothing_left()
    expect_told(run, node)
    need(run.json("run.json")["exit_code"] == 5, "run.json: %s", run.json("run.json")["exit_code"])


@claim
def a_leaf_is_killed_at_work(base):
    at_work(base, SPEC, "leaf")


@claim
def a_middle_node_is_killed_at_work(base):
    at_work(base, SPEC, "mid")


@claim
def the_top_is_killed_at_work(base):
    at_work(base, SPEC, "top")


@large
def a_middle_node_of_many_is_killed_at_work(base):
    at_work(base, "16x4x16", "mid")


@large
def a_host_of_many_is_killed_at_work(base):
    at_work(base, "16x4x16", "leaf")


def launcher_killed(base, spec, *options, **more):
    limit_s = tree.kill_limit_s(spec)
    run = tree.Run(base, spec, "--hold", *options, **more)
    if more:
        run.waits_for(lambda: run.state() and len(run.pids()) == run.shape.count(), "all are forked")
    else:
        run.until_ready("kernel_ended" if options else "scenario_ended")
    pids = run.pids()
    os.kill(run.launcher, signal.SIGKILL)
    took = tree.wait_gone(pids, max(10, limit_s))
    need(took <= limit_s, "the run outlived its launcher by %.2f s, at most %.2f", took, limit_s)
    run.expect_end(-signal.SIGKILL)
    need(not tree.descendants(), "processes are left: %s", [tree.title(pid) for pid in tree.descendants()])
    done = tree.linqu("discover", "--base", base, "--json", "--clean").expect(0)
    need(not os.path.exists(run.path), "discover --clean left %s: %s", run.path, done.out)


@claim
def the_launcher_is_killed_at_work(base):
    launcher_killed(base, SPEC)


@soaking
def the_launcher_of_many_is_killed_at_work(base):
    launcher_killed(base, "16x4x16")


@soaking
def parts_of_all_17489_nodes_are_killed(base):
    """A chip, then a pod with its 272 nodes, then the top."""
    limit_s = tree.kill_limit_s("16x4x16x16", "--rounds", "1")
    run = tree.Run(base, "16x4x16x16", "--hold", "bench_start.so").until_ready("kernel_ended")
    earlier = []
    for which in ("leaf", "mid"):
        node = pick(run, which)
        print(f"note {which}: gone {killed(run, node, limit_s):.2f} s after SIGKILL, at most {limit_s:.2f}")
        expect_told(run, node, *earlier)
        expect_rest_lives(run, node, *earlier)
        earlier.append(node)
    print(f"note top: gone {killed(run, run.shape.top(), limit_s):.2f} s after SIGKILL, at most {limit_s:.2f}")
    run.expect_end(5, run.patience_s()).expect_nothing_left()
    expect_told(run, run.shape.top(), *earlier)


@soaking
def the_launcher_of_all_17489_nodes_is_killed(base):
    launcher_killed(base, "16x4x16x16", "bench_start.so")


@claim
def the_launcher_is_killed_before_ready(base):
    launcher_killed(base, SPEC, "--start-timeout", "60", env={"LINQU_INJECT": "L6_0/L5_1/L4_1/L3_1/L2_1:hang"})


def before_ready(base, which):
    """A leaf that never answers keeps the start open; somebody else is killed meanwhile."""
    limit_s = tree.kill_limit_s(SPEC)
    run = tree.Run(base, SPEC, "--hold", "--start-timeout", "60",
                   env={"LINQU_INJECT": "L6_0/L5_0/L4_0/L3_0/L2_0:hang"})
    run.waits_for(lambda: run.state() and len(run.pids()) == run.shape.count(), "all are forked")
    node = pick(run, which)
    killed(run, node, limit_s)
    run.expect_end(4, 20).expect_nothing_left()
    need(line_with(run.err(), node.path, "signal 9"), "the terminal does not name %s: %s", node.path, run.err())


@claim
def a_leaf_is_killed_before_ready(base):
    before_ready(base, "leaf")


@claim
def a_middle_node_is_killed_before_ready(base):
    before_ready(base, "mid")


@claim
def the_top_is_killed_before_ready(base):
    before_ready(base, "top")


def while_stopping(base, which):
    """A leaf that is stopped by a signal keeps open the stop of all above it; the leaf or one of those is killed meanwhile."""
    run = tree.Run(base, SPEC, "--hold", "--stop-timeout", "60").until_ready()
    node = pick(run, which)
    waits = node if node.children else node.parent
    run.kill(list(node.subtree())[-1], signal.SIGSTOP)
    run.interrupt()
    run.waits_for(lambda: run.life(waits.path) == "draining", f"{waits.path} is stopping")
    run.kill(node)
    run.expect_end(5, 30).expect_nothing_left()
    expect_told(run, node)
    need(run.json("run.json")["exit_code"] == 5, "run.json: %s", run.json("run.json")["exit_code"])


@claim
def a_middle_node_is_killed_while_stopping(base):
    while_stopping(base, "mid")


@claim
def a_leaf_is_killed_while_stopping(base):
    while_stopping(base, "leaf")


@claim
def the_top_is_killed_while_stopping(base):
    while_stopping(base, "top")


@claim
def the_launcher_is_killed_while_stopping(base):
    limit_s = tree.kill_limit_s(SPEC)
    run = tree.Run(base, SPEC, "--hold", "--stop-timeout", "20").until_ready()
    run.kill(run.shape.leaf(), signal.SIGSTOP)
    run.interrupt()
    run.waits_for(lambda: run.state().phase() == "stopping", "the run is stopping")
    os.kill(run.launcher, signal.SIGKILL)
    took = tree.wait_gone(run.pids(), 10)
    need(took <= limit_s, "the run outlived its launcher by %.2f s", took)
    run.expect_end(-signal.SIGKILL)


@claim
def survivors_list_the_dead_one(base):
    """After a host's death each of its siblings lists 15 live, itself included, and one dead."""
    run = tree.Run(base, "1x1x16", "--hold").until_ready()
    dead = run.shape.at(3)[5]
    run.kill(dead)
    expect_told(run, dead)
    tree.linqu("discover", "--base", base, "--json").expect(0)
    for host in run.shape.at(3):
        if host is dead:
            continue

        def listed(host=host):
            peers = run.json(host.path + "/logs/discovery.json")["same_pod_peers"]
            return [peer["l3"] for peer in peers if peer["status"] == "dead"] == [5] and \
                sum(peer["status"] == "live" for peer in peers) == 14
        until(listed, f"{host.path} lists 14 live peers and a dead one", 10)
    run.interrupt()
    run.expect_end(5).expect_nothing_left()


def leaves_a_process(base):
    """A run that is READY, after a kernel of which a process goes on."""
    spawn = kernel(folder_of(base), "spawn", HOST, WORKER, """
    if (system("sleep 100000 & echo $! > \\"$LINQU_RUN/sleeper\\"") != 0)
        abort();
    """)
    run = tree.Run(base, SPEC, "--hold", "--stop-timeout", "1", spawn).until_ready("kernel_ended")
    return run, int(run.read("sleeper"))


def expect_stray(run, sleeper, status):
    run.expect_end(status, 10)
    need(not tree.alive(sleeper), "process %d is alive", sleeper)
    need(f"'sleep' (process {sleeper})" in run.err(), "the terminal does not name it: %s", run.err())
    need(run.json("run.json")["leaks"]["processes"] == 1, "run.json: %s", run.json("run.json")["leaks"])


@claim
def what_outlives_a_killed_tree_is_named_and_killed(base):
    run, sleeper = leaves_a_process(base)
    run.kill(run.shape.top())
    expect_stray(run, sleeper, 5)


@claim
def what_outlives_a_tree_that_left_in_order_is_named_and_killed(base):
    run, sleeper = leaves_a_process(base)
    run.kill(run.shape.top(), signal.SIGTERM)
    expect_stray(run, sleeper, 7)


@claim
def what_outlives_a_tree_that_was_stopped_is_named_and_killed(base):
    run, sleeper = leaves_a_process(base)
    run.interrupt()
    expect_stray(run, sleeper, 7)


tree.main()
