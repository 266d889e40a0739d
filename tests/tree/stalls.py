#!/usr/bin/env python3
"""A run that does not go on is explained, by the launcher itself and by `status --why`, and not ended; one that computes goes on.
limit: 60 s
runs beside others"""

import os
import re
import signal

import tree
from kernel_source import HOST, ORCHESTRATOR, POD, WAIT_FOR_GO, WORKER, expect_sentence, folder_of, go, kernel, notes
from tree import Run, claim, linqu, need, until

# The second host is asked for a task when the file `go` is there: by then the test has stopped its process.
POD_BODY = r"""
    LinquPeerList peers = linqu_query_peers(rt, 3);
    linqu_submit_task(rt, peers.peers[0], "wait_for_go", NULL, 0);
    linqu_wait_all(rt);
    linqu_submit_task(rt, peers.peers[1], "nothing", NULL, 0);
    linqu_wait_all(rt);
    note("done");
    free(peers.peers);"""


@claim
def who_waits_for_a_stopped_node_is_said_and_the_run_goes_on_when_it_does(base):
    folder = folder_of(base)
    kernel(folder, "wait_for_go", HOST, WORKER, 'note("waiting");' + WAIT_FOR_GO)
    kernel(folder, "nothing", HOST, WORKER, "")
    run = Run(base, "1x1x2", "--stall-after", "1", kernel(folder, "pod", POD, ORCHESTRATOR, POD_BODY))
    until(lambda: os.path.exists(run.path + "/notes"), "the first task runs")
    stopped = run.pid("L6_0/L5_0/L4_0/L3_1")
    os.kill(stopped, signal.SIGSTOP)
    try:
        go(run)
        run.waits_for(lambda: "nothing has gone on for" in run.err(), "the stall is explained")
        run.waits_for(lambda: f"its process {stopped} is stopped by a signal" in run.err(), "the chain is whole")
        expect_sentence(run, "L6_0/L5_0/L4_0 waits", "for its task d0:t1 on L6_0/L5_0/L4_0/L3_1")
        done = linqu("status", "--base", base, "--why", "t").expect(0)
        need(re.search(rf"L3_1 .*its process {stopped} is stopped by a signal", done.out), "why says %s", done.out)
        why = run.status("--why")["why"]
        need(any("L4_0 waits" in line for line in why), "why says %s", why)
    finally:
        os.kill(stopped, signal.SIGCONT)
    run.expect_end(0).expect_nothing_left()
    need(notes(run) == ["waiting", "done"], "it did %s", notes(run))
    need(run.err().count("nothing has gone on") == 1, "it is said more than once:\n%s", run.err())


@claim
def a_round_that_does_not_come_back_is_said_and_who_holds_it(base):
    run = Run(base, "1x1x2", "--hold", "--stall-after", "1").until_ready()
    stopped = run.pid("L6_0/L5_0/L4_0/L3_1")
    os.kill(stopped, signal.SIGSTOP)
    try:
        asked = tree.start([tree.LINQU, "exec", "--base", base, "-q", "t", "topology"])
        run.waits_for(lambda: "linqu shutdown t ends the run" in run.err(), "the stall is explained")
        expect_sentence(run, "the launcher waits", "for round", "of all nodes")
        expect_sentence(run, "L6_0/L5_0/L4_0/L3_1 has been silent", f"kill -CONT {stopped} lets it go on")
        need(run.event("stalled"), "no event says so")
    finally:
        os.kill(stopped, signal.SIGCONT)
    need(asked.wait(20) == 0, "the scenario ends with %s", asked.returncode)
    run.interrupt()
    run.expect_end(0).expect_nothing_left()


@claim
def a_kernel_that_computes_is_no_stall(base):
    """It computes for three times as long as --stall-after allows nothing to happen."""
    folder = folder_of(base)
    long = kernel(folder, "long", HOST, WORKER, r"""
        struct timespec rest = {.tv_sec = 3};
        while (nanosleep(&rest, &rest) != 0);""")
    run = Run(base, "1x1x1", "--stall-after", "1", long).expect_end(0)
    run.expect_nothing_left()
    need("gone on" not in run.err(), "it is called a stall:\n%s", run.err())
    need(linqu("status", "--base", base, "--why", "t").expect(0).out.rstrip().endswith("no node has a task"), "a task is left")


tree.main()
