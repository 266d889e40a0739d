#!/usr/bin/env python3
"""The built-in scenarios: they pass on every kind of topology, and each of their checks fails when what it looks at is broken on
purpose, in a kernel or in linqu itself.
limit: 600 s
runs beside others"""

import glob
import json
import os
import shlex
import subprocess

import tree
from tree import Run, claim, held, large, linqu, need, until

ALL = ("topology", "dag", "ring-stress", "dfs-sum")
CHECKS = {
    "topology": {"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"},
    "dag": {"D1", "D2", "D3", "D4", "D5", "D6", "D7"},
    "ring-stress": {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "I1", "I2", "I3", "I4", "I5", "I6", "deadlock"},
    "dfs-sum": {"S1", "S2", "S3", "S4"},
}


def results(run, name):
    scenario = next(s for s in run.json("run.json")["scenarios"] if s["name"] == name)
    return {check["name"]: check for check in scenario["checks"]}


def all_pass(base, spec, name="t"):
    run = Run(base, spec, *ALL, name=name).expect_end(0, 240)
    need(run.json("run.json")["topology"] == spec, "the report is of %s, not %s", run.json("run.json")["topology"], spec)
    run.expect_nothing_left()
    for scenario in ALL:
        seen = results(run, scenario)
        need(CHECKS[scenario] <= set(seen), "%s on %s made the checks %s", scenario, spec, sorted(seen))
        need(all(check["result"] == "pass" for check in seen.values()), "%s on %s: %s", scenario, spec, seen)
    return run


# --- they pass ---

@claim
def they_pass_on_a_single_host(base):
    all_pass(base, "1x1x1")


@claim
def they_pass_on_2x2x2(base):
    run = all_pass(base, "2x2x2")
    detail = results(run, "dag")["D6"]["detail"]
    need(detail.startswith("20 tasks completed on hosts (4 pods)"), "D6: %s", detail)
    profile = run.json("ring_profile.json")
    need({layer["level"] for layer in profile["layers"]} == {"CLOS2", "CLOS1", "POD", "HOST"}, "the run's profile: %s", profile)
    host = sum(sum(layer["task_alloc_count"] for layer in json.load(open(path, encoding="utf-8"))["layers"] if layer["level"] == "HOST")
               for path in glob.glob(run.path + "/L6_*/**/logs/ring_profile.json", recursive=True))
    need(host == sum(layer["task_alloc_count"] for layer in profile["layers"] if layer["level"] == "HOST"), "it is no sum: %s", profile)


@large
def they_pass_on_3x5x7(base):
    all_pass(base, "3x5x7")


@claim
def they_pass_with_chips(base):
    run = all_pass(base, "2x2x2x3")
    detail = results(run, "dag")["D6"]["detail"]
    need("60 on chips" in detail, "D6: %s", detail)
    need(os.path.exists(run.path + "/L6_0/L5_0/L4_0/L3_0/logs/L2_2.task_trace.json"), "a chip's trace is not there")


@claim
def they_pass_where_levels_are_left_out(base):
    all_pass(base, "L6:1 L5:2 L3:3")
    all_pass(base, "L6:1 L3:2", name="u")


@claim
def they_pass_under_an_l7(base):
    all_pass(base, "L7:1 L6:2 L4:2 L3:2")


@claim
def they_pass_with_rings_that_are_small_for_the_whole_run(base):
    run = Run(base, "1x1x2", "--ring-capacity", "task=16,buffer=128K", "--ring-capacity", "L3:task=4,buffer=32K",
              "ring-stress").expect_end(0)
    detail = results(run, "ring-stress")["R4"]["detail"]
    need("L3 4" in detail, "R4: %s", detail)


@claim
def a_held_run_takes_one_after_the_other(base):
    with held(base, "1x2x2") as run:
        for name in (*ALL, *reversed(ALL)):
            done = linqu("exec", "--base", base, "t", name, "--json").expect(0)
            need(done.json()["result"] == "pass", "%s: %s", name, done.out)
    need(os.path.exists(run.path + "/ring_profile.json"), "the run's profile is not there")


@claim
def rings_are_large_again_when_not_all_could_be_made_small(base):
    with held(base, "1x2x2", status=5) as run:
        run.kill(run.shape.leaf())
        until(lambda: run.event("dead", run.shape.leaf()), "the death is told", 10)
        done = linqu("exec", "--base", base, "t", "ring-stress", "--json").expect(1)
        checks = {check["name"]: check for check in done.json()["scenarios"][0]["checks"]}
        need(set(checks) == {"rings"} and checks["rings"]["detail"].startswith("1 nodes did not change"), "%s", checks)
        done = linqu("exec", "--base", base, "t", "dag", "--json").expect(1)
        checks = {check["name"]: check for check in done.json()["scenarios"][0]["checks"]}
        need(checks["D1"]["result"] == "pass", "in rings of their own size tasks found no room: %s", checks)


@claim
def files_of_numbers_that_are_there_are_read(base):
    folder = base + "-numbers"
    for host in range(4):
        os.makedirs(f"{folder}/L3_{host}")
        with open(f"{folder}/L3_{host}/data.txt", "w", encoding="utf-8") as file:
            file.write(" ".join(str(1000 * host + column) for column in range(1024)))
    run = Run(base, "1x2x2", "--dfs-dir", folder, "dfs-sum").expect_end(0)
    seen = results(run, "dfs-sum")
    total = sum(1000 * host + column for host in range(4) for column in range(1024))
    need(f"the total is {total}," in seen["S2"]["detail"], "S2: %s", seen["S2"])
    need("(0 made now)" in seen["S1"]["detail"], "S1: %s", seen["S1"])


@claim
def a_file_of_numbers_that_is_too_short_is_named(base):
    folder = base + "-numbers"
    os.makedirs(f"{folder}/L3_0")
    with open(f"{folder}/L3_0/data.txt", "w", encoding="utf-8") as file:
        file.write("1 2 3")
    run = Run(base, "1x1x1", "--dfs-dir", folder, "dfs-sum").expect_end(1)
    need("L3_0/data.txt has 3 numbers" in results(run, "dfs-sum")["files"]["detail"], "it said %s", run.out())


@claim
def what_needs_hosts_says_so(base):
    run = Run(base, "L6:1 L5:2", "dag").expect_end(1)
    need("needs hosts" in results(run, "dag")["hosts"]["detail"], "it said %s", run.out())


# --- each check can fail ---
# A break is some texts in files below the project and what each is replaced by: of kernels/ they are built into a folder that
# comes first in the kernel path; of modules/ they are compiled without assertions and linked in front of the libraries.

EARLY = [("modules/core/graph_end.c", "if (!task_reclaimable(task))", "if (!task_state_ended((enum task_state)task->state))"),
         ("modules/core/graph_end.c", "while (task && task_reclaimable(task)) {",
          "while (task && task_state_ended((enum task_state)task->state)) {"),
         ("modules/core/task_ring.c", "", "")]
UNREAD = [("modules/core/graph_end.c", "if (!task_reclaimable(task))",
           "if (!task_state_ended((enum task_state)task->state) || !task->token_applied)"),
          ("modules/core/graph_end.c", "while (task && task_reclaimable(task)) {",
           "while (task && task_state_ended((enum task_state)task->state) && task->token_applied) {"),
          ("modules/core/task_ring.c", "", "")]

BREAKS = {
    "topology": [
        ("T1", "a wrong coordinate", [
            ("modules/topo/identity.c",
             "json_integer(coord->index[level]));",
             "json_integer(coord->index[level] + (level == LEVEL_HOST)));"),
        ]),
        ("T2", "every host is the same", [
            ("modules/topo/identity.c",
             "topology_global_index(topology, &identity->coord);",
             "0;"),
        ]),
        ("T3", "indices in another order", [
            ("modules/topo/identity.c",
             "topology_global_index(topology, &identity->coord);",
             "topology_global_index(topology, &identity->coord) ^ 1;"),
        ]),
        ("T4", "a host does not see itself", [
            ("modules/member/discovery.c",
             "membership_peers(discovery->table, self, LEVEL_POD, NULL, 0)",
             "membership_peers(discovery->table, self, LEVEL_POD, NULL, 0) - 1"),
        ]),
        ("T5", "a supernode without its other pods", [
            ("modules/member/discovery.c",
             "json_integer(live_below(discovery, supernode, LEVEL_HOST))",
             "json_integer(membership_peers(discovery->table, self, LEVEL_POD, NULL, 0))"),
        ]),
        ("T6", "a cluster without its other supernodes", [
            ("modules/member/discovery.c",
             "json_integer(live_below(discovery, cluster, LEVEL_HOST))",
             "json_integer(live_below(discovery, supernode, LEVEL_HOST))"),
        ]),
        ("T7", "peers that seem dead", [
            ("modules/member/discovery.c",
             "if (status == MEMBER_LIVE && discovery->is_slow",
             'if (rank == discovery->self + 1)\n        return MEMBER_DEAD;\n'
             '    if (status == MEMBER_LIVE && discovery->is_slow'),
        ]),
        ("T8", "a heartbeat that is answered with a question", [
            ("modules/node/visit.c",
             "message.heartbeat.answer = 1;",
             "message.heartbeat.answer = 0;"),
        ]),
        ("T9", "the last child gets no task", [
            ("kernels/topology.h",
             "first < children.count; first += WAVE) {",
             "first < children.count - 1; first += WAVE) {\n        children.count--;"),
        ]),
    ],
    "dag": [
        ("D1", "a wrong element", [
            ("kernels/dag_mul.c",
             "((x) * (y))",
             "((x) * (y) + (i == 77))"),
        ]),
        ("D2", "tasks on other hosts", [
            ("kernels/dag.h",
             "number % pod->hosts.count",
             "(number + 1) % pod->hosts.count"),
        ]),
        ("D2", "no transfer is told", [
            ("modules/node/fetch.c",
             "want->remote = !copy->pinned;",
             "want->remote = false;"),
        ]),
        ("D2", "no producer is told", [
            ("modules/node/trace_log.c",
             "if (input->producer_depth == PRODUCER_ELSEWHERE)",
             "if (input)"),
        ]),
        ("D3", "a skipped dependency", [
            ("kernels/dag.h",
             "d, linqu_make_input(e), g",
             "d, linqu_make_input(d), g"),
        ]),
        ("D4", "a lost release", [
            ("modules/node/dispatch.c",
             "message.scope_exit.retired.count = count;",
             "message.scope_exit.retired.count = count - (list[0].depth == 1);"),
        ]),
        ("D5", "c in the inner scope", [
            ("kernels/dag.h",
             "c = vector(pod), f = vector(pod);",
             "f = vector(pod), c;\n\n    linqu_scope_begin(pod->rt);\n    c = vector(pod);"),
            ("kernels/dag.h",
             "    return f;\n}\n\nstatic struct summary look_at",
             "    linqu_scope_end(pod->rt);\n    return f;\n}\n\nstatic struct summary look_at"),
        ]),
        ("D6", "a task too many", [
            ("kernels/dag.h",
             '"dag_mul", d, linqu_make_input(e), g);',
             '"dag_mul", d, linqu_make_input(e), g);\n'
             '        compute(pod, 3, "dag_mul", d, linqu_make_input(e), vector(pod));'),
        ]),
        ("D7", "one child's sum is lost", [
            ("kernels/dag.h",
             "sum->sum += one->sum;",
             "sum->sum = one->sum;"),
        ]),
    ],
    "ring-stress": [
        ("R1", "a ring that retires early", EARLY),
        ("R1", "snapshots without the scopes' layers", [
            ("modules/core/ring_view.c",
             "if (layer->ring.claims || layer->counts.scope_begins)",
             "if (depth == 0)"),
        ]),
        ("R2", "a tensor is freed once more", [
            ("kernels/ring_stress_l3.c",
             "linqu_free_tensor(rt, inner[0]);",
             "linqu_free_tensor(rt, inner[0]);\n            linqu_free_tensor(rt, inner[1]);"),
        ]),
        ("R3", "a pod's tensors freed at once", [
            ("kernels/ring_stress.h",
             "ring_submit(rt, children->at[(first + i) % children->count],",
             "linqu_free_tensor(rt, ring_submit(rt, children->at[(first + i) % children->count],"),
            ("kernels/ring_stress.h",
             'kernel_at("ring_stress", children->level), scalars);',
             'kernel_at("ring_stress", children->level), scalars));'),
        ]),
        ("R4", "rings that are not filled", [
            ("kernels/ring_stress.h",
             "int slots = ring_slots_of(scalars, LEVEL);",
             "int slots = 1;"),
        ]),
        ("R5", "the inner tasks in the outer scope", [
            ("kernels/ring_stress.h",
             "        LINQU_SCOPE(rt)\n        {\n            ring_fill(rt, LEVEL, slots, scalars, NULL);\n        }\n",
             "        ring_fill(rt, LEVEL, slots - 2, scalars, NULL);\n"),
        ]),
        ("R6", "reclaimed before its token", EARLY),
        ("R7", "a wait that is not counted", [
            ("modules/core/graph_claim.c",
             "layer->counts.task_blocks += on == BLOCK_SLOT;",
             ""),
        ]),
        ("R8", "a layer that the profile lacks", [
            ("modules/core/ring_profile.c",
             "i < view->count; i++",
             "i + 1 < view->count; i++"),
        ]),
        ("I1", "reclaimed while it is read", UNREAD),
        ("I2", "a token that counts twice", [
            ("modules/core/graph_end.c",
             "    ++*counter;\n",
             "    *counter += 1 + (task->depth == 2 && task->id % 5 == 0);\n"),
        ]),
        ("I3", "another layer's last_task_alive moves", [
            ("modules/core/ring_view.c",
             "view->last_task_alive = layer->ring.oldest;",
             "view->last_task_alive = task_graph_layer(graph, 1)->ring.oldest;"),
        ]),
        ("I4", "another program the second time", [
            ("kernels/ring_stress_l3.c",
             "    free_and_read(rt, scalars);\n",
             '    free_and_read(rt, scalars);\n    static int runs;\n    if (runs++ == 0)\n'
             '        fill(rt, 1, scalars, NULL);\n'),
        ]),
        ("I5", "ids that begin again", [
            ("modules/core/task_ring.c",
             "        ring->origin = ring->next;\n}\n\nuint32_t task_ring_head",
             "        ring->oldest = ring->next = ring->origin = 0;\n}\n\nuint32_t task_ring_head"),
        ]),
        ("I6", "a program that frees", [
            ("kernels/ring_stress_l3.c",
             '    dump(rt, "R1 begin");\n    LINQU_SCOPE(rt)\n    {\n        fill(rt, slots, scalars, NULL);',
             '    uint64_t *all = calloc((size_t)slots, sizeof *all);\n    dump(rt, "R1 begin");\n'
             '    LINQU_SCOPE(rt)\n    {\n        fill(rt, slots, scalars, all);\n'
             '        linqu_free_tensor(rt, all[slots - 1]);'),
        ]),
        ("deadlock", "a program that can go on", [
            ("kernels/ring_deadlock.c",
             "LINQU_LEVEL_HOST) + 1,",
             "LINQU_LEVEL_HOST),"),
        ]),
    ],
    "dfs-sum": [
        ("S1", "a wrong sum", [
            ("kernels/dfs_add_l4.c",
             "((x) + (y))",
             "(i ? (x) + (y) : 0)"),
        ]),
        ("S2", "a wrong total", [
            ("kernels/dfs_add_l5.c",
             "((x) + (y))",
             "((x) + (y) + 1)"),
        ]),
        ("S3", "an addition too many", [
            ("kernels/dfs_sum.h",
             "    submit_adds(rt, vectors, children.count, sum);\n",
             '    submit_add(rt, vectors[0], vectors[0], columns(rt));\n'
             '    submit_adds(rt, vectors, children.count, sum);\n'),
        ]),
        ("S4", "hosts read each other's file", [
            ("kernels/dfs_read.c",
             "FILE *file = open_file(rt, args[2]);",
             "FILE *file = open_file(rt, args[2] ^ 1);"),
        ]),
        ("S4", "files are read above the hosts", [
            ("kernels/dfs_read.c",
             "KERNEL_OF(LINQU_LEVEL_HOST,",
             "KERNEL_OF(LINQU_LEVEL_POD,"),
            ("kernels/dfs_sum.h",
             "linqu_submit_task(rt, children->at[i], kernel",
             "linqu_submit_task(rt, children->level == LINQU_LEVEL_HOST ? linqu_self_coord(rt) : children->at[i], kernel"),
        ]),
    ],
}


def changed(edits):
    """file -> its text with the edits in it."""
    texts = {}
    for name, old, new in edits:
        if name not in texts:
            with open(f"{tree.ROOT}/{name}", encoding="utf-8") as file:
                texts[name] = file.read()
        need(not old or texts[name].count(old) == 1, "%s has %s times %r", name, texts[name].count(old), old)
        texts[name] = texts[name].replace(old, new) if old else texts[name]
    return texts


def flags(of=""):
    with open(tree.BUILD + "/flags" + of, encoding="utf-8") as file:
        return shlex.split(file.read())


def build_kernels(folder, texts):
    """All kernels as they are with these texts. A text of a header is in every kernel that includes it."""
    words = [word for word in flags() if not word.startswith("-Imodules") and not word.startswith("-W")]
    os.makedirs(folder + "/source")
    for path in glob.glob(tree.ROOT + "/kernels/*.[ch]"):
        name = os.path.basename(path)
        with open(f"{folder}/source/{name}", "w", encoding="utf-8") as file:
            file.write(texts.get("kernels/" + name) or open(path, encoding="utf-8").read())
    headers = [os.path.basename(name) for name in texts if name.endswith(".h")]
    for path in sorted(glob.glob(folder + "/source/*.c")):
        name = os.path.basename(path)
        with open(path, encoding="utf-8") as file:
            includes = file.read()
        if "kernels/" + name in texts or any(f'"{header}"' in includes for header in headers):
            subprocess.run([*words, "-fPIC", "-shared", "-I", tree.ROOT + "/modules/ops", "-o", f"{folder}/{name[:-2]}.so", path],
                           check=True, cwd=tree.ROOT)


def build_linqu(folder, texts):
    """linqu with these texts in place of its own."""
    words, objects = flags(), []
    msgpack = "msgpack" if subprocess.call(["pkg-config", "--exists", "msgpack"]) == 0 else "msgpack-c"
    libraries = subprocess.check_output(["pkg-config", "--libs", msgpack, "jansson", "libevent_core"], text=True).split()
    for name, text in texts.items():
        source = f"{folder}/{os.path.basename(name)}"
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        objects.append(source + ".o")
        subprocess.run([*words, "-w", "-DNDEBUG", "-c", "-o", objects[-1], source], check=True, cwd=tree.ROOT)
    ours = [f"{tree.BUILD}/{name}" for name in ("linqu.o", "libusers.a", "libbody.a", "libbrain.a")]
    subprocess.run([*flags(".link"), "-o", folder + "/linqu", ours[0], *objects, *ours[1:], *libraries, "-ldl"],
                   check=True, cwd=tree.ROOT)
    return folder + "/linqu"


def break_fails(base, number, scenario, check, what, edits):
    folder = f"{base}-break-{number}"
    os.makedirs(folder)
    texts = changed(edits)
    kernels = {name: text for name, text in texts.items() if name.startswith("kernels/")}
    modules = {name: text for name, text in texts.items() if name.startswith("modules/")}
    binary = build_linqu(folder, modules) if modules else tree.LINQU
    if kernels:
        build_kernels(folder, kernels)
    run = Run(base, "2x2x2", "--kernel-path", folder, "--kernel-path", tree.BUILD + "/kernels", scenario, name=f"b{number}",
              command=[binary])
    run.end(120)
    found = results(run, scenario)
    need(check in found and found[check]["result"] == "fail", "%s does not fail with %s; exit %s; failing: %s\n%s", check, what,
         run.process.returncode, [name for name, c in found.items() if c["result"] == "fail"], run.err())
    need(run.process.returncode != 0, "with %s the run ends with 0", what)


def breaks_of(scenario):
    def every_break_is_seen(base):
        need({check for check, _, _ in BREAKS[scenario]} == CHECKS[scenario], "there is a check without a break")
        wrong = []
        for number, (check, what, edits) in enumerate(BREAKS[scenario]):
            try:
                break_fails(base, number, scenario, check, what, edits)
            except AssertionError as failure:
                wrong.append(str(failure))
        need(not wrong, "%s", "\n".join(wrong))
    every_break_is_seen.__name__ = "each_check_of_" + scenario.replace("-", "_") + "_fails_when_its_subject_is_broken"
    return every_break_is_seen


for one in ALL:
    claim(breaks_of(one))

if __name__ == "__main__":
    tree.main()
