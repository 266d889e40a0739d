#!/usr/bin/env python3
"""Other runs, other users, and what others have put in the way: work, or a clear sentence.
limit: 240 s"""

import os
import shutil
import stat
import subprocess

import tree
from tree import Skip, claim, held, linqu, need

NOBODY = 65534


def as_root():
    if os.geteuid() != 0:
        raise Skip("only root can become another user")


def become(uid):
    def change():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    return change


def for_all(base):
    """A copy of linqu that every user may execute, and a folder that everybody may write in, as /tmp is."""
    folder = os.path.dirname(base)
    os.chmod(folder, 0o755)
    shutil.copy(tree.LINQU, folder + "/linqu")
    os.chmod(folder + "/linqu", 0o755)
    shutil.copytree(os.path.dirname(tree.LINQU) + "/kernels", folder + "/kernels", ignore=shutil.ignore_patterns("*.d"))
    os.mkdir(folder + "/tmp", 0o1777)
    os.chmod(folder + "/tmp", 0o1777)
    return folder + "/linqu", folder + "/tmp"


@claim
def two_runs_at_a_time(base):
    """Each has its own directory and its own nodes, and the end of one is not the end of the other."""
    with held(base, "2x2x2", name="one") as one, held(base, "1x1x4", name="two") as two:
        need(not set(one.pids()) & set(two.pids()), "they share processes")
        listed = linqu("discover", "--base", base).expect(0).out
        need("one" in listed and "two" in listed, "discover shows: %s", listed)
        two.interrupt()
        two.expect_end(0)
        need(all(map(tree.alive, one.pids())), "the end of one run took nodes of the other along")


@claim
def two_runs_of_one_name(base):
    with held(base, "1x1x2", name="one") as run:
        done = linqu("run", "--base", base, "--name", "one", "--topology", "1x1x2")
        need(done.status != 0 and "one" in done.sentence(), "the second says: %s", done.err)
        need(all(map(tree.alive, run.pids())), "the second harmed the first")


@claim
def two_users(base):
    """They share the folder of all runs, and neither sees or harms what belongs to the other."""
    as_root()
    binary, shared = for_all(base)
    with held(shared + "/linqu", "1x1x2", name="roots"):
        os.chmod(shared + "/linqu", 0o1777)
        done = linqu("run", "--base", shared + "/linqu", "--name", "theirs", "--topology", "1x1x2", binary=binary,
                     preexec_fn=become(NOBODY)).expect(0)
        need("pass" in done.out, "it says: %s", done.out)
        need(os.stat(shared + "/linqu/theirs").st_uid == NOBODY, "their directory belongs to somebody else")
        for words in (["status", "roots"], ["shutdown", "roots"], ["logs", "roots"]):
            done = linqu(*words, "--base", shared + "/linqu", binary=binary, preexec_fn=become(NOBODY))
            need(done.status != 0 and done.err, "another user's `linqu %s` exits with %d", words, done.status)
        linqu("discover", "--clean", "--base", shared + "/linqu", binary=binary, preexec_fn=become(NOBODY)).expect(0)
        need(os.path.isdir(shared + "/linqu/roots"), "another user's clean-up removed it")


@claim
def the_default_base_is_for_everybody(base):
    """/tmp/linqu is made with mode 1777 by whoever comes first, and the second user's run works."""
    as_root()
    binary, shared = for_all(base)
    for user in (0, NOBODY):
        in_own_tmp(shared, binary, "true", "run", "--topology", "1x1x2", user=user).expect(0)
    need(stat.S_IMODE(os.stat(shared + "/linqu").st_mode) == 0o1777, "/tmp/linqu has mode %o",
         os.stat(shared + "/linqu").st_mode)


def in_own_tmp(shared, binary, prepare, *arguments, user=0):
    """`linqu run` on a machine where /tmp is `shared` after `prepare`; a descriptor keeps the binary in reach, and its kernels lie
    in /tmp/kernels."""
    fd = os.open(binary, os.O_RDONLY)
    shutil.copytree(os.path.dirname(binary) + "/kernels", shared + "/kernels", dirs_exist_ok=True)
    arguments += ("--kernel-path", "/tmp/kernels")
    drop = f"setpriv --reuid={user} --regid={user} --clear-groups " if user else ""
    script = f'mount --bind {shared} /tmp; {prepare}; {drop}/proc/self/fd/{fd} {" ".join(arguments)}'
    try:
        return tree.command("unshare", "--mount", "sh", "-c", script, pass_fds=[fd])
    finally:
        os.close(fd)


@claim
def a_default_base_of_somebody_else(base):
    """/tmp/linqu belongs to a third user: that is said, and the run takes a place of its own."""
    as_root()
    binary, shared = for_all(base)
    done = in_own_tmp(shared, binary, "mkdir /tmp/linqu; chown 12345 /tmp/linqu", "run", "--topology", "1x1x2",
                      user=NOBODY).expect(0)
    need("/tmp/linqu" in done.err and f"/tmp/linqu-{NOBODY}" in done.err, "it says: %s", done.err)
    need(os.listdir(f"{shared}/linqu-{NOBODY}"), "no run in the fall-back")
    need(not os.listdir(f"{shared}/linqu"), "it wrote in the foreign folder")


@claim
def a_default_base_that_is_a_file_or_a_link(base):
    as_root()
    binary, shared = for_all(base)
    for prepare in ("echo x > /tmp/linqu", "mkdir /tmp/else; ln -s /tmp/else /tmp/linqu"):
        done = in_own_tmp(shared, binary, prepare, "run", "--topology", "1x1x2", user=NOBODY).expect(0)
        need("/tmp/linqu" in done.err and f"/tmp/linqu-{NOBODY}" in done.err, "%s: it says: %s", prepare, done.err)
        need(os.listdir(f"{shared}/linqu-{NOBODY}"), "%s: no run in the fall-back", prepare)
        need(not os.path.isdir(shared + "/else") or not os.listdir(shared + "/else"), "it followed a planted link")
        subprocess.run(f"rm -rf {shared}/linqu* {shared}/else", shell=True, check=True)


@claim
def a_named_base_that_cannot_be_used(base):
    """A base that the user named is never replaced by another: a sentence."""
    folder = os.path.dirname(base)
    with open(folder + "/file", "w", encoding="utf-8"):
        pass
    for bad in (folder + "/file", folder + "/file/below", "/proc/nowhere"):
        done = linqu("run", "--base", bad, "--topology", "1x1x2")
        need(done.status == 3 and bad in done.sentence(), "%s: exit %d: %s", bad, done.status, done.err)


@claim
def planted_links_are_not_followed(base):
    """Where a run's directory would be lies a link to somebody's folder: nothing is written or removed there."""
    victim = os.path.dirname(base) + "/victim"
    os.makedirs(victim)
    os.makedirs(base)
    with open(victim + "/precious", "w", encoding="utf-8") as file:
        file.write("precious\n")
    os.symlink(victim, base + "/t")
    done = linqu("run", "--base", base, "--name", "t", "--topology", "1x1x2")
    need(done.status != 0 and "t" in done.sentence(), "exit %d: %s", done.status, done.err)
    linqu("discover", "--clean", "--base", base).expect(0)
    os.symlink(victim, base + "/latest")
    linqu("run", "--base", base, "--name", "u", "--topology", "1x1x2").expect(0)
    need(os.listdir(victim) == ["precious"], "the victim's folder holds %s", os.listdir(victim))


@claim
def a_directory_that_is_no_run_is_left_alone(base):
    """Without our marker nothing is replaced and nothing removed."""
    os.makedirs(base + "/t/photos")
    done = linqu("run", "--base", base, "--name", "t", "--topology", "1x1x2")
    need(done.status != 0 and base + "/t" in done.sentence(), "exit %d: %s", done.status, done.err)
    linqu("discover", "--clean", "--base", base).expect(0)
    need(os.path.isdir(base + "/t/photos"), "it removed what was not a run")


@claim
def a_long_base(base):
    """200 characters: more than the path of a socket may have."""
    long = base + "/" + "/".join(["d" * 49] * 4)
    long = long[:200].rstrip("/")
    os.makedirs(os.path.dirname(long))
    run = tree.Run(long, "2x2x2x2")
    run.expect_end(0).expect_nothing_left()
    scenario = run.json("run.json")["scenarios"][0]
    need({c["name"]: c["result"] for c in scenario["checks"]}["T8"] == "pass", "T8: %s", scenario)


@claim
def a_base_of_any_name(base):
    """Blanks, quotes, a newline, letters beyond ASCII."""
    odd = base + "/a b'\"\\\n\u00e9\u4e2d"
    os.makedirs(odd)
    run = tree.Run(odd, "1x1x2", "--json")
    run.expect_end(0).expect_nothing_left()
    run.json("run.json")
    run.json("L6_0/L5_0/L4_0/L3_1/logs/identity.json")


@claim
def a_base_may_be_relative(base):
    """A relative base is taken from where the command was called."""
    folder = os.path.dirname(base) + "/here"
    os.mkdir(folder)
    linqu("run", "--base", "rel", "--name", "t", "--topology", "1x1x2", cwd=folder).expect(0)
    need(os.path.isdir(folder + "/rel/t"), "no run in the relative base")


def on_a_full_disk(size, script):
    """`script` with a file system of that size at $DISK, in a mount namespace of its own."""
    return tree.command("unshare", "--mount", "sh", "-c",
                        f"DISK=$(mktemp -d); mount -t tmpfs -o size={size} none $DISK; {script}; "
                        "status=$?; umount $DISK; rmdir $DISK; exit $status")


@claim
def a_full_disk_is_a_sentence(base):
    """No room for the files of a start: it is not begun, and said."""
    as_root()
    for size in ("4k", "64k", "300k"):
        done = on_a_full_disk(size, f'{tree.LINQU} run --base $DISK/b --topology 2x4x16')
        need(done.status == 3 and "on the file system of" in done.sentence(), "on %s: exit %d: %s", size, done.status, done.err)


@claim
def a_disk_that_fills_up_during_a_start_fails_it(base):
    """A pod waits with its part of the files until there is no room for them."""
    as_root()
    done = on_a_full_disk("8m", f"""
        export LINQU_INJECT=L6_0/L5_0/L4_1:stop
        {tree.LINQU} run --base $DISK/b --name t --topology 1x2x16 --start-timeout 60 & run=$!
        until pid=$(pgrep -f '^linqu: t L6_0/L5_0/L4_1 ') && grep -q '^State:.T' /proc/$pid/status; do :; done
        dd if=/dev/zero of=$DISK/fill bs=4k 2>/dev/null
        kill -CONT $pid
        wait $run""")
    need(done.status == 4 and "No space left on device" in done.err, "exit %d: %s", done.status, done.err)


@claim
def a_disk_that_fills_up_later_harms_nobody(base):
    """The run goes on without its logs, and says how many lines were dropped; a kernel whose code is there still runs, one whose
    code is not says why."""
    as_root()
    done = on_a_full_disk("8m", f"""
        linqu() {{ command=$1; shift; {tree.LINQU} $command --base $DISK/b "$@"; }}
        linqu run --name t --topology 1x1x4 --detach -q hello.so || exit 90
        until linqu status t | grep -q "live, ready"; do :; done
        dd if=/dev/zero of=$DISK/fill bs=4k 2>/dev/null
        for i in $(seq 40); do linqu exec -q t hello.so || exit 91; done
        linqu status t --json
        linqu exec t bench_pingpong.so --arg 1 >&2
        [ $? = 5 ] || exit 92
        linqu shutdown t >&2""")
    need(done.status == 5, "exit %d: %s%s", done.status, done.out, done.err) # that of the kernel without its code
    need("bench_pingpong" in done.err and "No space left on device" in done.err, "it said %s", done.err)
    dropped = [level["log_dropped"] for level in done.json()["levels"]]
    need(all(dropped[level] > 0 for level in (0, 3)), "lines dropped by level: %s", dropped) # those whose kernels log


@claim
def the_umask_of_the_user_does_not_open_files(base):
    run = tree.Run(base, "1x1x2", command=["sh", "-c", 'umask 000; exec "$0" "$@"', tree.LINQU])
    run.expect_end(0)
    for folder, _, names in os.walk(run.path):
        for name in names:
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            need(mode & 0o077 == 0, "%s/%s has mode %o", folder, name, mode)


@claim
def old_runs_are_removed_in_the_background(base):
    """Of dead runs of ours the newest five stay, or as many as --keep says; other files stay in any case."""
    os.makedirs(base + "/photos")
    for number in range(7):
        tree.Run(base, "1x1x1", name=f"r{number}").expect_end(0)
    run = tree.Run(base, "1x1x1", "--keep", "2", "--hold", name="last").until_ready()
    tree.until(lambda: sorted(n for n in os.listdir(base) if n[0] == "r") == ["r5", "r6"],
               "of the seven dead runs two are left", 20)
    need(os.path.isdir(base + "/photos"), "it removed what is no run")
    run.interrupt()
    run.expect_end(0)


tree.main()
