#include "rundir/preflight.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number_text.h"
#include "rundir/run_dir.h"
#include "topo/ring_layout.h"

/* What one node costs. Sources: docs/design/preflight.md. */
enum {
    NODE_MEMORY_KIB = 256,  // what MemAvailable loses by a node that has worked, and a fifth
    NODE_FILES = 12,        // its own open files
    CHILD_FILES = 3,        // what a child adds to its parent: pidfd, eventfd, link
    CONNECTION_FILES = 128, // named-socket connections at one time, made and taken
    EDGE_KIB = 260,         // of address space, for the two rings of an edge
    PROCESS_MIB = 64,       // of address space, for a program and what it allocates
    NODE_WATCHES = 10,      // descriptors in its event loop
    HOST_INODES = 7,        // directory, logs, daemon.log, socket, daemon.pid, identity, discovery
    NODE_INODES = 5,        // the same without the last two
    CHIP_INODES = 1,        // its log
    RUN_INODES = 16,        // the run's own
    BLOCK_BYTES = 4096,     // a file of a few lines
    PIDS_RESERVED = 300,    // the kernel hands these out only once
    SOCKET_PATH_MAX = 107,  // of an address of AF_UNIX
    FILE_NAME_MAX = 48,     // the longest of our own below a node's directory
    RUN_NAME_EXTRA = 7,     // "-" and a short id
};
#define ADDRESSES_MAX (UINT64_C(1) << 46) // half of what a process can have at all
#define PID_LIMIT_MAX UINT64_C(4194304)   // kernel.pid_max cannot be larger

static uint64_t inodes_of(const struct topology *topology)
{
    uint64_t inodes = RUN_INODES;

    for (int level = LEVEL_CHIP; level < LEVEL_COUNT; level++)
        inodes += (uint64_t)topology->count[level] * (level == LEVEL_CHIP   ? CHIP_INODES
                                                      : level == LEVEL_HOST ? HOST_INODES
                                                                            : NODE_INODES);
    return inodes;
}

static uint32_t widest_of(const struct topology *topology)
{
    uint32_t widest = 0;

    for (int level = 0; level < LEVEL_COUNT; level++)
        if (topology->fanout[level] > widest)
            widest = topology->fanout[level];
    return widest;
}

/* The rings of a node and of its children, which it made. */
static uint64_t address_space_of(const struct topology *topology)
{
    uint64_t most = 0;

    for (int level = 0; level < LEVEL_COUNT; level++) {
        uint32_t count, rank = topology->first_rank[level], first;
        uint64_t bytes = (uint64_t)PROCESS_MIB << 20;

        if (!topology->present[level])
            continue;
        first = topology_children(topology, rank, &count);
        bytes += ring_layout_size(topology, rank);
        if (count)
            bytes += count * ((EDGE_KIB << 10) + ring_layout_size(topology, first));
        most = bytes > most ? bytes : most;
    }
    return most;
}

/* Length of the longest path below the run's directory, up to a socket's name. */
static size_t longest_socket(const struct topology *topology)
{
    size_t longest = 0;

    for (int level = LEVEL_HOST; level < LEVEL_COUNT; level++) {
        char path[LIMIT_NODE_PATH], name[32];
        uint32_t last = topology->first_rank[level] + topology->count[level] - 1;
        size_t length;

        if (!topology->present[level] || !run_dir_socket_name(topology, last, name, sizeof name))
            continue;
        length = (size_t)run_dir_node_path(topology, last, path, sizeof path) + 1 + strlen(name);
        longest = length > longest ? length : longest;
    }
    return longest;
}

void preflight_demand(const struct topology *topology, struct demand *demand)
{
    uint64_t nodes = topology->node_count;

    *demand = (struct demand){
        .processes = nodes + 1,
        .memory_bytes = nodes * NODE_MEMORY_KIB * 1024,
        .address_space = address_space_of(topology),
        .descriptors = NODE_FILES + CONNECTION_FILES + (uint64_t)widest_of(topology) * CHILD_FILES,
        .open_files = nodes * (NODE_FILES + CHILD_FILES),
        .watches = nodes * NODE_WATCHES,
        .inodes = inodes_of(topology),
        .socket_path = longest_socket(topology),
    };
    demand->disk_bytes = demand->inodes * BLOCK_BYTES + nodes * 256;
}

/* --- lines ------------------------------------------------------------------------------------ */

static struct preflight_line *line_add(struct preflight *out, const char *subject, uint64_t need,
                                       uint64_t have, const char *unit)
{
    struct preflight_line *line = &out->lines[out->count++];

    assert(out->count <= PREFLIGHT_LINES);
    *line = (struct preflight_line){
        .subject = subject,
        .verdict = need > have ? PREFLIGHT_FAIL : PREFLIGHT_OK,
        .need = need,
        .have = have,
        .unit = unit,
    };
    if (line->verdict > out->worst)
        out->worst = line->verdict;
    return line;
}

static void line_warn(struct preflight *out, struct preflight_line *line)
{
    if (line->verdict == PREFLIGHT_OK)
        line->verdict = PREFLIGHT_WARN;
    if (line->verdict > out->worst)
        out->worst = line->verdict;
}

static void line_say(char out[256], const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line_say(char out[256], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(out, 256, format, args);
    va_end(args);
}

static uint64_t room(uint64_t max, uint64_t used)
{
    if (max == SYSTEM_NO_LIMIT)
        return SYSTEM_NO_LIMIT;
    return max > used ? max - used : 0;
}

/* A power of two that leaves some room, for commands that raise a limit. */
static uint64_t round_up(uint64_t wanted)
{
    uint64_t power = 1024;

    while (power < wanted + wanted / 8)
        power *= 2;
    return power;
}

static uint64_t mib(uint64_t bytes)
{
    return bytes == SYSTEM_NO_LIMIT ? bytes : bytes >> 20;
}

static uint64_t mib_up(uint64_t bytes)
{
    return (bytes + (1 << 20) - 1) >> 20;
}

/* --- one check each --------------------------------------------------------------------------- */

static void check_pid_max(struct preflight *out, const struct demand *d,
                          const struct system_limits *m)
{
    uint64_t used = m->tasks + PIDS_RESERVED + d->reserved;
    struct preflight_line *line =
        line_add(out, "pids", d->processes, room(m->pid_max, used), "processes");
    uint64_t wanted = round_up(d->processes + used);

    if (m->pid_max == SYSTEM_NO_LIMIT) {
        line_say(line->detail, "kernel.pid_max cannot be read");
        return;
    }
    line_say(line->detail,
             "kernel.pid_max is %" PRIu64 ", %" PRIu64 " exist, %d are kept by the kernel"
             " and %" PRIu64 " reserved by other runs",
             m->pid_max, m->tasks, PIDS_RESERVED, d->reserved);
    if (line->verdict != PREFLIGHT_FAIL)
        return;
    if (d->processes + used > PID_LIMIT_MAX)
        line_say(line->mend, "choose a smaller topology: kernel.pid_max ends at %" PRIu64,
                 PID_LIMIT_MAX);
    else
        line_say(line->mend, "sudo sysctl -w kernel.pid_max=%" PRIu64,
                 wanted < PID_LIMIT_MAX ? wanted : PID_LIMIT_MAX);
}

static void check_threads_max(struct preflight *out, const struct demand *d,
                              const struct system_limits *m)
{
    uint64_t used = m->tasks + d->reserved;
    struct preflight_line *line =
        line_add(out, "threads", d->processes, room(m->threads_max, used), "processes");

    if (m->threads_max == SYSTEM_NO_LIMIT) {
        line_say(line->detail, "kernel.threads-max cannot be read");
        return;
    }
    line_say(line->detail,
             "kernel.threads-max is %" PRIu64 ", %" PRIu64 " exist and %" PRIu64
             " are reserved by other runs",
             m->threads_max, m->tasks, d->reserved);
    if (line->verdict == PREFLIGHT_FAIL)
        line_say(line->mend, "sudo sysctl -w kernel.threads-max=%" PRIu64,
                 round_up(d->processes + used));
}

static void check_nproc(struct preflight *out, const struct demand *d,
                        const struct system_limits *m)
{
    uint64_t max = m->nproc_binds ? m->nproc_soft : SYSTEM_NO_LIMIT;
    uint64_t used = m->nproc_used + d->reserved;
    struct preflight_line *line =
        line_add(out, "RLIMIT_NPROC", d->processes, room(max, used), "processes");
    uint64_t wanted = d->processes + used;

    if (max == SYSTEM_NO_LIMIT) {
        line_say(line->detail, "no limit for this user");
        return;
    }
    line_say(line->detail,
             "the user's limit is %" PRIu64 " (hard %" PRId64 "), %" PRIu64 " exist and %" PRIu64
             " are reserved by other runs",
             m->nproc_soft, (int64_t)m->nproc_hard, m->nproc_used, d->reserved);
    if (line->verdict != PREFLIGHT_FAIL)
        return;
    if (wanted <= m->nproc_hard)
        line_say(line->mend, "ulimit -u %" PRIu64, wanted);
    else
        line_say(line->mend, "sudo prlimit --pid $$ --nproc=%" PRIu64, round_up(wanted));
}

static void check_group_tasks(struct preflight *out, const struct demand *d,
                              const struct system_limits *m)
{
    const struct group_room *group = &m->group_tasks;
    uint64_t used = group->used + d->reserved;
    struct preflight_line *line =
        line_add(out, "cgroup pids", d->processes, room(group->max, used), "processes");

    if (group->max == SYSTEM_NO_LIMIT) {
        line_say(line->detail, "no control group limits processes");
        return;
    }
    line_say(line->detail, "%.120s is %" PRIu64 ", %" PRIu64 " exist and %" PRIu64 " are reserved",
             group->path, group->max, group->used, d->reserved);
    if (line->verdict == PREFLIGHT_FAIL)
        line_say(line->mend, "echo %" PRIu64 " | sudo tee %.190s", round_up(d->processes + used),
                 group->path);
}

static void check_descriptors(struct preflight *out, const struct demand *d,
                              const struct system_limits *m)
{
    uint64_t have = m->nofile_raisable ? SYSTEM_NO_LIMIT : m->nofile_hard;
    struct preflight_line *line;

    if (d->descriptors <= m->nofile_soft)
        have = m->nofile_soft;
    line = line_add(out, "RLIMIT_NOFILE", d->descriptors, have, "descriptors");
    line_say(line->detail, "the widest node's need; the limit is %" PRId64 " (hard %" PRId64 ")%s",
             (int64_t)m->nofile_soft, (int64_t)m->nofile_hard,
             line->verdict == PREFLIGHT_OK && d->descriptors > m->nofile_soft
                 ? ", raised at the start"
                 : "");
    if (line->verdict == PREFLIGHT_FAIL)
        line_say(line->mend, "sudo prlimit --pid $$ --nofile=%" PRIu64, round_up(d->descriptors));
}

static void check_open_files(struct preflight *out, const struct demand *d,
                             const struct system_limits *m)
{
    uint64_t max = m->file_max_binds ? m->file_max : SYSTEM_NO_LIMIT;
    struct preflight_line *line =
        line_add(out, "open files", d->open_files, room(max, m->files), "files");

    line_say(line->detail, "of all nodes; fs.file-max is %" PRIu64 "%s, %" PRIu64 " are open",
             m->file_max, m->file_max_binds ? "" : " (does not bind this user)", m->files);
    if (line->verdict == PREFLIGHT_FAIL)
        line_say(line->mend, "sudo sysctl -w fs.file-max=%" PRIu64,
                 round_up(d->open_files + m->files));
}

static void check_watches(struct preflight *out, const struct demand *d,
                          const struct system_limits *m)
{
    struct preflight_line *line =
        line_add(out, "epoll watches", d->watches, m->epoll_watches, "watches");

    line_say(line->detail, "of all nodes; fs.epoll.max_user_watches is %" PRId64,
             (int64_t)m->epoll_watches);
    if (line->verdict == PREFLIGHT_FAIL)
        line_say(line->mend, "sudo sysctl -w fs.epoll.max_user_watches=%" PRIu64,
                 round_up(d->watches));
}

/* What other runs have reserved counts as if it were in our group. */
static uint64_t memory_need(const struct demand *d)
{
    return d->memory_bytes + d->reserved * NODE_MEMORY_KIB * 1024;
}

static void check_memory(struct preflight *out, const struct demand *d,
                         const struct system_limits *m)
{
    uint64_t need = memory_need(d);
    struct preflight_line *line =
        line_add(out, "memory", mib_up(need), mib(m->memory_available), "MiB");

    line_say(line->detail,
             "%d KiB a process, %" PRIu64 " of them reserved by other runs; available"
             " is MemAvailable",
             NODE_MEMORY_KIB, d->reserved);
    if (line->verdict == PREFLIGHT_FAIL)
        line_say(line->mend, "choose a smaller topology, or end what else uses memory");
    else if (need > m->memory_available / 10 * 9)
        line_warn(out, line);
}

static void check_group_memory(struct preflight *out, const struct demand *d,
                               const struct system_limits *m)
{
    const struct group_room *group = &m->group_memory;
    uint64_t need = memory_need(d);
    struct preflight_line *line =
        line_add(out, "cgroup memory", mib_up(need), mib(room(group->max, group->used)), "MiB");

    if (group->max == SYSTEM_NO_LIMIT) {
        line_say(line->detail, "no control group limits memory");
        return;
    }
    line_say(line->detail,
             "%.120s allows %" PRIu64 " MiB, %" PRIu64 " MiB are used; %" PRIu64
             " processes are reserved by other runs",
             group->path, mib(group->max), mib(group->used), d->reserved);
    if (line->verdict == PREFLIGHT_FAIL)
        line_say(line->mend, "echo %" PRIu64 " | sudo tee %.190s", round_up(need + group->used),
                 group->path);
}

static void check_address_space(struct preflight *out, const struct demand *d,
                                const struct system_limits *m)
{
    uint64_t have = m->address_space < ADDRESSES_MAX ? m->address_space : ADDRESSES_MAX;
    struct preflight_line *line =
        line_add(out, "address space", mib_up(d->address_space), mib(have), "MiB");

    line_say(line->detail,
             "for the rings of one node and of its children, touched only when they "
             "are used; %s",
             have == ADDRESSES_MAX ? "a process cannot have more" : "the limit is RLIMIT_AS");
    if (line->verdict == PREFLIGHT_FAIL)
        line_say(line->mend, "%s--ring-capacity buffer=1M",
                 have == ADDRESSES_MAX ? "" : "ulimit -v unlimited, or ");
}

static void check_overcommit(struct preflight *out, const struct system_limits *m)
{
    struct preflight_line *line = line_add(out, "overcommit", 0, 0, "");

    line_say(line->detail, "vm.overcommit_memory is %u", m->overcommit);
    if (m->overcommit != 2)
        return;
    line_say(line->detail, "vm.overcommit_memory is 2: address space that nodes reserve and never"
                           " touch counts as used");
    line_say(line->mend, "sudo sysctl -w vm.overcommit_memory=0");
    line_warn(out, line);
}

static void check_file_system(struct preflight *out, const struct demand *d,
                              const struct system_limits *m)
{
    struct preflight_line *inodes = line_add(out, "inodes", d->inodes, m->inodes_free, "inodes");
    struct preflight_line *disk;

    line_say(inodes->detail, "on the file system of %.160s", m->file_system);
    if (inodes->verdict == PREFLIGHT_FAIL)
        line_say(inodes->mend, "linqu discover --clean, or name another file system with --base");
    disk = line_add(out, "disk", mib_up(d->disk_bytes), mib(m->bytes_free), "MiB");
    line_say(disk->detail, "at the start, on the file system of %.140s; logs grow", m->file_system);
    if (disk->verdict == PREFLIGHT_FAIL)
        line_say(disk->mend, "linqu discover --clean, or name another file system with --base");
    else if (d->disk_bytes > m->bytes_free / 2)
        line_warn(out, disk);
}

/* Bytes of the run's name: the one that it is given, else the one that it gets. */
static size_t name_length(const struct topology *topology, const char *name)
{
    const char *system = topology->settings.logical_system;

    if (name)
        return strlen(name);
    return (system[0] ? strlen(system) : strlen("linqu")) + RUN_NAME_EXTRA;
}

static void check_paths(struct preflight *out, const struct topology *topology, const char *base,
                        const char *name, const struct demand *d)
{
    size_t socket = strlen(base) + 1 + name_length(topology, name) + 1 + d->socket_path;
    struct preflight_line *line =
        line_add(out, "paths", socket + FILE_NAME_MAX, LIMIT_PATH - 1, "bytes");

    line_say(line->detail, "the longest socket's path has %zu bytes%s", socket,
             socket > SOCKET_PATH_MAX ? ", more than the 107 of an address: reached through"
                                        " /proc/self/fd"
                                      : "");
    if (line->verdict == PREFLIGHT_FAIL)
        line_say(line->mend, "name a shorter path with --base");
}

void preflight_judge(const struct topology *topology, const char *base, const char *name,
                     uint64_t reserved, const struct system_limits *limits, struct preflight *out)
{
    struct demand demand;

    *out = (struct preflight){.topology = topology};
    preflight_demand(topology, &demand);
    demand.reserved = reserved;
    check_pid_max(out, &demand, limits);
    check_threads_max(out, &demand, limits);
    check_nproc(out, &demand, limits);
    check_group_tasks(out, &demand, limits);
    check_memory(out, &demand, limits);
    check_group_memory(out, &demand, limits);
    check_address_space(out, &demand, limits);
    check_overcommit(out, limits);
    check_descriptors(out, &demand, limits);
    check_open_files(out, &demand, limits);
    check_watches(out, &demand, limits);
    check_file_system(out, &demand, limits);
    check_paths(out, topology, base, name, &demand);
}

void preflight_check(const struct topology *topology, const char *base, const char *name,
                     uint64_t reserved, struct preflight *out)
{
    struct system_limits limits;

    system_limits_read("", base, &limits);
    preflight_judge(topology, base, name, reserved, &limits, out);
}

int preflight_sentence(const struct preflight *preflight, struct error *err)
{
    for (size_t i = 0; i < preflight->count; i++) {
        const struct preflight_line *line = &preflight->lines[i];
        char shape[128];

        if (line->verdict != PREFLIGHT_FAIL)
            continue;
        topology_to_text(preflight->topology, shape, sizeof shape);
        return error_set(
            err,
            "this machine cannot hold %s (%s nodes): it needs %s %s and %s are to be had"
            " (%s); to mend it: %s",
            shape, with_commas(preflight->topology->node_count), with_commas(line->need),
            line->unit, with_commas(line->have), line->detail, line->mend);
    }
    return error_set(err, "nothing is in the way");
}

const char *preflight_verdict_name(enum preflight_verdict verdict)
{
    static const char *const names[] = {
        [PREFLIGHT_OK] = "ok", [PREFLIGHT_WARN] = "warn", [PREFLIGHT_FAIL] = "FAIL"};

    return names[verdict];
}
