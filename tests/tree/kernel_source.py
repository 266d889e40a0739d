"""Kernels that tests write, build and run; no claims of its own."""

import os

import tree
from tree import Run, line_with, need

SPEC = "2x2x2"
CLOS2, CLOS1, POD, HOST, CHIP = 6, 5, 4, 3, 2
ORCHESTRATOR, WORKER = 0, 1

# What every kernel here begins with: note() adds a line to $LINQU_RUN/notes.
PRELUDE = r"""
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "linqu_orchestration_api.h"

__attribute__((unused, format(printf, 1, 2))) static void note(const char *format, ...)
{
    char path[1024], line[1024];
    va_list args;
    int fd, size;

    snprintf(path, sizeof path, "%s/notes", getenv("LINQU_RUN"));
    va_start(args, format);
    size = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    line[size++] = '\n';
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || write(fd, line, (size_t)size) != size)
        abort();
    close(fd);
}
__attribute__((unused)) static LinquCoordinate_C host(int l5, int l4, int l3)
{
    return (LinquCoordinate_C){.l5_idx = (uint8_t)l5, .l4_idx = (uint8_t)l4, .l3_idx = (uint16_t)l3};
}
"""


def compile_kernel(folder, name, source, compiler=None):
    os.makedirs(folder, exist_ok=True)
    suffix = ".cc" if compiler else ".c"
    with open(f"{folder}/{name}{suffix}", "w", encoding="utf-8") as file:
        file.write(source)
    tree.command(*(compiler or [os.environ.get("CC", "gcc")]), "-O1", "-shared", "-fPIC", "-I", tree.ROOT + "/modules/ops",
                 "-o", f"{folder}/{name}.so.new", f"{folder}/{name}{suffix}").expect(0)
    os.rename(f"{folder}/{name}.so.new", f"{folder}/{name}.so")
    return f"{folder}/{name}.so"


def kernel(folder, name, level, role, body, more=""):
    """Build the kernel `name` of that level and role, whose function does `body`."""
    return compile_kernel(folder, name, PRELUDE + more + f"""
LinquOrchConfig linqu_orch_config(uint64_t *args, int n)
{{
    (void)args, (void)n;
    return (LinquOrchConfig){{.level = {level}, .role = {role}}};
}}
void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int n)
{{
    (void)rt, (void)args, (void)n;
    {body}
}}
""")


def notes(run):
    path = os.path.join(run.path, "notes")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def run_kernel(base, file, *options, spec=SPEC, status=0, env=None):
    """Run it on a tree of its own, which must end with that status and leave nothing."""
    run = Run(base, spec, *options, file, env=env)
    run.expect_end(status).expect_nothing_left()
    return run


def expect_sentence(run, *words):
    """One line on the terminal has all of them."""
    need(line_with(run.err(), *words), "no sentence with %s in:\n%s", words, run.err())


# For the body of a kernel: it waits until the test calls go().
WAIT_FOR_GO = r"""
    char go_path[1024];

    snprintf(go_path, sizeof go_path, "%s/go", getenv("LINQU_RUN"));
    while (access(go_path, F_OK) != 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);"""


def go(run):
    with open(run.path + "/go", "w", encoding="utf-8"):
        pass


def folder_of(base):
    return os.path.dirname(base) + "/kernels"
