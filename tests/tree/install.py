#!/usr/bin/env python3
"""`make install` brings along all that a user needs, into DESTDIR below PREFIX and nowhere else.
runs beside others"""

import os

import tree
from tree import claim, command, need


def built_with():
    with open(os.path.join(tree.BUILD, "flags"), encoding="utf-8") as file:
        return file.read()


@claim
def what_is_installed_works(base):
    target = os.path.dirname(base) + "/root"
    flags = built_with()
    command("make", "-s", "-C", tree.ROOT, "install", "BUILD=" + os.path.relpath(tree.BUILD, tree.ROOT),
            "DESTDIR=" + target, "PREFIX=/opt/linqu", seconds=300).expect(0)
    need(built_with() == flags, "it built anew, with %s instead of %s", built_with(), flags)
    need(os.listdir(target) == ["opt"] and os.listdir(target + "/opt") == ["linqu"], "it wrote to %s", os.listdir(target))
    place = target + "/opt/linqu/"
    with open(place + "share/man/man1/linqu.1", encoding="utf-8") as file:
        need(file.read(3) == ".TH", "the man page is none")
    command("bash", "-n", place + "share/bash-completion/completions/linqu").expect(0)
    topologies = os.listdir(place + "share/linqu/topology")
    need(set(topologies) == set(os.listdir(tree.ROOT + "/topology")), "the topologies are %s", topologies)
    tree.linqu("run", "--base", base, "--topology", place + "share/linqu/topology/small.topo",
               binary=place + "bin/linqu").expect(0)
    folder = os.path.dirname(base) + "/own"
    os.makedirs(folder)
    command(os.environ.get("CC", "gcc"), "-shared", "-fPIC", "-I", place + "include", "-o", folder + "/own.so",
            tree.ROOT + "/kernels/hello.c").expect(0)
    for kernel in ("hello.so", folder + "/own.so"):
        tree.linqu("run", "--base", base, "--topology", "1x1x2", kernel, binary=place + "bin/linqu").expect(0)


tree.main()
