#!/usr/bin/env python3
"""What a person sees, and what becomes of the run when the terminal or the reader of its output goes away.
limit: 180 s"""

import os
import re
import signal
import subprocess

import tree
from tree import LINQU, Run, Terminal, claim, linqu, need, until

SPEC = "2x2x2"


def ready(path):
    """The state.map of a run that is READY, or None."""
    try:
        state = tree.StateMap(path + "/state.map")
    except (OSError, ValueError, AssertionError):
        return None
    return state if state.phase() in ("ready", "working") else None


@claim
def the_reader_of_the_output_leaves(base):
    """`linqu run … | head -1`: the run goes through, no shell error, nothing left."""
    run = Run(base, SPEC, command=["bash", "-c", 'set -o pipefail; "$0" "$@" | head -1', LINQU])
    run.expect_end(0)
    need(run.json("run.json")["result"] == "pass", "the run did not go through")
    need(run.out().count("\n") == 1, "head shows: %s", run.out())
    run.expect_nothing_left()


@claim
def nobody_reads_what_it_says(base):
    """stdout and stderr closed from the beginning: the run's own files are not written to by mistake."""
    run = Run(base, SPEC, command=["bash", "-c", 'exec "$0" "$@" >&- 2>&- <&-', LINQU])
    run.expect_end(0).expect_nothing_left()
    need(run.json("run.json")["result"] == "pass", "the run did not go through")
    for line in run.read("events.jsonl").splitlines():
        tree.json.loads(line)


def on_a_terminal(base, *options, **more):
    return Terminal([LINQU, "run", "--base", base, "--name", "t", "--topology", SPEC, *options], **more)


@claim
def the_terminal_is_closed(base):
    """As when a window is closed: the run ends, with a clean account."""
    with on_a_terminal(base, "--hold") as terminal:
        state = until(lambda: ready(base + "/t"), "the run is ready")
        until(lambda: state.phase() == "ready" and "pass" in terminal.text(), "its scenario has passed")
        terminal.close()
        status = terminal.wait()
    tree.wait_gone(state.pids(), 20)
    with open(base + "/t/run.json", encoding="utf-8") as file:
        report = tree.json.load(file)
    need((status, report["exit_code"]) == (0, 0), "exit %s, and run.json says %s", status, report["exit_code"])
    need(not any(report["leaks"].values()), "left behind: %s", report["leaks"])


def ctrl_c(base, times, *options):
    """A held run on a terminal at which Ctrl-C is typed. Returns (exit status, what the terminal showed)."""
    with on_a_terminal(base, "--hold", *options) as terminal:
        state = until(lambda: ready(base + "/t"), "the run is ready")
        until(lambda: state.phase() == "ready" and "pass" in terminal.text(), "its scenario has passed")
        if times == 2:
            os.kill(state.pids()[-1], signal.SIGSTOP)
        for number in range(times):
            terminal.type(b"\x03")
            if number == 0 and times == 2:
                until(lambda: state.phase() == "stopping", "the run is stopping")
        status = terminal.wait(20)
        tree.wait_gone(state.pids(), 5)
        return status, terminal.text()


@claim
def ctrl_c_is_typed_once(base):
    status, text = ctrl_c(base, 1)
    need(status == 0, "exit %s: %s", status, text)


@claim
def ctrl_c_is_typed_twice(base):
    status, text = ctrl_c(base, 2, "--stop-timeout", "60")
    need(status == 128 + signal.SIGINT, "exit %s: %s", status, text)


@claim
def a_terminal_shows_progress(base):
    """A leaf that never answers keeps the start of all above it open: a line that is written over and over, and is gone before
    the next one."""
    with on_a_terminal(base, env={"LINQU_INJECT": "L6_0/L5_1/L4_1/L3_1:hang"}) as terminal:
        progress = re.compile(r"\r\x1b\[Klinqu: starting: 11 of 15 nodes ready, [\d.]+ s")
        until(lambda: len(progress.findall(terminal.text())) >= 2, "a line of progress is written twice")
        terminal.type(b"\x03")
        status = terminal.wait(20)
        text = terminal.text()
    need(status == 128 + signal.SIGINT, "exit %s: %s", status, text)
    need(re.search(r" s(\^C)?\r\x1b\[Klinqu: ended by signal 2 ", text), "progress and what comes after it are one line: %r", text)


@claim
def a_pipe_gets_plain_lines(base):
    run = Run(base, SPEC)
    run.expect_end(0)
    both = run.out() + run.err()
    need("\r" not in both and "\x1b" not in both, "a pipe gets control characters: %r", both)
    need("ready" in run.err() and "15 nodes" in run.err(), "a pipe gets no phase lines: %r", run.err())


@claim
def a_terminal_gets_colours_unless_it_has_none_or_nobody_wants_them(base):
    for env, colours in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)):
        with on_a_terminal(base, env=env) as terminal:
            status = terminal.wait()
            text = terminal.text()
        need(status == 0 and "topology: " in text, "exit %s: %r", status, text)
        need(("\x1b[32mpass\x1b[0m" in text) == colours, "with %s: %r", env, text)
        need(("\x1b[3" in text) == colours, "with %s: %r", env, text)


@claim
def quiet_says_nothing(base):
    run = Run(base, SPEC, "-q")
    run.expect_end(0)
    need(not run.err() and not run.out(), "it says %s%s", run.out(), run.err())


@claim
def ps_shows_who_a_process_is(base):
    with tree.held(base, SPEC) as run:
        for node in run.shape.nodes:
            words = tree.title(run.pid(node.path))
            need(f"linqu: t {node.path} ready" in words, "ps shows %s", words)


@claim
def a_full_output_device_is_no_silent_success(base):
    with open("/dev/full", "w", encoding="utf-8") as full:
        for words in (["version"], ["help"], ["topology", "show", "2x2"]):
            done = subprocess.run([LINQU, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
            need(done.returncode != 0 and done.stderr, "linqu %s on a full device: exit %d", words, done.returncode)
    linqu("version").expect(0)


tree.main()
