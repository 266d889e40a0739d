#!/usr/bin/env python3
"""What a person sees, and what becomes of the run when the terminal or the reader of its output goes away.
limit: 180 s"""

import os
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
    status = run.end()
    need(status in (0, 128 + signal.SIGPIPE), "exit %d: %s", status, run.err())
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


@claim
def the_terminal_is_closed(base):
    """As when a window is closed: the run ends, with a clean account."""
    terminal = Terminal([LINQU, "run", "--base", base, "--name", "t", "--topology", SPEC, "--hold"])
    state = until(lambda: ready(base + "/t"), "the run is ready")
    pids = state.pids()
    terminal.close()
    tree.wait_gone(pids, 20)
    terminal.wait()
    with open(base + "/t/run.json", encoding="utf-8") as file:
        leaks = tree.json.load(file)["leaks"]
    need(not any(leaks.values()), "left behind: %s", leaks)


def ctrl_c(base, times, *options):
    """A held run on a terminal at which Ctrl-C is typed. Returns (exit status, what the terminal showed)."""
    terminal = Terminal([LINQU, "run", "--base", base, "--name", "t", "--topology", SPEC, "--hold", *options])
    state = until(lambda: ready(base + "/t"), "the run is ready")
    until(lambda: state.phase() == "ready" and "pass" in terminal.text(), "its scenario has passed")
    if times == 2:
        os.kill(state.pids()[-1], signal.SIGSTOP)
    for number in range(times):
        terminal.type(b"\x03")
        if number == 0 and times == 2:
            until(lambda: state.phase() == "stopping", "the run is stopping")
    status = None

    def ended():
        nonlocal status
        terminal.text()
        done, raw = os.waitpid(terminal.pid, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(raw)
            tree.children.pop(terminal.pid, None)
        return done
    until(ended, "the run ends after Ctrl-C", 20)
    tree.wait_gone(state.pids(), 5)
    return status, terminal.text()


@claim
def ctrl_c_is_typed_once(base):
    status, text = ctrl_c(base, 1)
    need(status == 0, "exit %s: %s", status, text)


@claim
def ctrl_c_is_typed_twice(base):
    status, text = ctrl_c(base, 2, "--stop-timeout", "60")
    need(status in (130, -signal.SIGINT), "exit %s: %s", status, text)


@claim
def a_terminal_shows_progress_and_a_pipe_plain_lines(base):
    _, text = ctrl_c(base, 1)
    need("\r" in text and "ready" in text, "the terminal showed: %r", text)
    run = Run(base, SPEC, name="plain")
    run.expect_end(0)
    both = run.out() + run.err()
    need("\r" not in both and "\x1b" not in both, "a pipe gets control characters: %r", both)
    need("ready" in run.err() and "15 nodes" in run.err(), "a pipe gets no phase lines: %r", run.err())


@claim
def no_color_is_honoured(base):
    terminal = Terminal([LINQU, "run", "--base", base, "--topology", SPEC], env={"NO_COLOR": "1"})
    until(lambda: terminal.text() and terminal.poll() is not None, "it ends")
    need("\x1b[3" not in terminal.text(), "colours in spite of NO_COLOR: %r", terminal.text())


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
