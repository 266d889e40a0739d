#!/usr/bin/env python3
"""Many tasks, long chains, large tensors, many execs: what a small example does not show.
limit: 240 s
runs beside others"""

import os

import tree
from kernel_source import CLOS1, CLOS2, HOST, ORCHESTRATOR, POD, WORKER, folder_of, kernel, notes, run_kernel
from tree import claim, held, large, linqu, need, soaking, until

PEERS = "LinquPeerList peers = linqu_query_peers(rt, %d);"

# A word at a place in a large tensor, from its seed: a different one for each place.
WORD = r"""
__attribute__((unused)) static uint64_t word(uint64_t seed, uint64_t at)
{
    uint64_t z = seed + at * UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    return z ^ (z >> 27);
}
__attribute__((unused)) static void fill(uint64_t *words, uint64_t count, uint64_t seed)
{
    for (uint64_t i = 0; i < count; i++)
        words[i] = word(seed, i);
}
__attribute__((unused)) static uint64_t wrong(const uint64_t *words, uint64_t count, uint64_t seed)
{
    uint64_t wrong = 0;

    for (uint64_t i = 0; i < count; i++)
        wrong += words[i] != word(seed, i);
    return wrong;
}
"""


@claim
def a_hundred_thousand_tasks_go_from_one_pod_to_its_hosts(base):
    folder = folder_of(base)
    kernel(folder, "count_up", HOST, WORKER, "((uint64_t *)linqu_tensor_data(rt, args[0], NULL))[0]++;")
    kernel(folder, "nothing", HOST, WORKER, "")
    pod = kernel(folder, "many", POD, ORCHESTRATOR, PEERS % HOST + r"""
        uint64_t sums[16], sum = 0;
        for (int i = 0; i < peers.count; i++) {
            uint64_t zero = 0;
            sums[i] = linqu_reg_data(rt, peers.peers[i], &zero, sizeof zero);
        }
        LINQU_SCOPE(rt)
            for (uint64_t i = 0; i < args[0]; i++)
                linqu_submit_task(rt, peers.peers[i % (uint64_t)peers.count], "nothing", NULL, 0);
        for (int i = 0; i < 1600; i++) {
            LinquParam one[] = {linqu_make_inout(sums[i % peers.count])};
            linqu_submit_task(rt, peers.peers[i % peers.count], "count_up", one, 1);
        }
        linqu_wait_all(rt);
        for (int i = 0; i < peers.count; i++)
            sum += *(uint64_t *)linqu_tensor_data(rt, sums[i], NULL);
        note("%llu", (unsigned long long)sum);
        free(peers.peers);""")
    run = run_kernel(base, pod, "--arg", "100000", spec="1x1x16")
    need(notes(run) == ["1600"], "the sums are %s", notes(run))
    done = sum(run.json(f"L6_0/L5_0/L4_0/L3_{i}/logs/task_trace.json")["lost"] +
               len(run.json(f"L6_0/L5_0/L4_0/L3_{i}/logs/task_trace.json")["tasks"]) for i in range(16))
    need(done == 101600, "%s tasks ran", done)


@claim
def a_chain_of_ten_thousand_tasks_zigzags_over_siblings(base):
    folder = folder_of(base)
    kernel(folder, "step", HOST, WORKER, """
        const uint64_t *in = linqu_tensor_data(rt, args[0], NULL);
        uint64_t *out = linqu_tensor_data(rt, args[1], NULL);
        out[0] = in[0] + 1;
        out[1] = in[1] * 31 + in[0];""")
    pod = kernel(folder, "chain", POD, ORCHESTRATOR, PEERS % HOST + r"""
        uint64_t start[2] = {0, 1}, hash = 1, last = linqu_reg_data(rt, linqu_self_coord(rt), start, sizeof start);
        const uint64_t *end;
        for (uint64_t i = 0; i < args[0]; i++) {
            uint64_t next = linqu_alloc_tensor(rt, peers.peers[0], sizeof start);
            LinquParam both[] = {linqu_make_input(last), linqu_make_output(next)};
            linqu_submit_task(rt, peers.peers[(i * 7) % (uint64_t)peers.count], "step", both, 2);
            linqu_free_tensor(rt, last);
            last = next;
            hash = hash * 31 + i;
        }
        linqu_wait_all(rt);
        end = linqu_tensor_data(rt, last, NULL);
        note("%d %d", end[0] == args[0], end[1] == hash);
        free(peers.peers);""")
    run = run_kernel(base, pod, "--arg", "10000", spec="1x1x16")
    need(notes(run) == ["1 1"], "the end of the chain is %s", notes(run))


@claim
def a_large_tensor_goes_down_through_the_levels_and_comes_back(base):
    folder = folder_of(base)
    body = PEERS + r"""
        LinquParam both[] = {linqu_make_input(args[0]), linqu_make_output(args[1])};
        linqu_submit_task(rt, peers.peers[peers.count - 1], "%s", both, 2);
        free(peers.peers);"""
    kernel(folder, "flip", HOST, WORKER, """
        size_t bytes;
        const uint64_t *in = linqu_tensor_data(rt, args[0], &bytes);
        uint64_t *out = linqu_tensor_data(rt, args[1], NULL);
        for (size_t i = 0; i < bytes / 8; i++)
            out[i] = ~in[i];""")
    kernel(folder, "pod", POD, ORCHESTRATOR, body % (HOST, "flip"))
    kernel(folder, "supernode", CLOS1, ORCHESTRATOR, body % (POD, "pod"))
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, PEERS % CLOS1 + r"""
        uint64_t count = args[0] / 8, *words = malloc(args[0] + 8), in, out, bad = 0;
        const uint64_t *back;
        size_t bytes;
        fill(words, count, 5);
        in = linqu_reg_data(rt, linqu_self_coord(rt), words, args[0]);
        out = linqu_alloc_tensor(rt, peers.peers[0], args[0]);
        LinquParam both[] = {linqu_make_input(in), linqu_make_output(out)};
        linqu_submit_task(rt, peers.peers[0], "supernode", both, 2);
        linqu_wait_all(rt);
        back = linqu_tensor_data(rt, out, &bytes);
        for (uint64_t i = 0; back && i < count; i++)
            bad += back[i] != ~word(5, i);
        note("%zu %llu", bytes, (unsigned long long)bad);
        free(words);
        free(peers.peers);""", WORD)
    for size in (64 << 20, 8, 0):
        run = run_kernel(base, top, "--arg", str(size), spec="1x2x2")
        need(notes(run) == [f"{size} 0"], "what came back of %s bytes: %s", size, notes(run))


@claim
def more_data_than_may_be_under_way_is_registered_at_once_at_all_hosts(base):
    folder = folder_of(base)
    kernel(folder, "look", HOST, WORKER, """
        size_t bytes;
        const uint64_t *in = linqu_tensor_data(rt, args[0], &bytes);
        note("%zu %llu", bytes, (unsigned long long)wrong(in, bytes / 8, args[1]));""", WORD)
    top = kernel(folder, "top", CLOS2, ORCHESTRATOR, PEERS % HOST + r"""
        uint64_t *words = malloc(args[0]);
        for (int i = 0; i < 2 * peers.count; i++) {
            LinquCoordinate_C there = peers.peers[i % peers.count];
            fill(words, args[0] / 8, (uint64_t)i);
            LinquParam in[] = {linqu_make_input(linqu_reg_data(rt, there, words, args[0])), linqu_make_scalar((uint64_t)i)};
            linqu_submit_task(rt, there, "look", in, 2);
            linqu_free_tensor(rt, in[0].handle);
        }
        free(words);
        free(peers.peers);""", WORD)
    run = run_kernel(base, top, "--arg", str(3 << 20), spec="2x2x2")
    need(notes(run) == [f"{3 << 20} 0"] * 16, "what lay at the hosts: %s", notes(run))


@claim
def a_large_tensor_reaches_sixteen_siblings(base):
    folder = folder_of(base)
    kernel(folder, "make", HOST, WORKER, """
        size_t bytes;
        uint64_t *out = linqu_tensor_data(rt, args[0], &bytes);
        fill(out, bytes / 8, args[1]);""", WORD)
    kernel(folder, "look", HOST, WORKER, """
        size_t bytes;
        const uint64_t *in = linqu_tensor_data(rt, args[0], &bytes);
        *(uint64_t *)linqu_tensor_data(rt, args[1], NULL) = wrong(in, bytes / 8, 9) + (bytes != args[2]);""", WORD)
    pod = kernel(folder, "spread", POD, ORCHESTRATOR, PEERS % HOST + r"""
        uint64_t all = linqu_alloc_tensor(rt, peers.peers[0], args[0]), bad[64], sum = 0;
        LinquParam make[] = {linqu_make_output(all), linqu_make_scalar(9)};
        linqu_submit_task(rt, peers.peers[3], "make", make, 2);
        for (int i = 0; i < peers.count; i++) {
            bad[i] = linqu_alloc_tensor(rt, peers.peers[0], 8);
            LinquParam look[] = {linqu_make_input(all), linqu_make_output(bad[i]), linqu_make_scalar(args[0])};
            linqu_submit_task(rt, peers.peers[i], "look", look, 3);
        }
        linqu_wait_all(rt);
        for (int i = 0; i < peers.count; i++)
            sum += *(uint64_t *)linqu_tensor_data(rt, bad[i], NULL);
        note("%d %llu", peers.count, (unsigned long long)sum);
        free(peers.peers);""")
    run = run_kernel(base, pod, "--arg", str(64 << 20), spec="1x1x16")
    need(notes(run) == ["16 0"], "the siblings saw %s", notes(run))


@claim
def a_holder_that_computes_delays_its_reader_and_why_names_it(base):
    folder = folder_of(base)
    kernel(folder, "give", HOST, WORKER, "*(uint64_t *)linqu_tensor_data(rt, args[0], NULL) = 77;")
    kernel(folder, "busy", HOST, WORKER, """
        struct timespec rest = {.tv_sec = 5};
        *(uint64_t *)linqu_tensor_data(rt, args[0], NULL) = 1;
        while (nanosleep(&rest, &rest) != 0);""")
    kernel(folder, "take", HOST, WORKER, """
        *(uint64_t *)linqu_tensor_data(rt, args[1], NULL) = *(const uint64_t *)linqu_tensor_data(rt, args[0], NULL);""")
    pod = kernel(folder, "delay", POD, ORCHESTRATOR, PEERS % HOST + r"""
        uint64_t given = linqu_alloc_tensor(rt, peers.peers[0], 8), taken = linqu_alloc_tensor(rt, peers.peers[0], 8);
        uint64_t done = linqu_alloc_tensor(rt, peers.peers[0], 8);
        LinquParam give[] = {linqu_make_output(given)}, busy[] = {linqu_make_output(done)};
        LinquParam take[] = {linqu_make_input(given), linqu_make_output(taken)};
        linqu_submit_task(rt, peers.peers[0], "give", give, 1);
        linqu_wait_all(rt);
        linqu_submit_task(rt, peers.peers[0], "busy", busy, 1);
        linqu_submit_task(rt, peers.peers[1], "take", take, 2);
        linqu_wait_all(rt);
        note("%llu", (unsigned long long)*(uint64_t *)linqu_tensor_data(rt, taken, NULL));
        free(peers.peers);""")
    run = tree.Run(base, "1x1x2", pod)

    def why():
        said = linqu("status", "--base", base, "--why", "t").expect(0).out
        return said if "computes kernel busy" in said else None
    run.waits_for(lambda: run.event("working"), "it works")
    said = until(why, "somebody computes", 20)
    need("L4_0 waits" in said, "why says %s", said)
    run.expect_end(0).expect_nothing_left()
    need(notes(run) == ["77"], "the reader got %s", notes(run))
    tasks = {task["kernel"]: task for i in range(2) for task in run.json(f"L6_0/L5_0/L4_0/L3_{i}/logs/task_trace.json")["tasks"]}
    need(tasks["take"]["started_us"] >= tasks["busy"]["ended_us"], "nothing delayed the reader: %s", tasks)


def size_of(pid):
    """Descriptors and private memory (KiB) of a process."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        private = sum(int(line.split()[1]) for line in file if line.startswith(("Private_Clean", "Private_Dirty")))
    return len(os.listdir(f"/proc/{pid}/fd")), private


def execs_leave_no_weight(base, warm, count):
    """An exec leaves a line in the report, and on each node records of its tasks: 5 here, of which it keeps the newest 65,536."""
    folder = folder_of(base)
    kernel(folder, "add_one", HOST, WORKER, "((uint64_t *)linqu_tensor_data(rt, args[1], NULL))[0] = "
           "*(const uint64_t *)linqu_tensor_data(rt, args[0], NULL) + 1;")
    pod = kernel(folder, "round", POD, ORCHESTRATOR, PEERS % HOST + r"""
        uint64_t last = linqu_reg_data(rt, peers.peers[0], &args[0], 8);
        for (int i = 0; i < 20; i++) {
            uint64_t next = linqu_alloc_tensor(rt, peers.peers[0], 8);
            LinquParam both[] = {linqu_make_input(last), linqu_make_output(next)};
            linqu_submit_task(rt, peers.peers[i % peers.count], "add_one", both, 2);
            last = next;
        }
        linqu_wait_all(rt);
        if (*(uint64_t *)linqu_tensor_data(rt, last, NULL) != args[0] + 20)
            note("wrong");
        free(peers.peers);""")
    with held(base, "1x1x4") as run:
        pids = [run.launcher, *run.pids()]
        idle = size_of(run.launcher)[0]

        def some(number):
            for i in range(number):
                linqu("exec", "--base", base, "--quiet", "t", pod, "--arg", i).expect(0)
            until(lambda: size_of(run.launcher)[0] <= idle, "the launcher has closed its clients' connections", 10)
            return [size_of(pid) for pid in pids]
        before, after = some(warm), some(count)
        need([files for files, _ in before] == [files for files, _ in after], "descriptors were %s and are %s", before, after)
        need(all(now - then <= 64 + 2 * count for (_, then), (_, now) in zip(before, after)), "memory was %s and is %s KiB", before,
             after)
        need(not notes(run), "a result was wrong")


@large
def fifty_execs_leave_no_weight(base):
    execs_leave_no_weight(base, 10, 50)


@soaking
def a_thousand_execs_leave_no_weight(base):
    execs_leave_no_weight(base, 100, 1000)


tree.main()
