#!/usr/bin/env python3
"""The commands that look at runs and steer them, on live, stopped and dead ones.
limit: 240 s
runs beside others"""

import json
import os
import re
import shutil
import signal

import tree
from tree import claim, held, linqu, need, until

SPEC = "2x2x2x2"


@claim
def every_json_object_names_its_schema(base):
    with held(base, SPEC) as run:
        for words in (["status", "t"], ["status", "t", "--by", "L5"], ["discover"], ["doctor", "--topology", SPEC],
                      ["topology", "show", SPEC], ["version"]):
            said = linqu(*words, "--json", "--base", base).expect(0).json()
            need(said["schema"] == f"linqu.{words[0]}/1", "%s: %s", words, said["schema"])
        lines = linqu("logs", "t", "-n", "3", "--json", "--base", base).expect(0).out.splitlines()
        need([json.loads(line)["schema"] for line in lines] == ["linqu.log/1"] * 3, "logs: %s", lines)
        need(run.life("L6_0") == "ready", "the run is hurt")


@claim
def status_counts_levels(base):
    with held(base, SPEC) as run:
        for words in (["total"], ["alive"], ["ready", "slow"]):
            need(run.counts(*words) == {6: 1, 5: 2, 4: 4, 3: 8, 2: 16}, "%s: %s", words, run.counts(*words))
        out = linqu("status", "--base", base, "t").expect(0).out
        for level, count in (("L6", 1), ("L5", 2), ("L4", 4), ("L3", 8), ("L2", 16)):
            need(re.search(rf"^\s*{level}\b.*\b{count}\b.*\b{count}\b", out, re.M), "%s in: %s", level, out)
        by = linqu("status", "--base", base, "t", "--by", "L5").expect(0).out
        need("L5_0" in by and "L5_1" in by, "--by L5 shows: %s", by)


@claim
def status_answers_when_nodes_are_stopped_or_dead(base):
    """It reads state.map and asks nobody, so it cannot hang with those who hang."""
    run = tree.Run(base, SPEC, "--hold").until_ready()
    for pid in run.pids() + [run.launcher]:
        os.kill(pid, signal.SIGSTOP)
    linqu("status", "--base", base, "t", seconds=5).expect(0)
    need(run.status()["state"] == "live", "status of a run that is stopped by a signal: %s", run.status())
    linqu("discover", "--base", base, "--json", seconds=20).expect(0)
    for pid in run.pids() + [run.launcher]:
        os.kill(pid, signal.SIGKILL)
    run.end()
    tree.wait_gone(run.pids())
    said = run.status()
    need((said["state"], said["phase"], said["exit_code"]) == ("stale", "ready", None), "status of a killed run: %s", said)
    need(not said["launcher"]["alive"] and not run.counts("alive"), "status of a killed run: %s", said)
    need(sum(run.counts("dead").values()) == run.shape.count(), "status of a killed run: %s", run.counts("dead"))
    out = linqu("status", "--base", base, "t", seconds=5).expect(0).out
    need("stale, its launcher was killed while it was ready" in out, "status of a run that was killed: %s", out)


@claim
def status_defaults_to_the_newest_run(base):
    tree.Run(base, "1x1x1", name="old").expect_end(0)
    with held(base, SPEC, name="new"):
        for words, name in (([], "new"), (["old"], "old")):
            shown = linqu("status", "--base", base, "--json", *words).expect(0).json()["run"]
            need(shown == name, "`linqu status %s` shows %s", " ".join(words), shown)


def discovered(base):
    """name -> what `linqu discover` says of that run."""
    return {run["run"]: run for run in linqu("discover", "--base", base, "--json").expect(0).json()["runs"]}


@claim
def discover_tells_live_from_dead(base):
    tree.Run(base, "1x1x2", name="ended").expect_end(0)
    with held(base, SPEC, name="alive", status=5) as run:
        runs = discovered(base)
        alive = runs["alive"]
        need((alive["total_peers"], alive["l3_hosts"], alive["l4_pods"], alive["l5_supernodes"], alive["l6_clusters"],
              alive["l2_chips"], alive["l3_alive"], alive["status"]) == (31, 8, 4, 2, 1, 16, 8, "healthy"),
             "alive: %s", alive)
        need(runs["ended"]["l3_alive"] == 0, "ended: %s", runs["ended"])
        host = run.shape.at(3)[3]
        run.kill(host)
        until(lambda: run.event("dead", host), "the host is known to be dead")
        runs = discovered(base)
        need((runs["alive"]["l3_alive"], runs["alive"]["status"]) == (7, "degraded"), "with a dead host: %s",
             runs["alive"])
        linqu("discover", "--base", base, "--clean").expect(0)
        need(not os.path.exists(base + "/ended") and os.path.exists(base + "/alive"), "--clean left %s",
             os.listdir(base))


@claim
def discover_removes_the_run_that_is_named_or_says_why_not(base):
    for name in ("one", "two"):
        tree.Run(base, "1x1x1", name=name).expect_end(0)
    need(linqu("discover", "--base", base, "--clean", "one").expect(0).out == "removed 1 run\n", "it says otherwise")
    need(not os.path.exists(base + "/one") and os.path.exists(base + "/two"), "it left %s", os.listdir(base))
    for words in (["one"], ["one", "--json"], ["no-run"]):
        need("no such run" in linqu("discover", "--base", base, "--clean", *words).expect(8).sentence(), "%s", words)
    with held(base, "1x1x1", name="alive"):
        need("is live" in linqu("discover", "--base", base, "--clean", "alive").expect(3).sentence(), "it says otherwise")


@claim
def logs_are_merged_by_time(base):
    with held(base, SPEC) as run:
        out = linqu("logs", "--base", base, "t").expect(0).out.splitlines()
        times = [re.search(r"ts=(\S+)", line).group(1) for line in out]
        need(len(out) >= run.shape.count(), "only %d lines of %d nodes", len(out), run.shape.count())
        need(times == sorted(times), "the lines are not in the order of time")


@claim
def logs_can_be_narrowed(base):
    with held(base, SPEC) as run:
        def nodes(*options):
            out = linqu("logs", "--base", base, "t", *options).expect(0).out
            return {match.group(1) for match in re.finditer(r"\bnode=(\S+)", out)}
        subtree = {node.path for node in run.shape.by_path["L6_0/L5_1/L4_0"].subtree()}
        need(nodes("--node", "L5_1/L4_0") == subtree, "--node: %s", nodes("--node", "L5_1/L4_0"))
        both = {node.path for node in run.shape.nodes if node.level <= 5}
        need(nodes("--node", "L5_[0-1]") == both, "--node with a set: %s", nodes("--node", "L5_[0-1]"))
        need(nodes("--level", "L4") == {node.path for node in run.shape.at(4)}, "--level: %s", nodes("--level", "L4"))
        everybody = set(run.shape.by_path)
        need(nodes("-p", "info") == everybody, "-p info: %s", nodes("-p", "info"))
        need(not nodes("-p", "error"), "-p error: %s", nodes("-p", "error"))
        need(len(linqu("logs", "--base", base, "t", "-n", "5").expect(0).out.splitlines()) == 5, "-n 5")
        need(nodes("--grep", "msg=.*ready") == everybody, "--grep: %s", nodes("--grep", "msg=.*ready"))
        need(not nodes("--grep", "no line says this"), "--grep: %s", nodes("--grep", "no line says this"))
        need(nodes("--since", "2020-01-01T00:00:00Z") == everybody, "--since in the past: %s", nodes("--since", "2020-01-01"))
        need(not nodes("--since", "2099-01-01T00:00:00Z"), "--since in the future: %s", nodes("--since", "2099-01-01"))


@claim
def equal_errors_are_grouped(base):
    """Two hosts of one pod have died: their parent says so twice, in one group."""
    run = tree.Run(base, "1x1x8", "--hold").until_ready()
    for host in run.shape.at(3)[2:4]:
        run.kill(host)
        until(lambda host=host: run.event("dead", host), "its death is known")
    said = linqu("logs", "--base", base, "t", "--errors", "--json").expect(0).json()
    groups = [(group["count"], group["nodes"]) for group in said["groups"] if "killed by signal 9" in group["msg"]]
    need(groups == [(2, "L6_0/L5_0/L4_0")], "--errors shows: %s", said)
    out = linqu("logs", "--base", base, "t", "--errors").expect(0).out
    need(re.search(r"^ *2  error  member: child .* died: killed by signal 9", out, re.M), "--errors shows: %s", out)
    run.interrupt()
    run.expect_end(5).expect_nothing_left()


@claim
def logs_follow(base):
    with held(base, SPEC) as run:
        process = tree.start([tree.LINQU, "logs", "--base", base, "t", "-f", "--node", run.shape.leaf().parent.path],
                             stdout=tree.subprocess.PIPE, env=tree.environment())
        os.set_blocking(process.stdout.fileno(), False)
        seen = []

        def shows(word):
            seen.append((process.stdout.read() or b"").decode())
            return word in "".join(seen)
        left = f"child {run.shape.leaf().path} has left in order"
        until(lambda: shows("node="), "it shows what is there")
        need(not shows(left), "it shows what is to come: %s", seen)
        run.kill(run.shape.leaf(), signal.SIGTERM)
        until(lambda: shows(left), "it shows what comes", 20)
        process.terminate()
        process.wait(10)
        process.stdout.close()


@claim
def exec_runs_a_scenario_on_a_live_run(base):
    with held(base, SPEC) as run:
        for number in range(3):
            done = linqu("exec", "--base", base, "--run", "t", "topology").expect(0)
            need("pass" in done.out, "exec shows: %s", done.out)
            need(sum(e["event"] == "scenario_ended" for e in run.events()) == number + 2, "it ran something else")
        done = linqu("exec", "--base", base, "--run", "t", "--json", "topology").expect(0).json()
        need(done["schema"] == "linqu.exec/1" and done["result"] == "pass", "exec --json: %s", done)
        linqu("exec", "--base", base, "--run", "t", "nosuch").expect(2).sentence()


@claim
def a_scenario_fails_when_its_subject_is_broken(base):
    """With a dead host the topology scenario cannot hold, and says which check does not."""
    run = tree.Run(base, SPEC, "--hold").until_ready()
    host = run.shape.at(3)[5]
    run.kill(host)
    until(lambda: run.event("dead", host), "its death is known")
    done = linqu("exec", "--base", base, "--run", "t", "--json", "topology")
    need(done.status == 1, "exec exits with %d: %s%s", done.status, done.out, done.err)
    failed = {c["name"] for s in done.json()["scenarios"] for c in s["checks"] if c["result"] == "fail"}
    need("T7" in failed, "the checks that fail are %s", failed)
    run.interrupt()
    run.expect_end(5).expect_nothing_left()


@claim
def topology_show_gives_paths_addresses_and_counts(base):
    del base
    out = linqu("topology", "show", "16x4x16").expect(0).out
    need("1,105" in out, "no count in: %s", out)
    out = linqu("topology", "show", "16x4x16", "--node", "L6_0/L5_3/L4_1/L3_7").expect(0).out
    for word in ("10.3.1.7", "215", "daemon_L3.sock", "L6_0/L5_3/L4_1/L3_7"):
        need(word in out, "no %s in: %s", word, out)
    linqu("topology", "show", "16x4x16", "--node", "L6_0/L5_16").expect(2).sentence()
    linqu("topology", "check", "16x4x16").expect(0)


@claim
def every_topology_that_is_shipped_is_right(base):
    del base
    folder = os.path.join(tree.ROOT, "topology")
    files = [name for name in os.listdir(folder) if name.endswith(".topo")]
    need(len(files) >= 7, "only %s", files)
    for name in files:
        linqu("topology", "check", os.path.join(folder, name)).expect(0)


@claim
def rings_says_how_large_they_should_be_and_fails_where_they_got_worse(base):
    run = tree.Run(base, SPEC, "dag").expect_end(0)
    done = linqu("rings", "t", "--base", base).expect(0)
    need("--ring-capacity L3:task=" in done.out and "all retired" in done.out, "it said %s", done.out)
    profile = run.json("ring_profile.json")
    stored = os.path.join(base, "stored.json")
    for half, status, word in ((False, 0, "pass"), (True, 1, "fail")):
        for layer in profile["layers"]:
            layer["task_ring_peak_used"] = layer["task_ring_peak_used"] // (1 + half)
        with open(stored, "w", encoding="utf-8") as file:
            json.dump(profile, file)
        done = linqu("rings", "t", "--base", base, "--baseline", stored, "--json").expect(status)
        need(done.json()["verdict"]["status"] == word, "it said %s", done.out)
    linqu("rings", "./no.json", "--base", base).expect(2).sentence()


def completed(base, *words):
    """What the shell offers for the last of the words."""
    script = linqu("help", "--completion").expect(0).out
    typed = " ".join(f"'{word}'" for word in ("linqu", *words))
    return tree.command("bash", "-c", f"{script}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words)}; _linqu; "
                        'printf "%s\\n" "${COMPREPLY[@]}"', env={"LINQU_BASE": base}).expect(0).out.split()


@claim
def what_an_argument_can_be_is_offered(base):
    tree.Run(base, "1x1x1", name="mine").expect_end(0)
    for command in ("status", "discover", "logs", "exec", "shutdown", "rings"):
        need("mine" in completed(base, command, ""), "%s: %s", command, completed(base, command, ""))
    for command in ("run", "exec"):
        need(completed(base, command, "ring-s") == ["ring-stress"], "%s: %s", command, completed(base, command, "ring-s"))
    need(completed(base, "bench", "st") == ["startup"], "bench: %s", completed(base, "bench", "st"))
    need(completed(base, "topology", "ch") == ["check"], "topology: %s", completed(base, "topology", "ch"))
    need(completed(base, "help", "doc") == ["doctor"], "help: %s", completed(base, "help", "doc"))
    need(completed(base, "bench", "mi") == [], "bench offers runs: %s", completed(base, "bench", "mi"))
    need(completed(base, "run", base + "/mi") == [base + "/mine"], "run: %s", completed(base, "run", base + "/mi"))
    need(completed(base, "rings", base + "/mine/run.j") == [base + "/mine/run.json"], "rings offers no files")


@claim
def help_man_page_and_completion_name_every_command(base):
    del base
    commands = ("run", "status", "discover", "logs", "shutdown", "doctor", "exec", "rings", "bench", "topology", "version", "help")
    for words in (["help"], ["--help"], ["help", "--man"], ["help", "--completion"]):
        out = linqu(*words).expect(0).out
        for name in commands:
            need(re.search(rf"\b{name}\b", out), "linqu %s does not name %s", " ".join(words), name)
    for name in commands:
        need(linqu("help", name).expect(0).out, "no help for %s", name)
        need(linqu(name, "--help").expect(0).out, "%s --help says nothing", name)
    tree.command("bash", "-n", "/dev/stdin", stdin=tree.start(
        [tree.LINQU, "help", "--completion"], stdout=tree.subprocess.PIPE).stdout).expect(0)


@claim
def a_topology_file_names_the_run_and_options_win(base):
    path = os.path.dirname(base) + "/small.topo"
    with open(path, "w", encoding="utf-8") as file:
        file.write("# two hosts\n1x1x2\nlogical_system = filed\n")
    linqu("run", "--base", base, "--topology", path).expect(0)
    need([n for n in os.listdir(base) if n.startswith("filed-")], "the runs are %s", os.listdir(base))
    linqu("run", "--base", base, "--topology", path, env={"LINQU_SYSTEM": "env"}).expect(0)
    need([n for n in os.listdir(base) if n.startswith("env-")], "the runs are %s", os.listdir(base))
    linqu("run", "--base", base, "--topology", path, "--name", "opt", env={"LINQU_SYSTEM": "env"}).expect(0)
    need("opt" in os.listdir(base), "the runs are %s", os.listdir(base))
    linqu("run", "--topology", path, "--name", "viaenv", env={"LINQU_BASE": base}).expect(0)
    need("viaenv" in os.listdir(base), "LINQU_BASE is not followed: %s", os.listdir(base))


@claim
def a_path_that_cannot_be_sent_is_named(base):
    """JSON knows only UTF-8, a file system any bytes."""
    folder = os.path.dirname(base) + "/caf\udce9"
    os.mkdir(folder)
    shutil.copy(os.path.join(tree.BUILD, "kernels/hello.so"), folder)
    with held(base, "1x1x1"):
        for words in (["t", folder + "/hello.so"], ["--kernel-path", folder, "t", "hello.so"]):
            done = tree.linqu("exec", "--base", base, *words)
            need(done.status == 2 and "is not UTF-8" in done.sentence(), "it said %s", done.err)


tree.main()
