#!/usr/bin/env python3
"""Stopping: by Ctrl-C once and twice, by `linqu shutdown`, by SIGTERM to a node; a slow node is called slow, no more.
limit: 300 s"""

import collections
import os
import signal
import time

import tree
from kernel_source import HOST, ORCHESTRATOR, POD, WAIT_FOR_GO, WORKER, folder_of, go, kernel, notes
from tree import claim, held, large, line_with, need, until

SPEC, LAST = "2x2x2x2", "L6_0/L5_1/L4_1/L3_1/L2_1"


def expect_account(run):
    leaks = run.json("run.json")["leaks"]
    need(not any(leaks.values()), "left behind: %s", leaks)
    run.expect_nothing_left()


@claim
def ctrl_c_on_a_held_run_is_how_it_ends(base):
    run = tree.Run(base, SPEC, "--hold").until_ready()
    run.interrupt()
    run.expect_end(0, 20)
    expect_account(run)
    need(all(run.life(node.path) == "stopped" for node in run.shape.nodes), "not every node left in order")


@claim
def ctrl_c_twice_ends_at_once(base):
    """With a node that does not answer the first waits; the second does not."""
    run = tree.Run(base, SPEC, "--hold", "--stop-timeout", "60").until_ready()
    run.kill(run.shape.leaf(), signal.SIGSTOP)
    run.interrupt()
    run.waits_for(lambda: run.state().phase() == "stopping", "it is stopping")
    run.interrupt()
    run.expect_end(128 + signal.SIGINT, 10)
    expect_account(run)


def at_work(base, seconds):
    """A pod gives its hosts one task after the other, four of that many seconds; one runs."""
    folder = folder_of(base)
    top = kernel(folder, "pod", POD, ORCHESTRATOR, """
    for (int i = 0; i < 4; i++) {
        linqu_submit_task(rt, host(0, 0, i % 2), "part", NULL, 0);
        linqu_wait_all(rt);
    }
    note("done");
    """)
    kernel(folder, "part", HOST, WORKER, 'note("part"); nanosleep(&(struct timespec){' + seconds + "}, NULL);")
    run = tree.Run(base, "2x2x2", "--stop-timeout", "30", top)
    run.waits_for(lambda: notes(run), "it computes")
    return run


@claim
def ctrl_c_once_lets_what_runs_end(base):
    run = at_work(base, ".tv_nsec = 300000000")
    run.interrupt()
    run.expect_end(128 + signal.SIGINT, 20)
    expect_account(run)
    need(notes(run) == ["part"] * 4 + ["done"], "it did %s", notes(run))


@claim
def ctrl_c_twice_leaves_what_runs(base):
    run = at_work(base, ".tv_sec = 60")
    run.interrupt()
    run.waits_for(lambda: run.state().phase() == "stopping", "it is stopping")
    run.interrupt()
    run.expect_end(128 + signal.SIGINT, 10)
    expect_account(run)
    need(notes(run) == ["part"], "it did %s", notes(run))


@claim
def sigterm_to_a_node_lets_its_task_end(base):
    run = at_work(base, ".tv_nsec = 300000000")
    run.kill(run.shape.by_path["L6_0/L5_0/L4_0"], signal.SIGTERM)
    run.expect_end(0, 20)
    expect_account(run)
    need(notes(run) == ["part"] * 4 + ["done"], "it did %s", notes(run))


@claim
def ctrl_c_before_ready(base):
    run = tree.Run(base, SPEC, "--start-timeout", "60", env={"LINQU_INJECT": LAST + ":hang"})
    run.waits_for(lambda: run.state() and len(run.pids()) == run.shape.count(), "all are forked")
    run.interrupt()
    run.expect_end(128 + signal.SIGINT, 20)
    expect_account(run)


@claim
def sigterm_to_the_launcher_is_an_end_by_that_signal(base):
    run = tree.Run(base, SPEC, "--hold", env={"LINQU_INJECT": LAST + ":hang"})
    run.waits_for(lambda: run.state() and len(run.pids()) == run.shape.count(), "all are forked")
    run.interrupt(signal.SIGTERM)
    run.expect_end(128 + signal.SIGTERM, 20)
    expect_account(run)


@claim
def a_node_that_does_not_stop_is_named_and_killed(base):
    """Ask, SIGTERM, SIGKILL: within the deadlines, and the survivor is named."""
    run = tree.Run(base, SPEC, "--hold", "--stop-timeout", "2").until_ready()
    sleeper = run.shape.leaf()
    run.kill(sleeper, signal.SIGSTOP)
    run.interrupt()
    run.expect_end(5, 20)
    expect_account(run)
    need(line_with(run.err(), sleeper.path, "killed by signal 9"), "the terminal does not name %s: %s", sleeper.path, run.err())


@claim
def shutdown_ends_a_held_run(base):
    run = tree.Run(base, SPEC, "--hold").until_ready()
    tree.linqu("shutdown", "--base", base, run.name).expect(0)
    run.expect_end(0, 10)
    expect_account(run)


def shut_down_with_a_sleeper(base, status, *options):
    """One of its leaves is stopped by a signal and would keep the run's own patience."""
    run = tree.Run(base, SPEC, "--hold", "--stop-timeout", "60").until_ready()
    run.kill(run.shape.leaf(), signal.SIGSTOP)
    begun = time.monotonic()
    tree.linqu("shutdown", "--base", base, *options, run.name).expect(status)
    run.expect_end(status, 20)
    need(time.monotonic() - begun < 10, "it took %.1f s", time.monotonic() - begun)
    expect_account(run)


def cut_off(base, end):
    """A leaf that is stopped by a signal keeps a scenario open; the run is ended meanwhile. Both that asked for something are told."""
    run = tree.Run(base, SPEC, "--hold", "--stop-timeout", "20").until_ready()
    run.kill(run.shape.leaf(), signal.SIGSTOP)
    asked = tree.start([tree.LINQU, "exec", "--base", base, run.name, "topology"], stderr=tree.subprocess.PIPE, text=True)
    run.waits_for(lambda: run.state().phase() == "working", "it works")
    end(run)
    run.waits_for(lambda: not tree.alive(run.pid("L6_0")) or run.life("L6_0") == "draining", "its top leaves")
    run.kill(run.shape.leaf(), signal.SIGCONT)
    said = asked.communicate()[1]
    need(asked.returncode == 5 and "the run was ended before it was done" in said, "exec ends with %s: %s", asked.returncode, said)
    run.expect_end(5)
    expect_account(run)
    told = run.json("run.json")
    need(told["cause"] == "the run was ended before the scenario topology was done", "the cause is %s", told["cause"])
    need([scenario["result"] for scenario in told["scenarios"]] == ["pass", "fail"], "%s", told["scenarios"])


@claim
def shutdown_of_a_run_at_work_is_no_success(base):
    cut_off(base, lambda run: tree.start([tree.LINQU, "shutdown", "--base", base, run.name]))


@claim
def a_top_that_leaves_a_run_at_work_is_no_success(base):
    cut_off(base, lambda run: run.kill(run.shape.top(), signal.SIGTERM))


@claim
def shutdown_before_ready_is_no_success(base):
    run = tree.Run(base, SPEC, "--hold", "--start-timeout", "60", env={"LINQU_INJECT": LAST + ":hang"})
    run.waits_for(lambda: run.state() and len(run.pids()) == run.shape.count(), "all are forked")
    done = tree.linqu("shutdown", "--base", base, "--force", run.name).expect(5)
    need("ended with 5" in done.sentence() and "before the scenario topology was done" in done.err, "it said %s", done.err)
    run.expect_end(5)
    expect_account(run)
    need("before the scenario topology was done" in run.err(), "it said %s", run.err())


@claim
def a_run_that_closes_up_takes_nothing_more_to_do(base):
    """A leaf that is stopped by a signal keeps the last round open, in which nodes write down what kernels left to tell."""
    waits = kernel(folder_of(base), "waits", HOST, WORKER, 'note("in");' + WAIT_FOR_GO)
    run = tree.Run(base, SPEC, "--stop-timeout", "60", waits)
    run.waits_for(lambda: notes(run), "it runs")
    run.kill(run.shape.leaf(), signal.SIGSTOP)
    go(run)
    run.waits_for(lambda: run.event("kernel_ended"), "it has ended")
    tree.linqu("exec", "--base", base, run.name, "topology").expect(8)
    tree.linqu("discover", "--base", base, run.name).expect(0)
    rounds = [event for event in run.events() if event["event"] == "round"]
    need(not rounds, "a round was over: %s", rounds)
    run.kill(run.shape.leaf(), signal.SIGCONT)
    run.expect_end(0)
    expect_account(run)
    need(len([event for event in run.events() if event["event"] == "round"]) == 1, "it closes up more than once")


@claim
def shutdown_tells_what_the_account_found(base):
    """A socket's place is taken by a folder, which is no socket's end: 7, as the run itself exits."""
    run = tree.Run(base, SPEC, "--hold").until_ready()
    place = next(path for path in run.sockets() if path.endswith("daemon_L3.sock"))
    os.unlink(place)
    os.mkdir(place)
    done = tree.linqu("shutdown", "--base", base, "--json", run.name).expect(7)
    need(done.json()["exit_code"] == 7, "it said %s", done.out)
    need(run.end(10) == 7, "the run ends with %s", run.process.returncode)
    done = tree.linqu("status", "--base", base, "--json", run.name).expect(0)
    need(done.json()["exit_code"] == 7, "status says %s", done.json()["exit_code"])


@claim
def shutdown_by_force_waits_for_nobody(base):
    shut_down_with_a_sleeper(base, 0, "--force")


@claim
def shutdown_with_a_timeout_keeps_to_it(base):
    shut_down_with_a_sleeper(base, 5, "--timeout", "1")


@claim
def shutdown_of_nothing_says_so(base):
    done = tree.linqu("shutdown", "--base", base).expect(8)
    done.sentence()


@claim
def a_timeout_ends_a_run(base):
    run = tree.Run(base, SPEC, "--hold", "--timeout", "2")
    run.expect_end(124, 30)
    expect_account(run)


@claim
def detach_returns_when_ready_and_the_run_goes_on(base):
    done = tree.linqu("run", "--base", base, "--name", "d", "--topology", SPEC, "--detach", "--json").expect(0)
    told = done.json()
    need(told["run"] == "d" and tree.alive(told["launcher_pid"]), "it said %s", told)
    state = tree.StateMap(base + "/d/state.map")
    need(state.phase() in ("ready", "working"), "the run is %s", state.phase())
    pids = state.pids()
    need(all(map(tree.alive, pids)), "a node is not alive")
    with open(base + "/d/events.jsonl", encoding="utf-8") as events:
        until(lambda: "scenario_ended" in events.readline(), "its scenario is done")
    until(lambda: state.phase() == "ready", "it is idle")
    tree.linqu("shutdown", "--base", base, "d").expect(0)
    tree.wait_gone(pids + [told["launcher_pid"]], 10)


@claim
def detach_of_a_start_that_fails_says_why(base):
    done = tree.linqu("run", "--base", base, "--name", "d", "--topology", SPEC, "--detach",
                      env={"LINQU_INJECT": "L6_0/L5_1/L4_0:exit"}).expect(4)
    need("L6_0/L5_1/L4_0" in done.err, "it said: %s", done.err)


def leaves_in_order(base, spec, which):
    run = tree.Run(base, spec, "--hold").until_ready()
    node = run.shape.leaf() if which == "leaf" else run.shape.mid()
    pids = run.pids(node)
    run.kill(node, signal.SIGTERM)
    left = until(lambda: run.event("left", node), f"an event says that {node.path} left", 10)
    tree.wait_gone(pids, 10)
    need(left["node"] == node.path, "%s", left)
    need(not any(path.startswith(os.path.join(run.path, node.path) + "/") for path in run.sockets()),
         "sockets of those who left are there")
    for other in node.subtree():
        need(run.state().life(other.rank) == "stopped", "%s is %s", other.path, run.state().life(other.rank))
    need(not run.event("dead"), "it says that somebody died: %s", run.event("dead"))
    gone = collections.Counter(other.level for other in node.subtree())
    need(run.counts("left") == gone and not run.counts("dead"), "status counts as left: %s", run.counts("left"))
    need(not run.worst("dead", "failed"), "status says of who left in order: %s", run.worst("dead", "failed"))
    run.interrupt()
    run.expect_end(0)
    expect_account(run)


@claim
def sigterm_of_a_leaf_lets_it_leave(base):
    leaves_in_order(base, SPEC, "leaf")


@claim
def sigterm_of_a_host_lets_it_leave(base):
    leaves_in_order(base, "2x2x2", "leaf")


@claim
def sigterm_of_a_middle_node_lets_its_subtree_leave(base):
    leaves_in_order(base, SPEC, "mid")


def slow_and_well_again(base, spec, node_of):
    """Stopped for ten seconds: called slow within five, never dead, well afterwards."""
    with held(base, spec) as run:
        node = node_of(run.shape)
        stopped = time.monotonic()
        run.kill(node, signal.SIGSTOP)
        slow = until(lambda: run.event("slow", node), f"{node.path} is called slow", 60)
        took = time.monotonic() - stopped
        need(took <= 5, "%s was called slow only after %.1f s: %s", node.path, took, slow)
        until(lambda: time.monotonic() - stopped >= 10, "ten seconds are over")
        need(node.path in run.worst("slow"), "status does not show it: %s", run.worst("slow"))
        need(not run.counts("dead"), "status counts as dead: %s", run.counts("dead"))
        run.kill(node, signal.SIGCONT)
        until(lambda: run.event("live", node), f"{node.path} is called live again", 10)
        for word in ("dead", "left", "failure"):
            need(not run.event(word), "it says: %s", run.event(word))
        need(run.event("slow", node)["cause"], "it says not why")
        need(all(map(tree.alive, run.pids())), "a node is not alive")


@claim
def a_stopped_leaf_is_slow_and_no_more(base):
    slow_and_well_again(base, SPEC, lambda shape: shape.leaf())


@claim
def a_stopped_middle_node_is_slow_and_no_more(base):
    slow_and_well_again(base, SPEC, lambda shape: shape.mid())


@large
def a_stopped_host_of_1105_nodes_is_slow_and_no_more(base):
    slow_and_well_again(base, "16x4x16", lambda shape: shape.leaf())


@large
def a_stopped_pod_of_1105_nodes_is_slow_and_no_more(base):
    slow_and_well_again(base, "16x4x16", lambda shape: shape.at(4)[33])


@claim
def the_stopped_launcher_goes_on_where_it_was(base):
    with held(base, SPEC) as run:
        os.kill(run.launcher, signal.SIGSTOP)
        need(run.status()["state"] == "live", "status says it is %s", run.status()["state"])
        os.kill(run.launcher, signal.SIGCONT)


@large
def records_are_written_before_the_time_to_leave_begins(base):
    """A held run whose nodes have more to write than they could in that time."""
    with held(base, "1x1x16", "--stop-timeout", "1") as run:
        tree.linqu("exec", "--base", base, "t", "bench_tasks.so", "--arg", 16, "--arg", 1000000).expect(0)
    need("records of 1,0" in run.err(), "it said %s", run.err())
    for host in run.shape.at(3):
        trace = run.json(host.path + "/logs/task_trace.json")
        need(len(trace["tasks"]) + trace["lost"] > 60000, "%s wrote %d tasks", host.path, len(trace["tasks"]))


tree.main()
