#!/usr/bin/env python3
"""Hostile frames on a named socket of a live run, and an edge of the tree that breaks: the connection is closed and
counted by reason, or the node behind the edge is ended; memory stays flat, and the rest of the run is unharmed.
limit: 240 s"""

import os
import random
import socket
import struct

import tree
from tree import claim, held, large, need, until

MAGIC, VERSION = 0x4C51524D, 1
HEARTBEAT, REG_CODE, CALL_TASK, SHUTDOWN, TENSOR_LOOKUP, READY = 0, 1, 3, 7, 8, 16
LAUNCHER = 15
SOCKET_LIMIT = 1 << 20


# --- frames, written from docs/protocol.md ---

def pack(value):
    """As much msgpack as these tests speak."""
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return struct.pack(">BQ", 0xCF, value)
    if isinstance(value, str):
        text = value.encode()
        return struct.pack(">BB", 0xD9, len(text)) + text
    if isinstance(value, bytes):
        return struct.pack(">BI", 0xC6, len(value)) + value
    return struct.pack(">BH", 0xDC, len(value)) + b"".join(map(pack, value))


def header(node, kind, size, magic=MAGIC, version=VERSION, sender_level=LAUNCHER):
    l6, l5, l4, l3 = (node.index.get(level, 0) for level in (6, 5, 4, 3))
    return struct.pack(">IBBBBI5xBBBHH", magic, version, kind, sender_level, node.level, size, l6, l5, l4, l3, 0)


def frame(node, kind, *fields):
    body = pack([0, 1, *fields])
    return header(node, kind, len(body)) + body


def heartbeat(node, system="linqu"):
    return frame(node, HEARTBEAT, system, "tests", 7, 0, 3, 0)


# --- a stranger at the door ---

class Stranger:
    """A connection to a node's named socket. The path may be long, so it goes through the directory's descriptor."""

    def __init__(self, run, node):
        folder = os.open(os.path.join(run.path, node.path), os.O_RDONLY | os.O_DIRECTORY)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        try:
            self.socket.connect(f"/proc/self/fd/{folder}/daemon_L{node.level}.sock")
        finally:
            os.close(folder)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed before all was out: as it should be
        return self

    def receive(self):
        """One frame: (kind, body)."""
        head = self.socket.recv(24, socket.MSG_WAITALL)
        need(len(head) == 24, "the connection ends after %d bytes of an answer", len(head))
        magic, _, kind, _, _, size = struct.unpack(">IBBBBI", head[:12])
        need(magic == MAGIC, "an answer with magic %x", magic)
        return kind, self.socket.recv(size, socket.MSG_WAITALL) if size else b""

    def expect_closed(self, what):
        """Nothing but the end comes."""
        try:
            while True:
                if not self.socket.recv(65536):
                    break
        except ConnectionResetError:
            pass
        except socket.timeout:
            raise AssertionError(f"after {what} the connection stays open") from None
        finally:
            self.socket.close()


def expect_answers(run, node):
    stranger = Stranger(run, node).send(heartbeat(node))
    kind, body = stranger.receive()
    need(kind == HEARTBEAT and b"linqu" in body, "%s answers a heartbeat with %d %r", node.path, kind, body)
    stranger.socket.close()


def refused_count(run, node):
    return struct.unpack_from("<Q", run.state().map, 4096 + node.rank * 256 + 88)[0]


def connections(run, node):
    """Open named-socket connections, as the node counts them."""
    return struct.unpack_from("<I", run.state().map, 4096 + node.rank * 256 + 140)[0]


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def bodies():
    """(what, body) of bodies that are no heartbeat."""
    yield "an empty body", b""
    yield "a body that is a map", b"\x80"
    yield "a body that is nil", b"\xc0"
    yield "an array that promises 2^32 - 1 elements", b"\xdd\xff\xff\xff\xff"
    yield "a str that promises 2^32 - 1 bytes", b"\x93\x00\x00\xdb\xff\xff\xff\xff"
    yield "a map that promises 2^32 - 1 pairs", b"\x93\x00\x00\xdf\xff\xff\xff\xff"
    yield "a depth bomb", b"\x91" * 100000 + b"\xc0"
    yield "a depth of 17", b"\x91" * 17 + b"\xc0"
    yield "bytes left over", pack([0, 1, "linqu", "tests", 7, 0, 3, 0]) + b"\x00"
    yield "fields of other kinds", pack([0, 1, 7, 7, "x", "y", "z", "w"])
    yield "too few fields", pack([0, 1, "linqu"])
    yield "the byte that msgpack never uses", b"\x91\xc1"
    yield "a truncated number", b"\x91\xcf\x00"


def hostile(node):
    """(what, bytes) that must each close the connection."""
    good = pack([0, 1, "linqu", "tests", 7, 0, 3, 0])
    yield "a wrong magic", header(node, HEARTBEAT, len(good), magic=0x4C51524E) + good
    yield "a wrong version", header(node, HEARTBEAT, len(good), version=2) + good
    yield "a type that no message has", header(node, 200, len(good)) + good
    yield "a level that no node has", header(node, HEARTBEAT, len(good), sender_level=9) + good
    yield "another logical system", heartbeat(node, "other")
    yield "an empty logical system", heartbeat(node, "")
    yield "a frame larger than the limit", header(node, HEARTBEAT, SOCKET_LIMIT) + bytes(4096)
    yield "a frame of 4 GiB", header(node, HEARTBEAT, 0xFFFFFFFF)
    yield "a first frame that is no heartbeat", frame(node, TENSOR_LOOKUP, 1, 1, 0, 0)
    yield "text", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield "zeros", bytes(1000)
    for kind, what in ((REG_CODE, "code"), (CALL_TASK, "a task"), (SHUTDOWN, "a shutdown"), (READY, "a ready")):
        yield f"{what} after the heartbeat", heartbeat(node) + frame(node, kind, 1, 0, 0, b"")
    for what, body in bodies():
        yield what, header(node, HEARTBEAT, len(body)) + body


@claim
def each_hostile_frame_closes_its_connection_and_is_counted(base):
    with held(base, "2x2x2") as run:
        for node in (run.shape.top(), run.shape.mid(), run.shape.leaf()):
            for what, data in hostile(node):
                before = refused_count(run, node)
                Stranger(run, node).send(data).expect_closed(what)
                until(lambda b=before, n=node: refused_count(run, n) > b, f"{node.path} counts {what}", 10)
                need(refused_count(run, node) == before + 1, "%s counts %s twice", node.path, what)
            expect_answers(run, node)
            log = run.read(node.path + "/logs/daemon.log")
            need("lvl=warn" in log and "magic" in log, "the log of %s does not speak of it: %s", node.path, log)


@claim
def a_shutdown_from_a_stranger_stops_nothing(base):
    with held(base, "2x2x2") as run:
        for node in run.shape.nodes:
            Stranger(run, node).send(heartbeat(node) + frame(node, SHUTDOWN, 0, 0)).expect_closed("a shutdown")
        for node in run.shape.nodes:
            expect_answers(run, node)
            need(run.life(node.path) == "ready", "%s is %s", node.path, run.life(node.path))


@claim
def a_frame_that_comes_byte_by_byte_is_a_frame(base):
    with held(base, "1x1x2") as run:
        node = run.shape.leaf()
        stranger = Stranger(run, node)
        for byte in heartbeat(node):
            stranger.send(bytes([byte]))
        need(stranger.receive()[0] == HEARTBEAT, "no answer")
        stranger.socket.close()


@claim
def a_connection_that_ends_within_a_frame_harms_nobody(base):
    with held(base, "1x1x2") as run:
        node = run.shape.leaf()
        whole = heartbeat(node)
        for size in (0, 1, 23, 24, len(whole) - 1):
            stranger = Stranger(run, node).send(whole[:size])
            stranger.socket.close()
        expect_answers(run, node)


@large
def a_thousand_strangers_leave_memory_flat(base):
    """Random bytes and truncated giants, each connection closed by the node; its memory stays what it was."""
    with held(base, "1x1x2") as run:
        node = run.shape.leaf()
        source = random.Random(os.environ.get("SEED", "1"))
        pid = run.pid(node.path)
        for round_ in range(1000):
            data = source.choice([
                lambda: source.randbytes(source.randrange(24, 3000)),
                lambda: header(node, HEARTBEAT, SOCKET_LIMIT - 24),
                lambda: heartbeat(node) + source.randbytes(200),
                lambda: header(node, HEARTBEAT, 40) + b"\xdd\x7f\xff\xff\xff" + source.randbytes(35),
            ])()
            stranger = Stranger(run, node).send(data)
            stranger.socket.close()
            if round_ == 100:
                until(lambda: not connections(run, node), "all of a hundred connections are closed", 20)
                before = resident_kib(pid)
        until(lambda: not connections(run, node), "all connections are closed", 20)
        grown = resident_kib(pid) - before
        need(grown < 2048, "memory grew by %d KiB over 900 strangers", grown)
        expect_answers(run, node)


@claim
def strangers_who_say_nothing_do_not_shut_others_out(base):
    with held(base, "1x1x2") as run:
        node = run.shape.leaf()
        silent = [Stranger(run, node) for _ in range(200)]
        expect_answers(run, node)
        for stranger in silent:
            stranger.socket.close()


@large
def the_control_socket_is_as_wary(base):
    with held(base, "1x1x2") as run:
        for what, data in hostile(run.shape.top()):
            if "after the heartbeat" in what:
                continue
            door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            door.settimeout(20)
            door.connect(run.path + "/ctl.sock")
            try:
                door.sendall(data)
                while door.recv(65536):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass
            except socket.timeout:
                raise AssertionError(f"after {what} the control socket keeps the connection") from None
            finally:
                door.close()
        tree.linqu("exec", "--base", base, "--run", run.name, "topology").expect(0)


# --- an edge of the tree that breaks ---

def harms_only_its_own_edge(base, how, path, *words):
    """The node is dead for the one reason; all others live, answer and run kernels, and the run ends with 5."""
    run = tree.Run(base, "2x2x2", "--hold", env={"LINQU_INJECT": f"{path}:{how}"})
    node = run.shape.by_path[path]
    dead = run.waits_for(lambda: run.event("dead", node), f"an event says that {path} died")
    need(any(word in dead["cause"] for word in words), "the cause: %s", dead)
    run.waits_for(lambda: path in run.err() and any(word in run.err() for word in words), "the terminal says so", 10)
    run.waits_for(lambda: run.event("scenario_ended"), "the scenario ends without it")
    gone = set(node.subtree())
    for other in run.shape.nodes:
        need(tree.alive(run.state().pid(other.rank)) != (other in gone), "%s is %s", other.path, run.life(other.path))
    for event in run.events():
        need(event["event"] != "dead" or event["node"] == path, "it says that %s died", event)
    expect_answers(run, run.shape.by_path["L6_0/L5_1/L4_1/L3_1"])
    tree.linqu("exec", "--base", base, "t", "hello.so").expect(0)
    run.interrupt()
    run.expect_end(5).expect_nothing_left()


BROKEN = ("it broke the rules of its edge (", "exited with status 9")


@claim
def a_leaf_that_scribbles_over_its_edge_harms_only_that(base):
    harms_only_its_own_edge(base, "scribble", "L6_0/L5_0/L4_1/L3_0", *BROKEN)


@claim
def a_middle_node_that_scribbles_over_its_edge_harms_only_that(base):
    harms_only_its_own_edge(base, "scribble", "L6_0/L5_0", *BROKEN)


@claim
def a_leaf_that_dies_within_a_frame_harms_only_its_edge(base):
    harms_only_its_own_edge(base, "midframe", "L6_0/L5_0/L4_1/L3_0", "signal 9")


@claim
def a_middle_node_that_dies_within_a_frame_harms_only_its_edge(base):
    harms_only_its_own_edge(base, "midframe", "L6_0/L5_0", "signal 9")


tree.main()
