#!/usr/bin/env python3
"""Kernels on the real tree: where they run and what they get; and everything that can be wrong with one: its task fails with a
sentence that names node, kernel and cause, its dependents fail with it, the rest of the tree lives on.
limit: 300 s
runs beside others"""

import json
import os
import re

import tree
from kernel_source import (CHIP, CLOS1, CLOS2, HOST, ORCHESTRATOR, POD, PRELUDE, SPEC, WAIT_FOR_GO, WORKER, compile_kernel,
                           expect_sentence, folder_of, go, kernel, notes, run_kernel)
from tree import Run, claim, held, large, linqu, need, until

# --- where kernels run, and what they get ---

@claim
def hello_runs_with_one_command(base):
    run = Run(base, SPEC, "hello.so").expect_end(0)
    run.expect_nothing_left()
    need("hello from 8 hosts: their squares add up to 204" in run.read("L6_0/logs/daemon.log"), "the log: %s",
         run.read("L6_0/logs/daemon.log"))
    need(re.search(r"tasks that this node ran.* done=1 failed=0 .*deepest_stack=[1-9]", run.read("L6_0/logs/daemon.log")),
         "no sum of its tasks in the log: %s", run.read("L6_0/logs/daemon.log"))
    need(run.json("run.json")["scenarios"][0]["name"] == "hello.so", "run.json: %s", run.json("run.json")["scenarios"])


@claim
def what_the_guide_shows_can_be_copied_built_and_run(base):
    folder = folder_of(base)
    os.makedirs(folder)
    with open(tree.ROOT + "/docs/kernels.md", encoding="utf-8") as file:
        guide = file.read()
    first, second = re.findall(r"^```c\n(.*?)^```", guide, re.M | re.S)
    lines = [line.strip() for line in guide.splitlines() if line.startswith("    gcc ")]
    need(len(lines) == 2, "the guide has %d lines to build with", len(lines))
    for name, source, line in (("hello.c", first, lines[0]), ("hello_host.c", second, lines[1])):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write(source)
        with open(f"{tree.ROOT}/kernels/{name}", encoding="utf-8") as file:
            need(file.read() == source, "the guide's %s is not ours", name)
        need(line.endswith(name), "the line for %s is %s", name, line)
        tree.command(*line.replace("modules/ops", tree.ROOT + "/modules/ops").split(), cwd=folder).expect(0)
    need(sorted(os.listdir(folder)) == ["hello.c", "hello.so", "hello_host.c", "hello_host.so"], "it built %s", os.listdir(folder))
    tree.linqu("run", "--base", base, "--topology", SPEC, "./hello.so", cwd=folder).expect(0)
    done = tree.linqu("logs", "--base", base, "--grep", "hello").expect(0)
    need("hello from 8 hosts: their squares add up to 204" in done.out, "the log: %s", done.out)
    need(done.out.count("hello: the square of") == 8, "the log: %s", done.out)


@claim
def a_kernel_runs_where_it_is_told_with_its_arguments_and_environment(base):
    folder = folder_of(base)
    where = kernel(folder, "where", POD, WORKER, r"""
    LinquCoordinate_C self = linqu_self_coord(rt);

    note("%u %u %u", self.l6_idx, self.l5_idx, self.l4_idx);
    note("%d: %lld %llx", n, (long long)args[0], (unsigned long long)args[1]);
    note("L%s %s %s %s %s %s", getenv("LINQU_LEVEL"), getenv("LINQU_L6"), getenv("LINQU_L5"), getenv("LINQU_L4"),
         getenv("LINQU_L3"), getenv("MINE"));
    note("%u of %u, abi %u", linqu_spmd_index(rt), linqu_spmd_size(rt), linqu_abi_version(rt));
    """)
    run = run_kernel(base, where, "--at", "L5_1/L4_0", "--arg", "-7", "--arg", "0xFFFFFFFFFFFFFFFF", env={"MINE": "mine"})
    need(notes(run) == ["0 1 0", "2: -7 ffffffffffffffff", "L4 0 1 0 0 mine", "0 of 1, abi 1"], "it saw %s", notes(run))


@claim
def without_a_place_it_runs_on_the_first_live_node_of_its_level(base):
    where = kernel(folder_of(base), "where", HOST, WORKER, 'note("%s%s%s", getenv("LINQU_L5"), getenv("LINQU_L4"), getenv("LINQU_L3"));')
    with held(base, SPEC, status=5) as run:
        linqu("exec", "--base", base, "t", where).expect(0)
        run.kill(run.shape.by_path["L6_0/L5_0/L4_0"])
        until(lambda: run.event("dead"), "the death is known")
        linqu("exec", "--base", base, "t", where).expect(0)
        need(notes(run) == ["000", "010"], "it ran on %s", notes(run))


@claim
def registered_data_can_be_seen_where_it_lies_until_it_is_released(base):
    folder = folder_of(base)
    kernel(folder, "look", HOST, WORKER, r"""
        if (system("cat $LINQU_RUN/L6_0/L5_0/L4_0/L3_1/data_cache/*.bin >> $LINQU_RUN/notes") != 0)
            abort();""")
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, r"""
        LinquParam in[] = {linqu_make_input(linqu_reg_data(rt, host(0, 0, 1), "seen\n", 5))};

        linqu_submit_task(rt, host(0, 0, 1), "look", in, 1);
        linqu_wait_all(rt);""")
    run = run_kernel(base, top)
    need(notes(run) == ["seen"], "it saw %s", notes(run))
    need(os.listdir(run.path + "/L6_0/L5_0/L4_0/L3_1/data_cache") == [], "what was released is still there")


@claim
def what_a_killed_node_had_run_can_be_read(base):
    def kernels_of(run, path):
        return [task["kernel"] for task in run.json(path + "/logs/task_trace.json")["tasks"]]

    ran = ["topology_l3", "hello_host"]
    with held(base, SPEC, status=5) as run:
        linqu("exec", "--base", base, "t", "hello.so").expect(0)
        host = run.shape.by_path["L6_0/L5_0/L4_0/L3_0"]
        run.kill(host)
        until(lambda: kernels_of(run, host.path) == ran, "the launcher has written its records")
        run.kill(run.shape.by_path["L6_0/L5_1"])
        until(lambda: run.event("dead", run.shape.by_path["L6_0/L5_1"]), "the death is known")
    for pod in range(2):
        for number in range(2):
            path = f"L6_0/L5_1/L4_{pod}/L3_{number}"
            need(kernels_of(run, path) == ran, "%s ran %s", path, kernels_of(run, path))
    need(kernels_of(run, "L6_0")[-1] == "hello", "the top ran %s", kernels_of(run, "L6_0"))


@claim
def kernels_are_found_beside_the_first_then_in_the_path_then_with_linqu(base):
    folder, other = folder_of(base), folder_of(base) + "/other"
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, """
    linqu_submit_task(rt, host(0, 0, 0), "near", NULL, 0);
    linqu_wait_all(rt);
    linqu_submit_task(rt, host(0, 0, 0), "far.so", NULL, 0);
    linqu_wait_all(rt);
    linqu_submit_task(rt, host(0, 0, 0), "hello_host", NULL, 0);
    """)
    kernel(folder, "near", HOST, WORKER, 'note("near");')
    kernel(other, "near", HOST, WORKER, 'note("the wrong near");')
    kernel(other, "far", HOST, WORKER, 'note("far");')
    run = run_kernel(base, top, "--kernel-path", other)
    need(notes(run) == ["near", "far"], "it ran %s", notes(run))
    run = run_kernel(base, top, status=5)
    expect_sentence(run, "L6_0", "kernel top", "far.so", "there is no kernel", folder)


@claim
def kernels_are_found_beside_the_first_whatever_its_folder_is_called(base):
    """A colon would part folders; a byte that is no UTF-8 cannot stand in JSON, and is shown as '?'."""
    folder = folder_of(base) + "/a:b\udcff"
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, 'linqu_submit_task(rt, host(0, 0, 0), "near", NULL, 0);')
    kernel(folder, "near", HOST, WORKER, 'note("near");')
    run = run_kernel(base, top)
    need(notes(run) == ["near"], "it ran %s", notes(run))
    need(run.event("kernel_started")["file"].endswith("/a:b?/top.so"), "the event says %s", run.event("kernel_started"))


@claim
def the_kernel_path_of_an_exec_is_its_scenarios_too(base):
    folder = folder_of(base)
    os.makedirs(folder)
    with open(folder + "/dag_l6.so", "w", encoding="utf-8") as file:
        file.write("no kernel")
    with held(base, SPEC, status=1) as run:
        linqu("exec", "--base", base, "t", "dag").expect(0)
        done = linqu("exec", "--base", base, "--kernel-path", folder, "t", "dag").expect(1)
        need("dag_l6" in done.out, "it said %s", done.out)
        need(run.event("failure"), "it says not that it failed")


@claim
def code_goes_once_to_each_node_that_needs_it(base):
    folder = folder_of(base)
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, """
    for (int i = 0; i < 30; i++)
        linqu_submit_task(rt, host(1, 0, i % 2), "bottom", NULL, 0);
    """)
    kernel(folder, "bottom", HOST, WORKER, 'note("%s", getenv("LINQU_L3"));', more="char filler[3000000] = {1};")
    run = run_kernel(base, top)
    need(sorted(notes(run)) == ["0"] * 15 + ["1"] * 15, "it ran %s", notes(run))
    cached = {os.path.relpath(where, run.path): sorted(files) for where, _, files in os.walk(run.path)
              if where.endswith("code_cache")}
    way = ["L6_0/code_cache", "L6_0/L5_1/code_cache", "L6_0/L5_1/L4_0/code_cache", "L6_0/L5_1/L4_0/L3_0/code_cache",
           "L6_0/L5_1/L4_0/L3_1/code_cache"]
    need(sorted(cached) == sorted(way), "code lies in %s", sorted(cached))
    need(all(names and all(re.fullmatch(r"[0-9a-f]{16}\.so", name) for name in names) for names in cached.values()),
         "the names: %s", cached)


@claim
def a_rebuilt_kernel_is_seen_by_the_next_exec_and_disturbs_no_live_one(base):
    folder = folder_of(base)
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, r"""
    linqu_submit_task(rt, host(0, 0, 0), "part", NULL, 0);
    linqu_wait_all(rt);
    if (args[0]) {""" + WAIT_FOR_GO + r"""
    }
    linqu_submit_task(rt, host(1, 1, 1), "part", NULL, 0);
    """)
    kernel(folder, "part", HOST, WORKER, 'note("old");')
    with held(base, SPEC) as run:
        first = tree.start([tree.LINQU, "exec", "--base", base, "t", top, "--arg", "1"], env=tree.environment())
        run.waits_for(lambda: notes(run) == ["old"], "its first part has run")
        kernel(folder, "part", HOST, WORKER, 'note("new");')
        go(run)
        need(first.wait(60) == 0, "the exec fails")
        need(notes(run) == ["old", "old"], "the live exec ran %s", notes(run))
        linqu("exec", "--base", base, "t", top, "--arg", "0").expect(0)
        need(notes(run) == ["old", "old", "new", "new"], "the next exec ran %s", notes(run))


@claim
def a_kernel_of_the_first_interface_in_cpp_runs_unchanged(base):
    """Declared by hand, 17 slots, a config of 8 bytes without a role, C++."""
    folder = folder_of(base)
    kernel(folder, "part", HOST, WORKER, 'note("part %llu", (unsigned long long)args[0]);')
    old = compile_kernel(folder, "old", r"""
#include <cstdarg>
#include <cstddef>
#include <cstdint>
struct Coordinate { uint8_t l6, l5, l4; uint16_t l3, l2; uint8_t l1; uint16_t l0; };
enum ParamType { INPUT, OUTPUT, INOUT, SCALAR };
struct Param { ParamType type; uint64_t handle; uint64_t scalar; };
struct SubTask { Coordinate target; const char *kernel; Param *params; int count; };
struct Peers { Coordinate *peers; int count; };
struct Config { uint8_t level; int expected; };
struct Runtime;
struct Ops {
    void (*submit_task)(Runtime *, Coordinate, const char *, Param *, int);
    void (*scope_begin)(Runtime *);
    void (*scope_end)(Runtime *);
    uint64_t (*alloc_tensor)(Runtime *, Coordinate, size_t);
    void (*free_tensor)(Runtime *, uint64_t);
    void (*orchestration_done)(Runtime *);
    uint64_t (*reg_data)(Runtime *, Coordinate, const void *, size_t);
    Peers (*query_peers)(Runtime *, uint8_t);
    Coordinate (*self_coord)(Runtime *);
    void (*wait_all)(Runtime *);
    void (*dump_ring_snapshot)(Runtime *, const char *);
    void (*log_error)(Runtime *, const char *, ...);
    void (*log_warn)(Runtime *, const char *, ...);
    void (*log_info)(Runtime *, const char *, ...);
    void (*log_debug)(Runtime *, const char *, ...);
    void *(*get_tensor_pool)(Runtime *);
    void (*submit_task_group)(Runtime *, const char *, Param *, int, SubTask *, int);
};
struct Runtime { const Ops *ops; };
extern "C" {
__attribute__((visibility("default"))) Config linqu_orch_config(uint64_t *, int) { return {6, 0}; }
__attribute__((visibility("default"))) void linqu_orch_entry(Runtime *rt, uint64_t *, int)
{
    Peers peers = rt->ops->query_peers(rt, 3);
    Param one[1] = {{SCALAR, 0, 1}}, two[1] = {{SCALAR, 0, 2}};
    SubTask subs[2] = {{peers.peers[0], nullptr, one, 1}, {peers.peers[1], "part.so", two, 1}};

    if (rt->ops->get_tensor_pool(rt) || rt->ops->self_coord(rt).l6 != 0 || peers.count != 8)
        __builtin_trap();
    rt->ops->scope_begin(rt);
    rt->ops->submit_task_group(rt, "part", nullptr, 0, subs, 2);
    rt->ops->scope_end(rt);
    rt->ops->wait_all(rt);
    rt->ops->log_info(rt, "%s %d", "done", 17);
    rt->ops->dump_ring_snapshot(rt, "end");
    __builtin_free(peers.peers);
    rt->ops->orchestration_done(rt);
}
}
""", compiler=[os.environ.get("CXX", "g++")])
    run = run_kernel(base, old)
    need(sorted(notes(run)) == ["part 1", "part 2"], "it ran %s", notes(run))
    need('msg="done 17"' in run.read("L6_0/logs/daemon.log"), "the log has no line of it")


@claim
def a_kernel_in_cpp_has_a_scope_that_ends_however_its_block_is_left(base):
    folder = folder_of(base)
    kernel(folder, "part", HOST, WORKER, 'note("part");')
    scoped = compile_kernel(folder, "scoped", r"""
#include "linqu_orchestration_api.h"

static void leave_early(LinquRuntime *rt, LinquCoordinate_C target, int when)
{
    LINQU_SCOPE(rt)
    {
        linqu_submit_task(rt, target, "part", nullptr, 0);
        if (when == 1)
            return;
        for (;;)
            break;
    }
}
LinquOrchConfig linqu_orch_config(uint64_t *, int)
{
    LinquOrchConfig config = {LINQU_LEVEL_CLOS2, 0, LINQU_ROLE_ORCHESTRATOR};
    return config;
}
void linqu_orch_entry(LinquRuntime *rt, uint64_t *, int)
{
    for (int i = 0; i < 20; i++)
        leave_early(rt, LinquCoordinate_C(), i % 2);
}
LINQU_REQUIRES_ABI(1);
""", compiler=[os.environ.get("CXX", "g++"), "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
    need(len(notes(run_kernel(base, scoped))) == 20, "not all parts ran")


@claim
def chips_load_the_code_that_their_host_has(base):
    folder = folder_of(base)
    top = kernel(folder, "top", HOST, ORCHESTRATOR, """
    LinquPeerList chips = linqu_query_peers(rt, LINQU_LEVEL_CHIP);

    for (int i = 0; i < chips.count; i++)
        linqu_submit_task(rt, chips.peers[i], "chip", NULL, 0);
    free(chips.peers);
    """)
    kernel(folder, "chip", CHIP, WORKER, 'note("%s: L%s %s", getenv("LINQU_L2"), getenv("LINQU_LEVEL"), getenv("LINQU_L3"));')
    run = run_kernel(base, top, "--at", "L5_0/L4_0/L3_1", spec="1x1x2x2")
    need(sorted(notes(run)) == ["0: L2 1", "1: L2 1"], "it ran %s", notes(run))
    cached = os.listdir(run.path + "/L6_0/L5_0/L4_0/L3_1/code_cache")
    need(len(cached) == 2, "their host's code_cache has %s", cached)


# --- what can be wrong with one ---

def tree_of_three(folder, bad_level, bad_role, bad, more=""):
    """`top` gives a tensor from `bad` on host 0,0,0 to `reader` on host 0,0,1, and runs `other` on host 1,1,1 beside them."""
    kernel(folder, "bad", bad_level, bad_role, bad, more)
    return beside(folder)


def beside(folder):
    kernel(folder, "reader", HOST, WORKER, 'note("reader");')
    kernel(folder, "other", HOST, WORKER, 'note("other");')
    return kernel(folder, "top", CLOS2, ORCHESTRATOR, """
    uint64_t tensor = linqu_alloc_tensor(rt, host(0, 0, 0), 8);
    LinquParam out = linqu_make_output(tensor), in = linqu_make_input(tensor);

    linqu_submit_task(rt, host(0, 0, 0), "bad", &out, 1);
    linqu_submit_task(rt, host(0, 0, 1), "reader", &in, 1);
    linqu_submit_task(rt, host(1, 1, 1), "other", NULL, 0);
    """)


def expect_failed(base, top, *words, options=(), spec=SPEC):
    run = run_kernel(base, top, *options, status=5, spec=spec)
    need(notes(run) == ["other"], "of its tasks these ran: %s", notes(run))
    expect_sentence(run, "kernel top", *words)
    report = run.json("run.json")
    need(report["exit_code"] == 5 and report["scenarios"][0]["result"] == "fail", "run.json: %s", report)
    return run


def add_claim(name, *arguments, **options):
    def function(base):
        bad, words = arguments[0], arguments[1:]
        expect_failed(base, tree_of_three(folder_of(base), HOST, WORKER, bad), "L6_0/L5_0/L4_0/L3_0", *words, **options)
    function.__name__ = name
    claim(function)


add_claim("a_kernel_that_crashes_fails_its_task", "signal(SIGSEGV, SIG_DFL); raise(SIGSEGV);", "signal 11", "kernel bad")
add_claim("a_kernel_that_aborts_fails_its_task", "abort();", "signal 6", "kernel bad")
add_claim("a_kernel_that_calls_exit_fails_its_task", "exit(0);", "status 0", "kernel bad")
add_claim("a_kernel_that_calls_underscore_exit_fails_its_task", "_exit(3);", "status 3", "kernel bad")
add_claim("a_kernel_that_never_returns_is_ended_after_the_task_timeout", "for (;;) ;", "kernel bad", "--task-timeout 1 s",
          options=("--task-timeout", "1"))
add_claim("a_kernel_that_sleeps_for_ever_is_ended_after_the_task_timeout", "for (;;) pause();", "kernel bad", "--task-timeout 1 s",
          options=("--task-timeout", "1"))


def expect_logged(base, ending, *options):
    """What a worker logged before it ended like that is in its node's log."""
    folder = folder_of(base)
    top = tree_of_three(folder, HOST, WORKER, 'for (int i = 0; i < 20; i++) LINQU_LOG_INFO(rt, "line %d of 20", i);' + ending)
    run = expect_failed(base, top, "kernel bad", options=options)
    log = run.read("L6_0/L5_0/L4_0/L3_0/logs/daemon.log")
    need(all(f"line {i} of 20" in log for i in range(20)), "the log of its node says:\n%s", log)


@claim
def what_a_kernel_logged_is_there_when_it_crashes(base):
    expect_logged(base, "signal(SIGSEGV, SIG_DFL); raise(SIGSEGV);")


@claim
def what_a_kernel_logged_is_there_when_it_is_ended_for_the_time_it_takes(base):
    expect_logged(base, "for (;;) pause();", "--task-timeout", "1")


@claim
def a_crash_fails_no_task_that_had_completed(base):
    folder = folder_of(base)
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, """
    char text[512];

    for (uint64_t i = 0; i < 8; i++) {
        LinquParam last = linqu_make_scalar(i == 7);

        linqu_submit_task(rt, host(0, 0, 0), "part", &last, 1);
    }
    linqu_wait_all(rt);
    note("%d failed", linqu_task_error(rt, text, sizeof text));
    """)
    kernel(folder, "part", HOST, WORKER, "signal(SIGSEGV, SIG_DFL); if (args[0]) raise(SIGSEGV);")
    run = run_kernel(base, top, status=5)
    need(notes(run) == ["1 failed"], "it did %s", notes(run))


@claim
def the_task_timeout_counts_what_one_computes_and_not_what_one_waits(base):
    folder = folder_of(base)
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, """
    for (int i = 0; i < 4; i++)
        linqu_submit_task(rt, host(0, 0, 0), "part", NULL, 0);
    linqu_wait_all(rt);
    note("done");
    """)
    kernel(folder, "part", HOST, WORKER, "nanosleep(&(struct timespec){.tv_nsec = 600000000}, NULL);") # less than a third of the limit
    run = run_kernel(base, top, "--task-timeout", "2")
    need(notes(run) == ["done"], "it did %s", notes(run))


@claim
def every_line_of_the_rings_is_in_the_file_soon_and_in_order(base):
    """Those of a burst are written together: while the kernel waits none is missing, and none at the end."""
    folder = folder_of(base)
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, r"""
    for (int i = 0; i < 300; i++)
        linqu_wait_all(rt);
    note("waits");
    linqu_submit_task(rt, host(0, 0, 0), "pause", NULL, 0);
    linqu_wait_all(rt);
    linqu_dump_ring_snapshot(rt, "end");
    """)
    kernel(folder, "pause", HOST, WORKER, WAIT_FOR_GO)
    run = Run(base, SPEC, top)
    file = "L6_0/logs/ring_snapshots.jsonl"

    def lines():
        if not os.path.exists(os.path.join(run.path, file)):
            return []
        return [json.loads(line) for line in run.read(file).splitlines()]
    run.waits_for(lambda: notes(run) and len(lines()) == 300, "the lines are in the file while the kernel waits")
    go(run)
    run.expect_end(0).expect_nothing_left()
    labels = [line["label"] for line in lines()]
    need(labels == ["wait_all"] * 301 + ["end"], "%d lines, the last %s", len(labels), labels[-2:])
    times = [line["timestamp_us"] for line in lines()]
    need(times == sorted(times), "the lines are not in order")


@claim
def a_dump_is_in_the_file_while_the_kernel_goes_on(base):
    """Also when it never waits again: who hunts a hang reads it."""
    top = kernel(folder_of(base), "top", CLOS2, ORCHESTRATOR, 'linqu_wait_all(rt); linqu_dump_ring_snapshot(rt, "here");' + WAIT_FOR_GO)
    run = Run(base, SPEC, top)
    file = os.path.join(run.path, "L6_0/logs/ring_snapshots.jsonl")
    run.waits_for(lambda: os.path.exists(file) and '"label":"here"' in run.read("L6_0/logs/ring_snapshots.jsonl"), "it is in the file")
    go(run)
    run.expect_end(0).expect_nothing_left()


@claim
def the_top_is_watched_too(base):
    run = run_kernel(base, kernel(folder_of(base), "spin", CLOS2, ORCHESTRATOR, "for (;;) ;"), "--task-timeout", "1", status=5)
    expect_sentence(run, "L6_0", "kernel spin", "--task-timeout 1 s")


@claim
def a_kernel_that_is_no_shared_object_is_refused(base):
    folder = folder_of(base)
    top = beside(folder)
    with open(folder + "/bad.so", "w", encoding="utf-8") as file:
        file.write("this is no code\n")
    expect_failed(base, top, "bad", "cannot be loaded")


@claim
def a_kernel_that_is_missing_is_named(base):
    expect_failed(base, beside(folder_of(base)), "there is no kernel bad", folder_of(base))


@claim
def a_kernel_that_exports_nothing_is_refused(base):
    folder = folder_of(base)
    top = beside(folder)
    compile_kernel(folder, "bad", "int nothing;")
    expect_failed(base, top, "bad", "exports no linqu_orch_config")


@claim
def a_kernel_without_an_entry_is_refused(base):
    folder = folder_of(base)
    top = beside(folder)
    compile_kernel(folder, "bad", '#include "linqu_orchestration_api.h"\n'
                   "LinquOrchConfig linqu_orch_config(uint64_t *args, int n)\n"
                   "{ return (LinquOrchConfig){.level = 3 + 0 * n, .role = !args}; }")
    expect_failed(base, top, "bad", "exports no linqu_orch_entry")


@claim
def a_kernel_with_a_missing_symbol_is_refused(base):
    folder = folder_of(base)
    expect_failed(base, tree_of_three(folder, HOST, WORKER, "not_there();", "void not_there(void);"), "bad", "not_there")


@claim
def a_kernel_from_the_future_is_refused(base):
    folder = folder_of(base)
    expect_failed(base, tree_of_three(folder, HOST, WORKER, "", "LINQU_REQUIRES_ABI(2);"), "bad", "version 2", "has 1")


@claim
def a_kernel_that_crashes_while_it_is_loaded_hurts_nobody(base):
    folder = folder_of(base)
    expect_failed(base, tree_of_three(folder, HOST, WORKER, "",
                                      "__attribute__((constructor)) static void begin(void) { abort(); }"), "bad", "signal 6")


@claim
def a_kernel_of_a_level_that_is_not_there_is_refused(base):
    expect_failed(base, tree_of_three(folder_of(base), CHIP, WORKER, ""), "bad", "L2")


@claim
def a_kernel_of_a_level_that_nobody_has_is_refused(base):
    expect_failed(base, tree_of_three(folder_of(base), 1, WORKER, ""), "bad", "level 1")
    expect_failed(base, tree_of_three(folder_of(base), 9, WORKER, ""), "bad", "level 9")


@claim
def a_kernel_of_a_nonsense_role_is_refused(base):
    expect_failed(base, tree_of_three(folder_of(base), HOST, 7, ""), "bad", "role 7")


def targets(folder, level, body):
    kernel(folder, "leaf", HOST, WORKER, 'note("leaf");')
    return kernel(folder, "from", level, ORCHESTRATOR, body)


@claim
def a_target_outside_the_topology_is_named(base):
    run = run_kernel(base, targets(folder_of(base), CLOS2, 'linqu_submit_task(rt, host(0, 0, 2), "leaf", NULL, 0);'), status=5)
    expect_sentence(run, "L3 (0,0,0,2)", "not in this topology", "kernel from")
    need(not notes(run), "it ran %s", notes(run))


@claim
def a_target_that_is_not_below_is_named(base):
    run = run_kernel(base, targets(folder_of(base), POD, 'linqu_submit_task(rt, host(0, 1, 0), "leaf", NULL, 0);'), status=5)
    expect_sentence(run, "L6_0/L5_0/L4_1/L3_0", "not below", "L4_0", "kernel from")
    need(not notes(run), "it ran %s", notes(run))


@claim
def a_worker_that_acts_as_an_orchestrator_is_refused_and_its_task_fails(base):
    folder = folder_of(base)
    kernel(folder, "leaf", HOST, WORKER, 'note("leaf");')
    run = run_kernel(base, kernel(folder, "work", HOST, WORKER, r"""
    char data[8] = "data";

    linqu_submit_task(rt, linqu_self_coord(rt), "leaf", NULL, 0);
    linqu_submit_task_group(rt, "leaf", NULL, 0, NULL, 0);
    linqu_scope_begin(rt);
    linqu_scope_end(rt);
    note("%llu %llu", (unsigned long long)linqu_alloc_tensor(rt, linqu_self_coord(rt), 8),
         (unsigned long long)linqu_reg_data(rt, linqu_self_coord(rt), data, 8));
    linqu_wait_all(rt);
    note("went on");
    """), status=5)
    expect_sentence(run, "L6_0/L5_0/L4_0/L3_0", "kernel work", "submit_task", "WORKER")
    need(notes(run) == ["0 0", "went on"], "it did %s", notes(run))
    log = run.read("L6_0/L5_0/L4_0/L3_0/logs/daemon.log")
    need(len([line for line in log.splitlines() if "lvl=error" in line and "WORKER" in line.upper()]) >= 4,
         "the log does not say what was refused:\n%s", log)


@claim
def a_tensor_without_a_producer_fails_its_reader(base):
    run = run_kernel(base, targets(folder_of(base), CLOS2, """
    LinquParam in = linqu_make_input(linqu_alloc_tensor(rt, host(0, 0, 0), 8));
    linqu_submit_task(rt, host(0, 0, 0), "leaf", &in, 1);
    """), status=5)
    expect_sentence(run, "kernel from", "nothing has produced")
    need(not notes(run), "it ran %s", notes(run))


@claim
def the_handle_0_fails_its_task(base):
    run = run_kernel(base, targets(folder_of(base), CLOS2, """
    LinquParam in = linqu_make_input(0);
    linqu_submit_task(rt, host(0, 0, 0), "leaf", &in, 1);
    """), status=5)
    expect_sentence(run, "kernel from", "handle 0")


@claim
def a_tensor_larger_than_a_ring_fails_its_task(base):
    run = run_kernel(base, targets(folder_of(base), CLOS2, """
    LinquParam out = linqu_make_output(linqu_alloc_tensor(rt, host(0, 0, 0), (size_t)1 << 40));
    linqu_submit_task(rt, host(0, 0, 0), "leaf", &out, 1);
    """), status=5)
    expect_sentence(run, "kernel from", "1099511627776")
    need(not notes(run), "it ran %s", notes(run))


@claim
def scopes_that_nest_too_deep_fail_the_activation(base):
    run = run_kernel(base, targets(folder_of(base), CLOS2, """
    for (int i = 0; i < 9; i++)
        linqu_scope_begin(rt);
    """), status=5)
    expect_sentence(run, "kernel from", "8")


@claim
def a_deadlock_that_is_proven_ends_with_6(base):
    run = run_kernel(base, targets(folder_of(base), CLOS2, """
    for (int i = 0; i < 1025; i++) {
        LinquParam out = linqu_make_output(linqu_alloc_tensor(rt, host(0, 0, 0), 8));
        linqu_submit_task(rt, host(0, 0, 0), "leaf", &out, 1);
    }
    """), status=6)
    expect_sentence(run, "kernel from", "deadlock")


@claim
def an_orchestration_that_reads_its_failures_completes(base):
    folder = folder_of(base)
    kernel(folder, "bad", HOST, ORCHESTRATOR, "for (int i = 0; i < 9; i++) linqu_scope_begin(rt);")
    run = run_kernel(base, kernel(folder, "careful", CLOS2, ORCHESTRATOR, r"""
    char text[1024] = "";

    linqu_submit_task(rt, host(0, 0, 0), "bad", NULL, 0);
    linqu_submit_task(rt, host(0, 0, 1), "missing", NULL, 0);
    linqu_wait_all(rt);
    note("%d", linqu_task_error(rt, text, sizeof text));
    note("%d", linqu_task_error(rt, NULL, 0));
    """))
    need(notes(run) == ["2", "0"], "it saw %s", notes(run))


# --- the command line ---

@claim
def what_the_command_line_says_wrongly_is_refused_before_anything_is_made(base):
    folder = folder_of(base)
    fine = kernel(folder, "fine", HOST, WORKER, "")
    for words, said in (((folder + "/nothing.so",), "nothing.so"), (("nothing.so",), "there is no kernel nothing.so"),
                        ((fine, "--at", "L5_7"), "--at"), ((fine, "--arg", "x"), "--arg"),
                        ((fine, "--kernel-path", folder + "/none"), "--kernel-path"), (("topology", "--arg", "1"), "--arg"),
                        ((folder,), folder)):
        done = linqu("run", "--base", base, "--topology", SPEC, *words)
        need(done.status == 2 and said in done.err, "%s: %s: %s", words, done.status, done.err)
    need(not os.path.exists(base) or not [name for name in os.listdir(base) if not name.startswith(".")], "it made %s", base)


@claim
def a_kernel_whose_level_is_not_the_place_s_is_refused(base):
    host_kernel = kernel(folder_of(base), "fine", HOST, WORKER, "")
    run = run_kernel(base, host_kernel, "--at", "L5_0", status=5)
    expect_sentence(run, "kernel fine", "L3", "L6_0/L5_0")
    run = run_kernel(base, kernel(folder_of(base), "chip", CHIP, WORKER, ""), status=5)
    expect_sentence(run, "kernel chip", "L2", "has no node")


@claim
def a_kernel_whose_node_dies_or_leaves_is_lost_with_it(base):
    folder = folder_of(base)
    waits = kernel(folder, "waits", POD, ORCHESTRATOR, """
    linqu_submit_task(rt, host(0, 0, 0), "sleeps", NULL, 0);
    """)
    kernel(folder, "sleeps", HOST, WORKER, 'note("in"); for (;;) pause();')
    for number, (name, ending, said) in enumerate(((9, 5, "signal 9"), (15, 5, "left in order"))):
        run = Run(base, SPEC, "--hold", "--stop-timeout", "2", waits, name=f"t{number}")
        run.waits_for(lambda run=run: notes(run), "it runs")
        run.kill(run.shape.by_path["L6_0/L5_0/L4_0"], name)
        until(lambda run=run: "waits.so: FAIL" in run.out(), "the kernel is given up", 30)
        expect_sentence(run, "kernel waits", "L6_0/L5_0/L4_0", said)
        done = linqu("exec", "--base", base, "--at", "L5_0/L4_0", f"t{number}", waits)
        need(done.status == 5 and "cannot run on L6_0/L5_0/L4_0" in done.out, "it said %s", done.out)
        linqu("exec", "--base", base, f"t{number}", "hello.so").expect(0)
        run.interrupt()
        run.expect_end(ending).expect_nothing_left()


@claim
def one_exec_comes_after_the_other_and_a_failed_one_leaves_the_tree_well(base):
    folder = folder_of(base)
    good = kernel(folder, "good", HOST, WORKER, 'note("%llu", (unsigned long long)args[0]);')
    bad = kernel(folder, "bad", HOST, ORCHESTRATOR, "for (int i = 0; i < 9; i++) linqu_scope_begin(rt);")
    with held(base, SPEC, status=5) as run:
        for number in range(3):
            done = linqu("exec", "--base", base, "t", good, "--arg", number, "--at", f"L5_{number % 2}/L4_0/L3_1").expect(0)
            need("good.so: pass" in done.out, "it said %s", done.out)
            done = linqu("exec", "--base", base, "--json", "t", bad).expect(5)
            answer = done.json()
            need(answer["result"] == "fail" and answer["scenarios"][0]["checks"][0]["name"] == "completed", "it said %s", answer)
        linqu("exec", "--base", base, "t", good, "topology", "--arg", 9).expect(0)
        done = linqu("exec", "--base", base, "t", good, "--at", "L5_9").sentence()
        need("L5_9" in done, "it said %s", done)
        need(notes(run) == ["0", "1", "2", "9"], "it ran %s", notes(run))


@large
def more_readers_than_a_node_takes_connections_all_get_their_data(base):
    """319 hosts read from one that has descriptors for some 130 of them."""
    folder = folder_of(base)
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, """
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t tensor = linqu_alloc_tensor(rt, hosts.peers[0], 4000000);
    LinquParam out = linqu_make_output(tensor), in = linqu_make_input(tensor);

    linqu_submit_task(rt, hosts.peers[0], "part", &out, 1);
    for (int i = 1; i < hosts.count; i++)
        linqu_submit_task(rt, hosts.peers[i], "part", &in, 1);
    linqu_wait_all(rt);
    free(hosts.peers);
    """)
    kernel(folder, "part", HOST, WORKER, "")
    run = Run(base, "1x8x40", top, command=["sh", "-c", 'ulimit -n 262 && exec "$0" "$@"', tree.LINQU])
    run.expect_end(0).expect_nothing_left()


tree.main()
