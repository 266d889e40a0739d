#!/usr/bin/env python3
"""What cannot be is refused before anything is made: the exit code, one sentence, and where the fault stands.
runs beside others"""

import os
import resource

import tree
from tree import claim, linqu, need


def refused(base, status, spec, *words, options=()):
    done = linqu("run", "--base", base, "--topology", spec, *options).expect(status)
    sentence = done.sentence()
    for word in words:
        need(word in sentence, "for %s it says %r, without %r", spec, sentence, word)
    need(not done.out, "for %s it also prints %s", spec, done.out)
    need(not os.path.exists(base) or not [n for n in os.listdir(base) if os.path.isdir(os.path.join(base, n))],
         "for %s it made a run", spec)


BAD = {
    "0x4": "0",
    "16x": "16x",
    "x": "x",
    "-1x2": "-1",
    "99999x99999": "99999",
    "1x300x1": "L4",
    "1x1x1x1x1x1x1x1x1x1": "1x1",
    "abc": "abc",
    "": "empty",
    "1x2x70000": "L3",
    "4294967297x1": "4294967297",
    "18446744073709551617": "18446744073709551617",
    "L6:1 L9:2": "L9",
    "L6:1 L1:2": "L1",
    "L3:2 L6:1": "L6",
    "L6:1 L5:": "L5",
    "L6:1 L5:2 L5:2": "L5",
    "256x256x256": "16777215",
}


@claim
def bad_topologies(base):
    for spec, word in BAD.items():
        refused(base, 2, spec, word)


@claim
def bad_topologies_are_refused_alike_by_every_command(base):
    for command in ("run", "doctor"):
        linqu(command, "--base", base, "--topology", "0x4").expect(2).sentence()
    linqu("topology", "check", "0x4").expect(2).sentence()
    linqu("topology", "show", "0x4").expect(2).sentence()


def write(folder, text):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "wrong.topo")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


@claim
def bad_files_are_refused_with_their_line(base):
    folder = os.path.dirname(base)
    refused(base, 2, write(folder, ""), "wrong.topo")
    refused(base, 2, write(folder, "# only\n# comments\n"), "wrong.topo")
    refused(base, 2, write(folder, "# 1\n2x2x2\n# 3\n\n# 5\nlogical_system = x\nno sense at all\n"), "wrong.topo:7")
    refused(base, 2, write(folder, "2x2x2\ncolour = red\n"), "wrong.topo:2", "colour")
    refused(base, 2, write(folder, "2x2x2\n3x3x3\n"), "wrong.topo:2")
    refused(base, 2, write(folder, "2x2x2\n" + "x" * 100000), "wrong.topo:2")
    refused(base, 2, folder + "/not/there.topo", "there.topo")


@claim
def a_tree_that_is_too_large_is_refused_before_any_fork(base):
    """With what it needs, what there is, and the way out."""
    refused(base, 3, "64x64x64", "266,305")
    refused(base, 3, "200x200x200", "processes")


@claim
def doctor_says_what_does_not_fit(base):
    done = linqu("doctor", "--base", base, "--topology", "64x64x64").expect(3)
    need("FAIL" in done.out, "it says %s", done.out)
    said = linqu("doctor", "--base", base, "--topology", "64x64x64", "--json").expect(3).json()
    need(said["verdict"] == "FAIL" and any(line["verdict"] == "FAIL" and line["mend"] for line in said["lines"]), "it says %s", said)
    said = linqu("doctor", "--base", base, "--topology", "2x2x2", "--json").expect(0).json()
    need(said["verdict"] != "FAIL" and said["lines"], "it says %s", said)


@claim
def a_limit_on_processes_is_found_before_the_first_fork(base):
    """Of a user's processes (root has none) or of descriptors: exit 3, not a tree that dies half-way."""
    done = linqu("run", "--base", base, "--topology", "1x1x200", "--json",
                 preexec_fn=lambda: tree.limit_files(64)).expect(3)
    need("descriptors" in done.sentence() or "RLIMIT_NOFILE" in done.sentence(), "it says %s", done.err)


@claim
def the_name_of_a_live_run_is_taken(base):
    with tree.held(base, "1x1x1", name="live"):
        done = linqu("run", "--base", base, "--topology", "1x1x1", "--name", "live").expect(3)
        need("live" in done.sentence(), "it says %s", done.err)
        left = [name for name in os.listdir(base) if name.startswith(".reserve")]
        need(len(left) == 1, "of the refused one is left: %s", left) # one is the live run's


@claim
def a_state_map_that_finds_no_room_leaves_no_run(base):
    done = linqu("run", "--base", base, "--topology", "1x1x64",
                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))).expect(3)
    need("state.map" in done.sentence(), "it says %s", done.err)
    need(os.listdir(base) == ["latest"], "it leaves %s", os.listdir(base))
    linqu("status", "--base", base).expect(8)


@claim
def a_folder_of_numbers_with_too_long_a_path_is_refused(base):
    refused(base, 2, "1x1x1", "--dfs-dir", "992 bytes", options=("--dfs-dir", "/" + "x" * 1000))
    refused(base, 2, "1x1x1", "--dfs-dir", "992 bytes", options=("--dfs-dir", "x" * 992))


@claim
def usage_errors(base):
    for words in (["frobnicate"], ["run", "--no-such-option"], ["run", "--topology"], ["run", "nosuchscenario"],
                  ["run", "--topology", "2x2x2", "--start-timeout", "abc"], ["run", "--keep", "-1"],
                  ["status", "one", "two", "three"], ["logs", "-p", "loud"], ["topology", "dance", "2x2"]):
        done = linqu(*words, "--base", base)
        need(done.status == 2, "linqu %s exits with %d: %s%s", " ".join(words), done.status, done.out, done.err)
        need(done.err and not done.out, "linqu %s says: %s%s", " ".join(words), done.out, done.err)


@claim
def near_misses_are_answered_with_what_was_meant(base):
    for words, meant in ((["statsu"], "`linqu status`"), (["run", "--topologie", "2x2"], "--topology"),
                         (["run", "--base", base, "topolgy"], "topology")):
        said = linqu(*words).expect(2).sentence()
        need(f"did you mean {meant}?" in said, "%s: %s", words, said)


@claim
def there_is_no_such_run(base):
    os.makedirs(base)
    for words in (["status", "nosuch"], ["status"], ["logs"], ["shutdown", "nosuch"], ["exec", "topology"]):
        linqu(*words, "--base", base).expect(8).sentence()


tree.main()
