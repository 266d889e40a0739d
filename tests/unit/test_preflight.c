// links: body
#include "rundir/preflight.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number_text.h"
#include "scratch.h"
#include "suite.h"
#include "topology_fixture.h"
#include "topo/topology_settings.h"

static struct error err;

/* A machine on which nothing is in the way. */
static struct system_limits roomy(void)
{
    return (struct system_limits){
        .pid_max = 4194304,
        .threads_max = 4194304,
        .tasks = 100,
        .nproc_binds = true,
        .nproc_soft = SYSTEM_NO_LIMIT,
        .nproc_hard = SYSTEM_NO_LIMIT,
        .group_tasks = {.max = SYSTEM_NO_LIMIT},
        .group_memory = {.max = SYSTEM_NO_LIMIT},
        .nofile_soft = 1024,
        .nofile_hard = 4096,
        .file_max_binds = true,
        .file_max = 100000000,
        .epoll_watches = 100000000,
        .address_space = SYSTEM_NO_LIMIT,
        .memory_available = UINT64_C(1) << 40,
        .inodes_free = SYSTEM_NO_LIMIT,
        .bytes_free = UINT64_C(1) << 50,
        .file_system = "/tmp/linqu",
    };
}

static const struct preflight_line *line_of(const struct preflight *preflight, const char *subject)
{
    for (size_t i = 0; i < preflight->count; i++)
        if (strcmp(preflight->lines[i].subject, subject) == 0)
            return &preflight->lines[i];
    ck_abort_msg("no line %s", subject);
}

static struct preflight judge(const char *spec, const struct system_limits *limits,
                              uint64_t reserved)
{
    static struct topology topology;
    struct preflight preflight;

    topology = topology_of(spec);
    preflight_judge(&topology, "/tmp/linqu", NULL, reserved, limits, &preflight);
    return preflight;
}

/* Exactly one line fails, that of `subject`, with a way to mend it and both numbers in the
 * sentence. */
static void fails_alone(const char *spec, const struct system_limits *limits, const char *subject,
                        const char *mend)
{
    struct preflight preflight = judge(spec, limits, 0);
    const struct preflight_line *line = line_of(&preflight, subject);
    char number[64];

    for (size_t i = 0; i < preflight.count; i++)
        ck_assert_msg((preflight.lines[i].verdict == PREFLIGHT_FAIL) ==
                          (strcmp(preflight.lines[i].subject, subject) == 0),
                      "%s: %s", preflight.lines[i].subject, preflight.lines[i].detail);
    ck_assert_int_eq(preflight.worst, PREFLIGHT_FAIL);
    ck_assert_msg(strstr(line->mend, mend) != NULL, "%s", line->mend);
    ck_assert_int_eq(preflight_sentence(&preflight, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, line->mend));
    ck_assert_ptr_nonnull(strstr(err.text, spec));
    snprintf(number, sizeof number, "needs %s %s", with_commas(line->need), line->unit);
    ck_assert_msg(strstr(err.text, number) != NULL, "%s", err.text);
}

START_TEST(a_roomy_machine_holds_every_topology)
{
    struct system_limits limits = roomy();
    struct preflight preflight = judge("16x4x16x16", &limits, 0);

    for (size_t i = 0; i < preflight.count; i++)
        ck_assert_msg(preflight.lines[i].verdict == PREFLIGHT_OK && !preflight.lines[i].mend[0],
                      "%s: %s", preflight.lines[i].subject, preflight.lines[i].detail);
    ck_assert_int_eq(preflight.worst, PREFLIGHT_OK);
}
END_TEST

START_TEST(the_need_is_the_nodes_and_the_launcher)
{
    struct topology topology = topology_of("16x4x16x16");
    struct demand demand;

    preflight_demand(&topology, &demand);
    ck_assert_uint_eq(demand.processes, 1 + 16 + 64 + 1024 + 16384 + 1);
    ck_assert_uint_gt(demand.inodes, 16384 + 7 * 1024 + 5 * 81);
    ck_assert_uint_gt(demand.descriptors, 2 * 16);
    ck_assert_uint_eq(demand.socket_path, strlen("L6_0/L5_15/L4_3/L3_15/daemon_L3.sock"));
}
END_TEST

START_TEST(each_limit_is_found_with_what_mends_it)
{
    struct system_limits limits;

    limits = roomy(), limits.pid_max = 32768, limits.tasks = 15000;
    fails_alone("16x4x16x16", &limits, "pids", "sudo sysctl -w kernel.pid_max=65536");
    limits = roomy(), limits.threads_max = 1000;
    fails_alone("16x4x16", &limits, "threads", "sudo sysctl -w kernel.threads-max=");
    limits = roomy(), limits.nproc_soft = 1000;
    fails_alone("16x4x16", &limits, "RLIMIT_NPROC", "ulimit -u 1106");
    limits = roomy(), limits.nproc_soft = limits.nproc_hard = 1000;
    fails_alone("16x4x16", &limits, "RLIMIT_NPROC", "sudo prlimit");
    limits = roomy(), limits.group_tasks = (struct group_room){500, 20, "/sys/x/pids.max"};
    fails_alone("16x4x16", &limits, "cgroup pids", "| sudo tee /sys/x/pids.max");
    limits = roomy(), limits.group_memory = (struct group_room){1 << 20, 0, "/sys/x/memory.max"};
    fails_alone("16x4x16", &limits, "cgroup memory", "| sudo tee /sys/x/memory.max");
    limits = roomy(), limits.address_space = UINT64_C(8) << 30;
    fails_alone("16x4x16", &limits, "address space", "ulimit -v unlimited, or --ring-capacity");
    limits = roomy(), limits.memory_available = 100 << 20;
    fails_alone("16x4x16", &limits, "memory", "smaller topology");
    limits = roomy(), limits.nofile_soft = limits.nofile_hard = 64;
    fails_alone("16x4x16", &limits, "RLIMIT_NOFILE", "--nofile=");
    limits = roomy(), limits.file_max = 2000;
    fails_alone("16x4x16", &limits, "open files", "fs.file-max=");
    limits = roomy(), limits.epoll_watches = 2000;
    fails_alone("16x4x16", &limits, "epoll watches", "fs.epoll.max_user_watches=");
    limits = roomy(), limits.inodes_free = 2000;
    fails_alone("16x4x16", &limits, "inodes", "--base");
    limits = roomy(), limits.bytes_free = 2 << 20;
    fails_alone("16x4x16", &limits, "disk", "--base");
}
END_TEST

START_TEST(what_does_not_bind_this_user_does_not_count)
{
    struct system_limits limits = roomy();
    struct preflight preflight;

    limits.nproc_binds = false;
    limits.nproc_soft = limits.nproc_hard = 1;
    limits.file_max_binds = false;
    limits.file_max = 1;
    limits.nofile_raisable = true;
    limits.nofile_soft = limits.nofile_hard = 64;
    preflight = judge("16x4x16", &limits, 0);
    ck_assert_int_eq(preflight.worst, PREFLIGHT_OK);
}
END_TEST

START_TEST(smaller_rings_need_less_address_space)
{
    struct topology topology = topology_of("16x4x16x16");
    struct demand usual, small;

    preflight_demand(&topology, &usual);
    ck_assert(!topology_ring_capacity_parse(&topology.settings, "buffer=1M", &err));
    preflight_demand(&topology, &small);
    ck_assert_uint_gt(usual.address_space, UINT64_C(16 * 5 * 9) << 27); // 16 chips of a host
    ck_assert_uint_lt(small.address_space, UINT64_C(2) << 30);
    ck_assert(!topology_ring_capacity_parse(&topology.settings, "buffer=64G", &err));
    preflight_demand(&topology, &usual);
    ck_assert_uint_gt(usual.address_space, UINT64_C(1) << 45);
}
END_TEST

START_TEST(a_soft_limit_of_descriptors_is_raised_and_does_not_refuse)
{
    struct system_limits limits = roomy();
    struct preflight preflight;

    limits.nofile_soft = 64;
    preflight = judge("16x4x16", &limits, 0);
    ck_assert_int_eq(preflight.worst, PREFLIGHT_OK);
    ck_assert_ptr_nonnull(strstr(line_of(&preflight, "RLIMIT_NOFILE")->detail, "raised"));
}
END_TEST

/* pid_max is 32768: one run of 17,489 fits, two do not. */
START_TEST(what_other_starting_runs_reserved_is_not_free)
{
    struct system_limits limits = roomy();

    limits.pid_max = 32768;
    ck_assert_int_eq(judge("16x4x16x16", &limits, 0).worst, PREFLIGHT_OK);
    ck_assert_int_eq(judge("16x4x16x16", &limits, 17490).worst, PREFLIGHT_FAIL);
    limits = roomy(), limits.nproc_soft = 20000;
    ck_assert_int_eq(judge("16x4x16x16", &limits, 17490).worst, PREFLIGHT_FAIL);
    limits = roomy(), limits.group_tasks = (struct group_room){20000, 0, "x"};
    ck_assert_int_eq(judge("16x4x16x16", &limits, 17490).worst, PREFLIGHT_FAIL);
    limits = roomy(), limits.memory_available = UINT64_C(8) << 30;
    ck_assert_int_eq(judge("16x4x16x16", &limits, 0).worst, PREFLIGHT_OK);
    ck_assert_int_eq(judge("16x4x16x16", &limits, 17490).worst, PREFLIGHT_FAIL);
    limits = roomy(), limits.group_memory = (struct group_room){UINT64_C(5) << 30, 0, "x"};
    ck_assert_int_eq(judge("16x4x16x16", &limits, 0).worst, PREFLIGHT_OK);
    ck_assert_int_eq(judge("16x4x16x16", &limits, 17490).worst, PREFLIGHT_FAIL);
}
END_TEST

START_TEST(a_topology_beyond_what_the_kernel_can_be_told_says_so)
{
    struct system_limits limits = roomy();

    limits.threads_max = SYSTEM_NO_LIMIT;
    limits.memory_available = limits.file_max = limits.epoll_watches = SYSTEM_NO_LIMIT / 2;
    fails_alone("255x255x64", &limits, "pids", "smaller topology");
}
END_TEST

START_TEST(strict_overcommit_and_tight_memory_are_warnings)
{
    struct system_limits limits = roomy();
    struct preflight preflight;

    limits.overcommit = 2;
    preflight = judge("2x2x2", &limits, 0);
    ck_assert_int_eq(preflight.worst, PREFLIGHT_WARN);
    ck_assert_str_eq(line_of(&preflight, "overcommit")->mend,
                     "sudo sysctl -w vm.overcommit_memory=0");
    limits = roomy(), limits.memory_available = line_of(&preflight, "memory")->need << 20;
    preflight = judge("2x2x2", &limits, 0);
    ck_assert_int_eq(preflight.worst, PREFLIGHT_WARN);
}
END_TEST

START_TEST(paths_too_long_for_a_socket_are_no_failure_and_too_long_for_us_are)
{
    struct system_limits limits = roomy();
    struct topology topology = topology_of("2x2x2");
    struct preflight preflight;
    char base[LIMIT_PATH + 1];

    memset(base, 'b', sizeof base);
    base[200] = '\0';
    preflight_judge(&topology, base, NULL, 0, &limits, &preflight);
    ck_assert_int_eq(preflight.worst, PREFLIGHT_OK);
    ck_assert_ptr_nonnull(strstr(line_of(&preflight, "paths")->detail, "/proc/self/fd"));
    base[200] = 'b';
    base[LIMIT_PATH - 20] = '\0';
    preflight_judge(&topology, base, NULL, 0, &limits, &preflight);
    ck_assert_int_eq(line_of(&preflight, "paths")->verdict, PREFLIGHT_FAIL);
}
END_TEST

START_TEST(the_name_of_the_run_is_part_of_its_paths)
{
    struct system_limits limits = roomy();
    struct topology topology = topology_of("2x2x2");
    struct preflight preflight;
    uint64_t shorter;

    preflight_judge(&topology, "/tmp/linqu", "n", 0, &limits, &preflight);
    shorter = line_of(&preflight, "paths")->need;
    ck_assert_uint_eq(shorter, strlen("/tmp/linqu/n/L6_0/L5_1/L4_1/L3_1/daemon_L3.sock") + 48);
    preflight_judge(&topology, "/tmp/linqu", "a-longer-name", 0, &limits, &preflight);
    ck_assert_uint_eq(line_of(&preflight, "paths")->need, shorter + strlen("a-longer-name") - 1);
    preflight_judge(&topology, "/tmp/linqu", NULL, 0, &limits, &preflight);
    ck_assert_uint_eq(line_of(&preflight, "paths")->need, shorter + strlen("linqu-a1b2c3") - 1);
}
END_TEST

/* --- reading the machine ---------------------------------------------------------------------- */

static void file_put(int dir, const char *path, const char *text)
{
    char parent[256];
    int fd;

    snprintf(parent, sizeof parent, "%s", path);
    for (char *slash = parent; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdirat(dir, parent, 0700);
        *slash = '/';
    }
    fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static struct system_limits read_from(int dir)
{
    struct system_limits limits;

    (void)dir;
    system_limits_read(scratch_path, "/", &limits);
    return limits;
}

START_TEST(limits_are_read_from_proc)
{
    int dir = scratch_open();
    struct system_limits limits;

    file_put(dir, "proc/sys/kernel/pid_max", "32768\n");
    file_put(dir, "proc/sys/kernel/threads-max", "192729\n");
    file_put(dir, "proc/loadavg", "1.45 4.43 2.35 2/107 11750\n");
    file_put(dir, "proc/meminfo", "MemTotal: 9 kB\nMemFree: 8 kB\nMemAvailable:   1024 kB\n");
    file_put(dir, "proc/sys/fs/file-max", "9223372036854775807\n");
    file_put(dir, "proc/sys/fs/file-nr", "563\t0\t2466160\n");
    file_put(dir, "proc/sys/fs/epoll/max_user_watches", "5491489\n");
    file_put(dir, "proc/sys/vm/overcommit_memory", "2\n");
    file_put(dir, "proc/self/status", "Name:\tx\nCapEff:\t0000000001000000\n");
    limits = read_from(dir);
    ck_assert_uint_eq(limits.pid_max, 32768);
    ck_assert_uint_eq(limits.threads_max, 192729);
    ck_assert_uint_eq(limits.tasks, 107);
    ck_assert_uint_eq(limits.memory_available, 1 << 20);
    ck_assert_uint_eq(limits.file_max, INT64_MAX);
    ck_assert_uint_eq(limits.files, 563);
    ck_assert_uint_eq(limits.epoll_watches, 5491489);
    ck_assert_uint_eq(limits.overcommit, 2);
    ck_assert(limits.nofile_raisable && limits.file_max_binds && !limits.nproc_binds);
    scratch_close(dir);
}
END_TEST

START_TEST(nothing_to_read_is_no_limit)
{
    int dir = scratch_open();
    struct system_limits limits = read_from(dir);
    struct topology topology = topology_of("2x2x2");
    struct preflight preflight;

    ck_assert_uint_eq(limits.pid_max, SYSTEM_NO_LIMIT);
    ck_assert_uint_eq(limits.memory_available, SYSTEM_NO_LIMIT);
    ck_assert_uint_eq(limits.group_tasks.max, SYSTEM_NO_LIMIT);
    preflight_judge(&topology, "/tmp", NULL, 0, &limits, &preflight);
    ck_assert_int_ne(preflight.worst, PREFLIGHT_FAIL);
    scratch_close(dir);
}
END_TEST

START_TEST(the_tightest_group_on_the_way_up_counts_in_version_2)
{
    int dir = scratch_open();
    struct system_limits limits;

    file_put(dir, "proc/self/cgroup", "0::/user.slice/user-1.slice/session.scope\n");
    file_put(dir, "proc/self/mountinfo",
             "26 1 254:0 / / rw - ext4 /dev/vda rw\n"
             "40 30 0:37 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n");
    file_put(dir, "sys/fs/cgroup/user.slice/user-1.slice/session.scope/pids.max", "max\n");
    file_put(dir, "sys/fs/cgroup/user.slice/user-1.slice/session.scope/pids.current", "5\n");
    file_put(dir, "sys/fs/cgroup/user.slice/user-1.slice/pids.max", "10000\n");
    file_put(dir, "sys/fs/cgroup/user.slice/user-1.slice/pids.current", "9000\n");
    file_put(dir, "sys/fs/cgroup/user.slice/pids.max", "5000\n");
    file_put(dir, "sys/fs/cgroup/user.slice/pids.current", "100\n");
    file_put(dir, "sys/fs/cgroup/user.slice/memory.max", "1000000\n");
    file_put(dir, "sys/fs/cgroup/user.slice/memory.current", "600000\n");
    file_put(dir, "sys/fs/cgroup/user.slice/memory.stat", "anon 1\ninactive_file 500000\n");
    limits = read_from(dir);
    ck_assert_uint_eq(limits.group_tasks.max, 10000);
    ck_assert_uint_eq(limits.group_tasks.used, 9000);
    ck_assert_str_eq(limits.group_tasks.path, "/sys/fs/cgroup/user.slice/user-1.slice/pids.max");
    ck_assert_uint_eq(limits.group_memory.max, 1000000);
    ck_assert_uint_eq(limits.group_memory.used, 100000);
    scratch_close(dir);
}
END_TEST

START_TEST(version_1_has_a_hierarchy_a_controller)
{
    int dir = scratch_open();
    struct system_limits limits;

    file_put(dir, "proc/self/cgroup", "8:pids:/jobs/7\n4:memory,cpu:/docker/abc\n0::/\n");
    file_put(dir, "proc/self/mountinfo",
             "38 30 0:35 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
             "34 30 0:31 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,cpu,memory\n");
    file_put(dir, "sys/fs/cgroup/pids/jobs/7/pids.max", "300\n");
    file_put(dir, "sys/fs/cgroup/pids/jobs/7/pids.current", "1\n");
    file_put(dir, "sys/fs/cgroup/memory/memory.limit_in_bytes", "4096000\n");
    file_put(dir, "sys/fs/cgroup/memory/memory.usage_in_bytes", "96000\n");
    limits = read_from(dir);
    ck_assert_uint_eq(limits.group_tasks.max, 300);
    ck_assert_uint_eq(limits.group_memory.max, 4096000);
    ck_assert_uint_eq(limits.group_memory.used, 96000);
    file_put(dir, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    ck_assert_uint_eq(read_from(dir).group_memory.max, SYSTEM_NO_LIMIT);
    scratch_close(dir);
}
END_TEST

START_TEST(a_group_used_beyond_its_limit_leaves_nothing)
{
    struct system_limits limits = roomy();
    struct preflight preflight;

    limits.group_tasks = (struct group_room){10, 12, "x"};
    preflight = judge("1x1x1", &limits, 0);
    ck_assert_uint_eq(line_of(&preflight, "cgroup pids")->have, 0);
    ck_assert_int_eq(preflight.worst, PREFLIGHT_FAIL);
}
END_TEST

START_TEST(this_machine_can_be_read)
{
    struct system_limits limits;

    system_limits_read("", "/tmp/not/made/yet", &limits);
    ck_assert_uint_lt(limits.pid_max, SYSTEM_NO_LIMIT);
    ck_assert_uint_gt(limits.tasks, 0);
    ck_assert_uint_lt(limits.memory_available, SYSTEM_NO_LIMIT);
    ck_assert_uint_lt(limits.bytes_free, SYSTEM_NO_LIMIT);
    ck_assert_str_eq(limits.file_system, "/tmp");
}
END_TEST

/* --- reservations ----------------------------------------------------------------------------- */

static struct topology pods_of(unsigned hosts)
{
    char spec[32];

    snprintf(spec, sizeof spec, "1x64x%u", hosts);
    return topology_of(spec);
}

static bool fits(unsigned hosts, struct preflight *preflight)
{
    static struct topology topology; // borrowed by what the check says

    topology = pods_of(hosts);
    preflight_check(&topology, scratch_path, NULL, 0, preflight);
    return preflight->worst != PREFLIGHT_FAIL;
}

/* How many hosts each of 64 pods may have on this machine. */
static unsigned most_that_fit(void)
{
    enum { TOO_MANY = 65536 }; // with them the tree has more nodes than there can be processes
    struct preflight preflight;
    unsigned most = 0, least = TOO_MANY;

    while (least - most > 1) {
        unsigned middle = (most + least) / 2;

        *(fits(middle, &preflight) ? &most : &least) = middle;
    }
    return most;
}

/* Each takes three quarters of what there is. */
START_TEST(two_runs_that_start_together_do_not_both_pass)
{
    int dir = scratch_open();
    unsigned most = most_that_fit();
    struct reservation first, second;
    struct preflight preflight;
    struct topology large;
    bool of_processes;

    ck_assert(!fits(most + most / 2 + 1, &preflight));
    preflight_sentence(&preflight, &err);
    of_processes = strstr(err.text, "reserved") != NULL;
    if (most == 0 || !of_processes) {
        scratch_close(dir);
        suite_skip("another limit than that of processes is in the way of one run");
    }
    large = pods_of(most - most / 4);
    ck_assert_msg(reservation_take(scratch_path, &large, NULL, &first, &preflight, &err) == 0, "%s",
                  err.text);
    ck_assert_int_eq(reservation_take(scratch_path, &large, NULL, &second, &preflight, &err), -1);
    ck_assert_msg(strstr(err.text, "reserved") != NULL, "%s", err.text);
    reservation_forked(&first);
    ck_assert_int_eq(reservation_take(scratch_path, &large, NULL, &second, &preflight, &err), 0);
    reservation_release(&second);
    reservation_release(&first);
    scratch_close(dir);
}
END_TEST

static uint64_t reserved_as_seen(void)
{
    struct topology topology = topology_of("1x1x1");
    struct reservation mine;
    struct preflight preflight;
    unsigned long long reserved = 0;

    ck_assert_msg(reservation_take(scratch_path, &topology, NULL, &mine, &preflight, &err) == 0,
                  "%s", err.text);
    ck_assert_int_eq(
        sscanf(strstr(line_of(&preflight, "threads")->detail, " and "), " and %llu", &reserved), 1);
    reservation_release(&mine);
    return reserved;
}

START_TEST(a_reservation_counts_while_its_run_starts)
{
    struct topology topology = topology_of("16x4x16");
    int dir = scratch_open();
    struct preflight preflight;
    struct reservation mine;

    ck_assert_uint_eq(reserved_as_seen(), 0);
    ck_assert_int_eq(reservation_take(scratch_path, &topology, NULL, &mine, &preflight, &err), 0);
    ck_assert_uint_eq(reserved_as_seen(), 1106);
    reservation_forked(&mine);
    ck_assert_uint_eq(reserved_as_seen(), 0);
    reservation_release(&mine);
    ck_assert_int_eq(rmdir(scratch_path), 0); // nothing is left
    close(dir);
}
END_TEST

START_TEST(a_killed_launchers_reservation_counts_no_more_and_is_cleared_away)
{
    struct topology topology = topology_of("16x4x16");
    int dir = scratch_open();
    struct preflight preflight;
    struct reservation mine;

    int status;

    if (fork() == 0)
        _exit(reservation_take(scratch_path, &topology, NULL, &mine, &preflight, &err) ? 1 : 0);
    wait(&status);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(reserved_as_seen(), 0);
    ck_assert_int_eq(rmdir(scratch_path), 0);
    close(dir);
}
END_TEST

START_TEST(planted_reservations_are_not_believed)
{
    int dir = scratch_open();

    file_put(dir, ".reserve-0-abcdef", "999999\n"); // nobody holds it
    ck_assert_int_eq(symlinkat("/etc/passwd", dir, ".reserve-0-planted"), 0);
    ck_assert_int_eq(mkfifoat(dir, ".reserve-0-fifo", 0600), 0);
    ck_assert_uint_eq(reserved_as_seen(), 0);
    scratch_close(dir);
}
END_TEST

START_TEST(too_large_is_refused_before_anything_is_made)
{
    struct topology topology = topology_of("64x64x64");
    int dir = scratch_open();
    struct preflight preflight;
    struct reservation mine;

    ck_assert_int_eq(reservation_take(scratch_path, &topology, NULL, &mine, &preflight, &err), -1);
    ck_assert_msg(strstr(err.text, "64x64x64") && strstr(err.text, "266,306 processes"), "%s",
                  err.text);
    ck_assert_int_eq(rmdir(scratch_path), 0);
    close(dir);
}
END_TEST

SUITE_MAIN("preflight", a_roomy_machine_holds_every_topology,
           the_need_is_the_nodes_and_the_launcher, each_limit_is_found_with_what_mends_it,
           what_does_not_bind_this_user_does_not_count, smaller_rings_need_less_address_space,
           a_soft_limit_of_descriptors_is_raised_and_does_not_refuse,
           what_other_starting_runs_reserved_is_not_free,
           a_topology_beyond_what_the_kernel_can_be_told_says_so,
           strict_overcommit_and_tight_memory_are_warnings,
           paths_too_long_for_a_socket_are_no_failure_and_too_long_for_us_are,
           the_name_of_the_run_is_part_of_its_paths, limits_are_read_from_proc,
           nothing_to_read_is_no_limit, the_tightest_group_on_the_way_up_counts_in_version_2,
           version_1_has_a_hierarchy_a_controller, a_group_used_beyond_its_limit_leaves_nothing,
           this_machine_can_be_read, two_runs_that_start_together_do_not_both_pass,
           a_reservation_counts_while_its_run_starts,
           a_killed_launchers_reservation_counts_no_more_and_is_cleared_away,
           planted_reservations_are_not_believed, too_large_is_refused_before_anything_is_made)
