#!/usr/bin/env python3
"""A start that fails at any level ends in bounded time with exit 4 and the first cause at the terminal.
limit: 300 s"""

import os
import time

import tree
from kernel_source import compile_kernel, folder_of
from tree import claim, large, need

SPEC = "2x2x2x2"
TIMEOUT_S = 3


def fails(base, spec, path, how, limit_s):
    run = tree.Run(base, spec, "--start-timeout", str(TIMEOUT_S), env={"LINQU_INJECT": f"{path}:{how}"})
    begun = time.monotonic()
    run.expect_end(4, 60)
    took = time.monotonic() - begun
    need(took <= limit_s, "it took %.1f s, at most %.1f", took, limit_s)
    need(path in run.err(), "the terminal does not name %s: %s", path, run.err())
    report = run.json("run.json")
    need((report["result"], report["exit_code"]) == ("fail", 4), "run.json: %s", report)
    need(not any(report["leaks"].values()), "left behind: %s", report["leaks"])
    run.expect_nothing_left()


def at_each_level(base, how, limit_s):
    shape = tree.Shape(SPEC)
    for level, _ in shape.levels:
        node = shape.at(level)[-1]
        fails(f"{base}-{how}-{level}", SPEC, node.path, how, limit_s)


@claim
def a_child_that_exits(base):
    """The start need not wait for its time-out: somebody is dead."""
    at_each_level(base, "exit", TIMEOUT_S + 2)


@claim
def a_child_that_never_answers(base):
    at_each_level(base, "hang", TIMEOUT_S + 5)


@claim
def a_node_that_cannot_make_its_directory(base):
    """It has forked nobody, and waits for nobody."""
    for path in ("L6_0", "L6_0/L5_1", "L6_0/L5_1/L4_1/L3_1"):
        run = tree.Run(base + path.replace("/", "-"), SPEC, env={"LINQU_INJECT": path + ":homeless"})
        run.expect_end(4, 60).expect_nothing_left()
        need(path in run.err() and "cannot make the directory" in run.err(), "the terminal says: %s", run.err())
        need("signal" not in run.err(), "somebody crashed: %s", run.err())


@large
def one_of_many_exits(base):
    run = tree.Run(base, "16x4x16", env={"LINQU_INJECT": "L6_0/L5_9/L4_2/L3_11:exit"})
    run.expect_end(4, 60).expect_nothing_left()
    need("L6_0/L5_9/L4_2/L3_11" in run.err(), "the terminal says: %s", run.err())
    need(run.err().count("\n") <= 4, "more than a few lines for one cause: %s", run.err())


@large
def a_launcher_that_cannot_serve_ends_the_tree_that_it_forked(base):
    """Its signalfd fails: the tree is there by then."""
    folder = folder_of(base)
    compile_kernel(folder, "no_signalfd", r"""
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
int signalfd(int fd, const void *set, int flags);
static pid_t first;
__attribute__((constructor)) static void begin(void) { first = getpid(); }
int signalfd(int fd, const void *set, int flags)
{
    (void)fd, (void)set, (void)flags;
    if (getpid() != first)
        abort();
    errno = EMFILE;
    return -1;
}
""")
    run = tree.Run(base, SPEC, env={"LD_PRELOAD": folder + "/no_signalfd.so"})
    run.expect_end(4, 20).expect_nothing_left()
    need("cannot make an event loop" in run.err(), "the terminal says: %s", run.err())
    report = run.json("run.json")
    need((report["result"], report["exit_code"]) == ("fail", 4), "run.json: %s", report)
    need(not any(report["leaks"].values()), "left behind: %s", report["leaks"])
    need(run.state().phase() == "ended", "it is %s", run.state().phase())
    need(not [name for name in os.listdir(base) if name.startswith(".reserve")], "its reservation is left")


@claim
def an_injection_names_a_node(base):
    """One that is not in the tree changes nothing, so the tests above show what they say."""
    run = tree.Run(base, SPEC, env={"LINQU_INJECT": "L6_0/L5_7:exit"})
    run.expect_end(0).expect_nothing_left()


tree.main()
