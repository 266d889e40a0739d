"""What the tests on the real tree share: start a run in a place of its own, wait for what it does, account for what is
left.

A test file holds claims, functions under @claim, and ends with `tree.main()`. Every claim gets an empty folder. Nothing
here sleeps for luck: `until` looks for the event itself and fails at its deadline. The process that runs the claims
adopts every orphan of the runs that it starts, so a claim that leaves a process behind is found out whatever that
process calls itself.
"""

import atexit
import contextlib
import ctypes
import json
import mmap
import os
import pty
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
LINQU = os.path.join(ROOT, os.environ.get("LINQU", "build/linqu"))
SMALL = os.environ.get("LINQU_TREE") == "small"  # a sanitized build: small trees, no limits of time
PATIENCE_S = 60
PR_SET_CHILD_SUBREAPER = 36

claims = []
runs = []      # the Run objects of the claim that runs, or of who measures by hand
children = {}  # pid -> Popen of every process that a claim started


class Skip(Exception):
    """Why a claim cannot be tried here."""


def claim(function):
    claims.append(function)
    return function


def large(function):
    """A claim about many nodes or about time: not for a sanitized build."""
    return function if SMALL else claim(function)


def soaking(function):
    """A claim that takes too long for `make test`: tests/soak asks for it with LINQU_SOAK=1."""
    return claim(function) if os.environ.get("LINQU_SOAK") else function


def need(condition, format_, *values):
    if not condition:
        raise AssertionError(format_ % values if values else format_)


def line_with(text, *words):
    """The first line that has all of these words, or None."""
    return next((line for line in text.splitlines() if all(word in line for word in words)), None)


def until(condition, what, seconds=PATIENCE_S):
    """The first true answer of `condition`, or a failure that says what never came."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"within {seconds:.0f} s never: {what}")
        time.sleep(0.005)


@atexit.register
def forget_said():
    for run in runs:
        shutil.rmtree(run.said, ignore_errors=True)


# --- the shape of a tree, computed independently of linqu ---

class Node:
    def __init__(self, rank, level, index, parent, global_index, path):
        self.rank, self.level, self.index, self.parent = rank, level, index, parent
        self.global_index, self.path = global_index, path
        self.children = []

    def subtree(self):
        yield self
        for child in self.children:
            yield from child.subtree()

    def ancestor(self, level):
        return self if self.level == level else self.parent.ancestor(level)


class Shape:
    """Of `16x4x16` or `L7:1 L6:2 L3:4`: the nodes in rank order."""

    def __init__(self, spec):
        self.spec = spec
        if ":" in spec:
            pairs = [part.split(":") for part in spec.split()]
            self.levels = [(int(level[1:]), int(count)) for level, count in pairs]
        else:
            self.levels = [(6, 1)] + list(zip((5, 4, 3, 2), map(int, spec.split("x"))))
        self.nodes, above = [], [None]
        for level, fanout in self.levels:
            above = [self.add(level, parent, i, fanout) for parent in above for i in range(fanout)]
        self.by_path = {node.path: node for node in self.nodes}

    def add(self, level, parent, number, fanout):
        index = dict(parent.index) if parent else {}
        index[level] = number
        path = (parent.path + "/" if parent else "") + f"L{level}_{number}"
        global_index = (parent.global_index * fanout if parent else 0) + number
        node = Node(len(self.nodes), level, index, parent, global_index, path)
        self.nodes.append(node)
        if parent:
            parent.children.append(node)
        return node

    def at(self, level):
        return [node for node in self.nodes if node.level == level]

    def count(self):
        return len(self.nodes)

    def top(self):
        return self.nodes[0]

    def leaf(self):
        return self.nodes[-1]

    def mid(self):
        """A node in the middle of the tree, neither the first nor the last of its level."""
        levels = [level for level, _ in self.levels]
        among = self.at(levels[len(levels) // 2])
        return among[len(among) // 2]


# --- processes ---

def process_stat(pid):
    """(state, parent, start time) of a process, or None."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rsplit(b")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0].decode(), int(fields[1]), int(fields[19])


def processes():
    """pid -> (state, parent, start time) of all of them."""
    stats = {int(name): process_stat(name) for name in os.listdir("/proc") if name.isdigit()}
    return {pid: stat for pid, stat in stats.items() if stat}


def reap_orphans():
    """Collect what the runs' ends have left to us; a child that a claim waits for stays for it."""
    for pid, (state, parent, _) in processes().items():
        if state == "Z" and parent == os.getpid() and pid not in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def descendants(root=None):
    """Every process below `root` (this one when not said), zombies included, but not those that claims wait for."""
    table, below, todo = processes(), [], [root or os.getpid()]
    sons = {}
    for pid, (_, parent, _) in table.items():
        sons.setdefault(parent, []).append(pid)
    while todo:
        for pid in sons.get(todo.pop(), []):
            todo.append(pid)
            below.append(pid)
    return [pid for pid in below if pid not in children]


def alive(pid):
    stat = process_stat(pid)
    return stat is not None and stat[0] not in "ZX"


def wait_gone(pids, seconds=PATIENCE_S):
    """Wait until none of these processes is there any more, not even as a zombie. Returns how long it took."""
    begun, left = time.monotonic(), list(pids)
    while True:
        left = [pid for pid in left if process_stat(pid)]
        if not left:
            return time.monotonic() - begun
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"after {seconds:.1f} s {len(left)} of {len(pids)} processes are still there: "
                                 + ", ".join(title(pid) for pid in left[:5]))
        if any((process_stat(pid) or "?")[0] == "Z" for pid in left[:20]):
            reap_orphans()
        time.sleep(0.002)


def title(pid):
    """What `ps` shows of a process."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        words = ""
    return f"{pid} [{words or '?'}]"


def start(command, **more):
    """A process that the claim waits for; in a session of its own, so that nothing meant for it reaches us."""
    more.setdefault("stdin", subprocess.DEVNULL)
    more.setdefault("start_new_session", True)
    process = subprocess.Popen(command, **more)
    children[process.pid] = process
    return process


# --- linqu ---

class Done:
    """A command that has ended."""

    def __init__(self, command, status, out, err):
        self.command, self.status, self.out, self.err = command, status, out, err

    def json(self):
        need(self.out.endswith("\n"), "%s: its output ends without a newline: %r", self.command, self.out[-80:])
        return json.loads(self.out)

    def sentence(self):
        """The one line that it said on stderr."""
        lines = self.err.strip().splitlines()
        need(len(lines) == 1, "%s should say one sentence, and said: %s", self.command, self.err or "nothing")
        return lines[0]

    def expect(self, status):
        need(self.status == status, "%s exits with %s, not %d; it said:\n%s%s", " ".join(self.command), self.status,
             status, self.out, self.err)
        return self


def environment(more=None):
    """Ours without what would steer linqu from outside."""
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("LINQU") and name not in ("NO_COLOR",)}
    clean.update(more or {})
    return clean


def linqu(*arguments, binary=LINQU, **more):
    return command(binary, *map(str, arguments), **more)


def command(*words, env=None, seconds=PATIENCE_S, **more):
    """Run it to its end."""
    process = start(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                    env=environment(env), **more)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"{' '.join(words)} does not end within {seconds} s") from None
    finally:
        children.pop(process.pid, None)
    return Done(words, process.returncode, out, err)


def limit_files(most):
    """For a child before its exec: so many descriptors and no more."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class StateMap:
    """state.map as docs/state-map.md describes it."""

    HEADER, RECORD = 4096, 256
    LIVES = ("absent", "forked", "starting", "ready", "draining", "stopped", "failed")
    PHASES = ("starting", "ready", "working", "stopping", "ended")

    def __init__(self, path):
        with open(path, "rb") as file:
            self.map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        magic, version, record_size, self.nodes = struct.unpack_from("<QIII", self.map, 0)
        need((magic, version, record_size) == (0x4C494E5155535431, 2, 256), "%s is no state.map", path)

    def phase(self):
        return self.PHASES[struct.unpack_from("<I", self.map, 48)[0]]

    def launcher(self):
        return struct.unpack_from("<i", self.map, 20)[0]

    def life(self, rank):
        return self.LIVES[struct.unpack_from("<I", self.map, self.HEADER + rank * self.RECORD)[0]]

    def pid(self, rank):
        return struct.unpack_from("<i", self.map, self.HEADER + rank * self.RECORD + 4)[0]

    def frames_in(self, rank):
        return struct.unpack_from("<Q", self.map, self.HEADER + rank * self.RECORD + 48)[0]

    def pids(self):
        return [pid for pid in map(self.pid, range(self.nodes)) if pid]


class Run:
    """`linqu run --base BASE --name NAME --topology SPEC OPTION...` in a session of its own."""

    def __init__(self, base, spec, *options, name="t", env=None, command=None):
        self.shape, self.base, self.name = Shape(spec), base, name
        self.path = os.path.join(base, name)
        self.said = tempfile.mkdtemp(prefix="lq-said-")
        self.command = (command or [LINQU]) + ["run", "--base", base, "--name", name, "--topology", spec, *options]
        self.env = env
        self.state_map = None
        self.process = self.launch()
        self.launcher = self.process.pid
        runs.append(self)

    def launch(self):
        with open(self.said + "/out", "wb") as out, open(self.said + "/err", "wb") as err:
            return start(self.command, stdout=out, stderr=err, env=environment(self.env))

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8") as file:
            return file.read()

    def json(self, name):
        text = self.read(name)
        need(text.endswith("\n"), "%s ends without a newline", name)
        return json.loads(text)

    def out(self):
        with open(self.said + "/out", encoding="utf-8", errors="replace") as file:
            return file.read()

    def err(self):
        with open(self.said + "/err", encoding="utf-8", errors="replace") as file:
            return file.read()

    def state(self):
        """The run's state.map, or None while there is none."""
        path = os.path.join(self.path, "state.map")
        if not self.state_map and os.path.exists(path) and os.path.getsize(path) >= 4096 + 256 * self.shape.count():
            with contextlib.suppress(AssertionError):
                self.state_map = StateMap(path)
        return self.state_map

    def ended(self):
        return self.process.poll() is not None

    def waits_for(self, condition, what, seconds=PATIENCE_S):
        """As until(), but the end of the launcher ends the waiting."""
        def look():
            answer = condition()
            need(answer or not self.ended(), "the run ended with %s before: %s", self.process.returncode, what)
            return answer
        return until(look, what, seconds)

    def patience_s(self):
        """After which a start with its scenario hangs, and is not slow."""
        return 120 + self.shape.count() // 20

    def until_ready(self, event="scenario_ended"):
        """READY and idle: what the command line asked for is done."""
        self.waits_for(lambda: self.event(event) and self.state().phase() == "ready", "its work is done",
                       self.patience_s())
        return self

    def pid(self, path):
        return self.state().pid(self.shape.by_path[path].rank)

    def life(self, path):
        return self.state().life(self.shape.by_path[path].rank)

    def pids(self, node=None):
        """Of a node's subtree; of all nodes when none is given."""
        nodes = node.subtree() if node else self.shape.nodes
        return [pid for pid in (self.state().pid(n.rank) for n in nodes) if pid]

    def kill(self, node, number=signal.SIGKILL):
        os.kill(self.state().pid(node.rank), number)

    def events(self):
        """What events.jsonl says so far; a line that is being written is left for later."""
        try:
            text = self.read("events.jsonl")
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def status(self, *options):
        """What `linqu status --json` says of it."""
        return linqu("status", "--base", self.base, "--json", *options, self.name).expect(0).json()

    def worst(self, *states):
        """path -> what `linqu status` says of it, of the nodes that are in one of these states (dead, failed, slow) for a
        reason of their own."""
        return {node["node"]: node for node in self.status()["worst"] if node["state"] in states}

    def counts(self, *states):
        """level -> how many of its nodes `linqu status` counts as one of these; without those levels that have none."""
        sums = {int(level["level"][1:]): sum(level[state] for state in states) for level in self.status()["levels"]}
        return {level: count for level, count in sums.items() if count}

    def event(self, word, node=None):
        """The first event of that name (of that node's path), or None."""
        for event in self.events():
            if event["event"] == word and (node is None or event.get("node") == node.path):
                return event
        return None

    def interrupt(self, number=signal.SIGINT):
        os.kill(self.launcher, number)

    def end(self, seconds=PATIENCE_S):
        """Wait for the launcher's end. Returns its exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the run does not end within {seconds} s") from None

    def expect_end(self, status, seconds=PATIENCE_S):
        ended = self.end(seconds)
        need(ended == status, "the run ends with %s, not %s; it said:\n%s", ended, status, self.err())
        return self

    def sockets(self):
        return [os.path.join(folder, name) for folder, _, names in os.walk(self.path)
                for name in names if name.endswith(".sock")]

    def expect_nothing_left(self, seconds=5):
        """After its end: no process of its nodes, and no socket file."""
        self.end(seconds)
        wait_gone(self.pids() if self.state() else [], seconds)
        need(not self.sockets(), "sockets are left: %s", self.sockets()[:5])

    def tell(self):
        """For a failure: what the run said last."""
        return (f"--- {' '.join(self.command)}\n--- exit status {self.process.poll()}\n"
                + "".join(f"--- {what}:\n" + "\n".join(text.splitlines()[-15:]) + "\n"
                          for what, text in (("stdout", self.out()), ("stderr", self.err()),
                                             ("events", "\n".join(map(json.dumps, self.events()))))))


@contextlib.contextmanager
def held(base, spec, *options, status=0, **more):
    """A run that is READY and stays; it is stopped at the end, must then end with `status` and have left nothing."""
    run = Run(base, spec, "--hold", *options, **more).until_ready()
    yield run
    if not run.ended():
        run.interrupt()
    run.expect_end(status).expect_nothing_left()


class Terminal:
    """A command on a terminal of its own, which is closed at the end of the `with`."""

    def __init__(self, command, env=None):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, environment({"TERM": "xterm", **(env or {})}))
        children[self.pid] = self
        self.seen = b""
        os.set_blocking(self.master, False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def text(self):
        """All that it has shown so far."""
        with contextlib.suppress(OSError):
            while self.master is not None:
                piece = os.read(self.master, 65536)
                if not piece:
                    break
                self.seen += piece
        return self.seen.decode(errors="replace")

    def type(self, text):
        os.write(self.master, text)

    def close(self):
        if self.master is not None:
            os.close(self.master)
        self.master = None

    def poll(self):
        return None if alive(self.pid) else 0

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds=PATIENCE_S):
        """Its exit status, -n for a signal; what it shows meanwhile is read, so that it need not wait for us."""
        def ended():
            self.text()
            pid, raw = os.waitpid(self.pid, os.WNOHANG)
            return [os.waitstatus_to_exitcode(raw)] if pid else None
        status = until(ended, f"{self.pid} ends", seconds)[0]
        children.pop(self.pid, None)
        return status


# --- the bare tree ---

def bare(spec, *options, files=None):
    """What the bare tree of this shape takes here and now: {up_s, round_s, down_s, kill_s ...}. Its files go when it
    ends, or stay in that folder."""
    with contextlib.ExitStack() as stack:
        if files:
            os.mkdir(files)
        else:
            files = stack.enter_context(tempfile.TemporaryDirectory(prefix="lq-bare-"))
        done = subprocess.run([os.path.join(BUILD, "tests/bare/forktree"), "--files", files, *options, spec],
                              stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def kill_limit_s(spec, *options):
    """How long a killed subtree may take to be gone: a second, or twice what the bare tree of that shape needs now."""
    return max(1.0, 2 * bare(spec, *options)["kill_s"])


# --- running the claims ---

def end_everything():
    """Kill and collect all that the claim has started. Returns what was there that should not have been."""
    for process in list(children.values()):
        if process.poll() is None:
            process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired, AssertionError, ChildProcessError):
            process.wait(10)
    children.clear()
    deadline = time.monotonic() + 5
    left = []
    while time.monotonic() < deadline:
        reap_orphans()
        left = descendants()
        if not left:
            return []
        time.sleep(0.02)
    told = [title(pid) for pid in left]
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: reap_orphans() or not descendants(), "what was left is dead", 30)
    return told


def try_claim(function):
    """None when it holds, else why not."""
    fault = None
    folder = tempfile.mkdtemp(prefix="lq-")
    try:
        function(os.path.join(folder, "base"))
    except Skip:
        raise
    except Exception:  # pylint: disable=broad-except
        fault = traceback.format_exc() + "".join(run.tell() for run in runs)
    finally:
        left = end_everything()
        for run in runs:
            shutil.rmtree(run.said, ignore_errors=True)
        runs.clear()
        shutil.rmtree(folder, ignore_errors=True)
    if left and not fault:
        fault = f"{len(left)} processes were left: {', '.join(left[:5])}"
    return fault


def told_to_stop(_number, _frame):
    traceback.print_stack()
    for run in runs:
        print(run.tell())
    end_everything()
    sys.stdout.flush()
    os._exit(1)


def main():
    """Try the claims that the command line names, or all."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, told_to_stop)
    failed = 0
    chosen = [c for c in claims if not sys.argv[1:] or any(re.search(a, c.__name__) for a in sys.argv[1:])]
    if not chosen:
        print("skip all of it: it is about many nodes or about time" if SMALL else "FAIL there is no such claim")
    for function in chosen:
        begun = time.monotonic()
        try:
            fault = try_claim(function)
        except Skip as why:
            print(f"skip {function.__name__}: {why}", flush=True)
            continue
        failed += fault is not None
        took = time.monotonic() - begun
        print(f"FAIL {function.__name__}: {fault}" if fault else f"pass {function.__name__} ({took:.1f} s)", flush=True)
    sys.exit(1 if failed or not chosen and not SMALL else 0)
