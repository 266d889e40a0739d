/* `linqu run`: the launcher. It owns the terminal, the signals, the reaping and the account;
 * everything else happens in the tree that it forks. */

#ifndef LAUNCH_LAUNCH_H
#define LAUNCH_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "topo/topology.h"

/* What the kernels of the command line, or of an exec, are run with. */
struct kernel_settings {
    const char *at; // path of the node; NULL: the first live one of the kernel's level
    const char
        *path; // directories to look for kernels in, absolute, separated by colons; NULL: none
    const uint64_t *args; // scalars
    size_t arg_count;
};

/* Before it stops, a run writes at least so many records of tasks in a millisecond. */
enum { LAUNCH_RECORDS_A_MS = 50 };

struct launch_options {
    const struct topology *topology; // already parsed and checked
    const char *base;                // --base or NULL: see run_dir_base()
    const char *name;                // --name or NULL
    const char *logical_system;      // LINQU_SYSTEM or the topology file's; never NULL
    const char *physical_system;     // likewise; never NULL
    const char *command;             // the command line as typed, for run.json
    const char *const
        *steps; // run in this order: names of scenarios, checked against scenario_find(), and
                // kernels, which have a slash in their absolute path
    size_t step_count;
    struct kernel_settings kernel;
    unsigned task_timeout_s; // how long a kernel may compute without a pause; 0: no limit
    uint64_t seed;
    const char *dfs_dir; // absolute; NULL: `dfs` in the run's directory
    unsigned keep;            // dead runs of ours to keep
    unsigned start_timeout_s; // until READY
    unsigned timeout_s;       // of the whole run; 0: none
    unsigned stop_timeout_s;  // for the graceful stop
    unsigned stall_after_s;   // without progress, until it is explained; 0: never
    bool bind;                // subtrees keep to a processor, see placement_plan()
    bool hold;                // stay up until Ctrl-C or `linqu shutdown`
    bool detach;              // return when READY, the run goes on in the background (implies hold)
    bool json;                // run.json's object on stdout and nothing else there
    bool quiet;
    bool verbose;
    bool colour; // stderr is a terminal and NO_COLOR is not set
};

/* To be called before anything is read or opened: it may begin the program again from its start,
 * with the same words (super/compact_layout.h). */
void launch_prepare(void);

/* Run it all. Returns the exit code of docs/formats.md; every failure has been said on stderr. */
int launch_run(const struct launch_options *options);

#endif
