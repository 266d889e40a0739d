// links: body
#include "rundir/state_map.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rundir/process_stat.h"
#include "scratch.h"
#include "suite.h"
#include "topology_fixture.h"

START_TEST(what_a_node_writes_every_viewer_reads)
{
    struct topology topology = topology_of("2x3x4"), seen;
    int dir = scratch_open();
    struct state_map mine, theirs;
    struct error err;

    snprintf(topology.settings.logical_system, LIMIT_SYSTEM_NAME, "cluster-a");
    ck_assert_msg(state_map_create(dir, &topology, &mine, &err) == 0, "%s", err.text);
    mine.records[5].life = NODE_READY;
    mine.records[32].frames_in = 7;
    mine.header->phase = RUN_READY;
    ck_assert_msg(state_map_open(dir, &theirs, &seen, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(seen.node_count, 1 + 2 + 6 + 24);
    ck_assert_uint_eq(seen.node_count, theirs.header->node_count);
    ck_assert_uint_eq(theirs.records[5].life, NODE_READY);
    ck_assert_uint_eq(theirs.records[32].frames_in, 7);
    ck_assert_int_eq(theirs.records[32].exit_status, -1);
    ck_assert_uint_eq(theirs.header->phase, RUN_READY);
    ck_assert_str_eq(theirs.header->logical_system, "cluster-a");
    ck_assert_int_eq(theirs.header->launcher_pid, getpid());
    mine.records[5].life = NODE_DRAINING;
    ck_assert_uint_eq(theirs.records[5].life, NODE_DRAINING);
    state_map_close(&theirs);
    state_map_close(&mine);
    scratch_close(dir);
}
END_TEST

START_TEST(its_blocks_are_allocated_and_only_ours)
{
    struct topology topology = topology_of("16x4x16");
    int dir = scratch_open();
    struct state_map map;
    struct error err;
    struct stat st;

    ck_assert_int_eq(state_map_create(dir, &topology, &map, &err), 0);
    ck_assert_int_eq(fstatat(dir, "state.map", &st, 0), 0);
    ck_assert_int_ge(st.st_blocks * 512, st.st_size);
    ck_assert_int_eq(st.st_size, 4096 + 1105 * 256);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    state_map_close(&map);
    scratch_close(dir);
}
END_TEST

static bool is_mapped(const struct state_map *map, size_t offset)
{
    unsigned char there;

    return mincore((char *)map->header + offset / 4096 * 4096, 1, &there) == 0;
}

static bool wants(uint32_t record, uint32_t rank, uint32_t first, uint32_t count)
{
    return record == rank || record - first < count;
}

/* 16 records share a page: a page stays exactly when one of them is wanted. */
START_TEST(a_node_keeps_its_own_records_and_its_childrens_mapped)
{
    struct topology topology = topology_of("16x4x16"), seen;
    int dir = scratch_open();
    struct state_map made, map;
    struct error err;

    ck_assert_int_eq(state_map_create(dir, &topology, &made, &err), 0);
    for (uint32_t rank = 0; rank < topology.node_count; rank++) {
        uint32_t count, first = topology_children(&topology, rank, &count);

        ck_assert_int_eq(state_map_open(dir, &map, &seen, &err), 0);
        state_map_keep(&map, (struct record_range){rank, 1}, (struct record_range){first, count});
        claim(is_mapped(&map, 0), "rank %u: the header is gone", rank);
        for (uint32_t page = 0; page < topology.node_count; page += 16) {
            bool wanted = false;

            for (uint32_t i = page; i < page + 16 && i < topology.node_count; i++)
                wanted |= wants(i, rank, first, count);
            claim(is_mapped(&map, 4096 + page * 256) == wanted, "rank %u: page of record %u", rank,
                  page);
        }
        state_map_close(&map);
    }
    state_map_close(&made);
    scratch_close(dir);
}
END_TEST

/* Exit status 0: of the map the header and these records are there, and no other page. */
static int leaf_life(const struct state_map *map, uint32_t first, uint32_t count, uint32_t records)
{
    if (!is_mapped(map, 0))
        return 1;
    for (uint32_t page = 0; page < records; page += 16) {
        bool wanted = page + 16 > first && page < first + count;

        if (is_mapped(map, 4096 + page * 256) != wanted)
            return 2;
    }
    return 0;
}

START_TEST(what_a_parent_of_leaves_forks_has_its_siblings_records_and_no_others)
{
    struct topology topology = topology_of("16x4x16"), seen;
    int dir = scratch_open();
    struct state_map made, map;
    struct error err;

    ck_assert_int_eq(state_map_create(dir, &topology, &made, &err), 0);
    for (uint32_t rank = topology.first_rank[LEVEL_POD]; rank < topology.first_rank[LEVEL_HOST];
         rank++) {
        struct record_range children;
        int status;
        pid_t pid;

        children.first = topology_children(&topology, rank, &children.count);
        ck_assert_int_eq(state_map_open(dir, &map, &seen, &err), 0);
        state_map_keep(&map, (struct record_range){rank, 1}, children);
        state_map_withhold(&map, children);
        claim(is_mapped(&map, 4096 + rank * 256), "rank %u has lost its own record", rank);
        pid = fork();
        if (pid == 0)
            _exit(leaf_life(&map, children.first, children.count, topology.node_count));
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        claim(status == 0, "below rank %u: status %x", rank, (unsigned)status);
        state_map_close(&map);
    }
    state_map_close(&made);
    scratch_close(dir);
}
END_TEST

START_TEST(one_that_is_there_is_not_overwritten)
{
    struct topology topology = topology_of("1x1x1");
    int dir = scratch_open();
    struct state_map map;
    struct error err;

    ck_assert_int_eq(symlinkat("/etc/passwd", dir, "state.map"), 0);
    ck_assert_int_eq(state_map_create(dir, &topology, &map, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "state.map"));
    ck_assert_int_eq(state_map_open(dir, &map, &topology, &err), -1);
    scratch_close(dir);
}
END_TEST

/* Spoil one byte run of a good map and open it. */
static void open_spoiled(off_t at, const void *bytes, size_t size, const char *expected)
{
    struct topology topology = topology_of("2x2x2");
    int dir = scratch_open(), fd;
    struct state_map map;
    struct error err;

    ck_assert_int_eq(state_map_create(dir, &topology, &map, &err), 0);
    state_map_close(&map);
    fd = openat(dir, "state.map", O_WRONLY);
    if (size)
        ck_assert_int_eq(pwrite(fd, bytes, size, at), (ssize_t)size);
    else
        ck_assert_int_eq(ftruncate(fd, at), 0);
    close(fd);
    ck_assert_int_eq(state_map_open(dir, &map, &topology, &err), -1);
    ck_assert_msg(strstr(err.text, expected) != NULL, "%s", err.text);
    scratch_close(dir);
}

START_TEST(a_spoiled_map_is_refused_with_a_sentence)
{
    char endless[256];
    uint32_t number = 9;

    memset(endless, 'x', sizeof endless);
    open_spoiled(0, "\0", 1, "not a state map");
    open_spoiled(offsetof(struct state_header, version), &number, 4, "version 9");
    open_spoiled(offsetof(struct state_header, record_size), &number, 4, "do not fit");
    open_spoiled(offsetof(struct state_header, node_count), &number, 4, "do not fit");
    open_spoiled(offsetof(struct state_header, topology), endless, sizeof endless,
                 "without an end");
    open_spoiled(offsetof(struct state_header, topology), "0x2x2", 6, "state.map");
    open_spoiled(offsetof(struct state_header, topology), "2x2x3", 6, "15 nodes");
    open_spoiled(100, "", 0, "no whole header");
    open_spoiled(4096 + 256, "", 0, "do not fit");
}
END_TEST

START_TEST(a_process_is_alive_until_it_ends_and_a_zombie_is_not)
{
    struct state_record record = {.exit_status = -1};
    siginfo_t info;
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    record.pid = child;
    ck_assert(state_record_alive(&record));
    record.start_ticks = process_start_ticks(child);
    ck_assert(record.start_ticks > 0);
    ck_assert(state_record_alive(&record));
    kill(child, SIGKILL);
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    ck_assert(!state_record_alive(&record));
    waitpid(child, NULL, 0);
    ck_assert(!state_record_alive(&record));
}
END_TEST

START_TEST(a_later_process_with_the_same_pid_is_another)
{
    struct state_record record = {.pid = getpid(), .start_ticks = process_start_ticks(getpid())};

    ck_assert(state_record_alive(&record));
    record.start_ticks++; // the record may be a little late, never early
    ck_assert(state_record_alive(&record));
    record.start_ticks -= 2;
    ck_assert(!state_record_alive(&record));
    record = (struct state_record){.pid = 0};
    ck_assert(!state_record_alive(&record));
}
END_TEST

START_TEST(a_process_name_may_hold_blanks_and_parentheses)
{
    struct process_stat stat;

    ck_assert(process_stat_parse(
        "77 (a) Z (b) S 12 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 4711 1 1", &stat));
    ck_assert_int_eq(stat.state, 'S');
    ck_assert_int_eq(stat.parent, 12);
    ck_assert_int_eq(stat.threads, 3);
    ck_assert_uint_eq(stat.start_ticks, 4711);
    ck_assert(!process_stat_parse("77 (a) S 12", &stat));
    ck_assert(!process_stat_parse("", &stat));
}
END_TEST

START_TEST(what_a_node_computes_can_be_seen_until_it_has_done_it)
{
    struct state_record record = {0};
    struct state_task task = {.started_ns = 5,
                              .limit_ms = 6,
                              .exec = 7,
                              .creator = 8,
                              .id = 9,
                              .depth = 1},
                      seen;

    ck_assert(!state_record_task(&record, &seen));
    memcpy(task.kernel, "a name that fills all of its roo", sizeof task.kernel);
    state_record_begin_task(&record, &task);
    ck_assert(state_record_task(&record, &seen));
    ck_assert_str_eq(seen.kernel, "a name that fills all of its ro");
    memcpy(seen.kernel, task.kernel, sizeof seen.kernel);
    ck_assert_mem_eq(&seen, &task, sizeof task);
    state_record_end_task(&record);
    ck_assert(!state_record_task(&record, &seen));
}
END_TEST

SUITE_MAIN("state_map", what_a_node_computes_can_be_seen_until_it_has_done_it,
           what_a_node_writes_every_viewer_reads,
           a_node_keeps_its_own_records_and_its_childrens_mapped,
           what_a_parent_of_leaves_forks_has_its_siblings_records_and_no_others,
           its_blocks_are_allocated_and_only_ours, one_that_is_there_is_not_overwritten,
           a_spoiled_map_is_refused_with_a_sentence,
           a_process_is_alive_until_it_ends_and_a_zombie_is_not,
           a_later_process_with_the_same_pid_is_another,
           a_process_name_may_hold_blanks_and_parentheses)
