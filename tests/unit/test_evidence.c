// links: users
#include "scenario/evidence.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scratch.h"
#include "suite.h"

static struct error err;
static struct topology topology;
static int run_dir;

static void file_put(const char *path, const char *text)
{
    char parent[256];
    int fd;

    snprintf(parent, sizeof parent, "%s", path);
    for (char *slash = parent; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdirat(run_dir, parent, 0700);
        *slash = '/';
    }
    fd = openat(run_dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void stop_loop(void *base)
{
    event_base_loopbreak(base);
}

/* What is seen as lost by an exec that began at 1000 us when the top node's trace ends with that. */
static uint64_t lost_with(const char *trace)
{
    struct event_base *base = event_base_new();
    struct evidence_source source = {.base = base,
                                     .topology = &topology,
                                     .run_dir_fd = run_dir,
                                     .exec = 2,
                                     .since_us = 1000,
                                     .done = stop_loop,
                                     .arg = base};
    struct evidence_reader *reader;
    uint64_t lost;

    file_put("L6_0/logs/task_trace.json", trace);
    reader = evidence_read(&source);
    event_base_dispatch(base);
    ck_assert_str_eq(evidence_of(reader)->problem, "");
    lost = evidence_of(reader)->lost;
    evidence_reader_destroy(reader);
    event_base_free(base);
    return lost;
}

#define TASK(ended) "{\"task\": \"linqu:(0,0,0,0):d0:t1\", \"ended_us\": " #ended "}"
#define EXIT(at) "{\"timestamp_us\": " #at "}"
#define TRACE(tasks, exits, lost, unreadable)                                                      \
    "{\"tasks\": [" tasks "], \"scope_exits\": [" exits "], \"lost\": " #lost                      \
    ", \"unreadable\": " #unreadable "}"

START_TEST(records_that_gave_way_before_the_exec_began_are_not_lost_to_it)
{
    run_dir = scratch_open();
    ck_assert_int_eq(topology_parse("1x1x1", &topology, &err), 0);
    ck_assert_uint_eq(lost_with(TRACE(TASK(900) ", " TASK(1100), EXIT(1200), 5, 0)), 0);
    ck_assert_uint_eq(lost_with(TRACE(TASK(1100), EXIT(999) ", " EXIT(1200), 5, 0)), 0);
    ck_assert_uint_eq(lost_with(TRACE(TASK(900), "", 5, 0)), 0);
    scratch_close(run_dir);
}
END_TEST

START_TEST(records_that_may_have_been_of_the_exec_are_lost)
{
    run_dir = scratch_open();
    ck_assert_int_eq(topology_parse("1x1x1", &topology, &err), 0);
    ck_assert_uint_eq(lost_with(TRACE(TASK(1000) ", " TASK(1100), EXIT(1200), 5, 0)), 5);
    ck_assert_uint_eq(lost_with(TRACE("", EXIT(1200), 6, 0)), 6);
    ck_assert_uint_eq(lost_with(TRACE("", "", 7, 0)), 7);
    ck_assert_uint_eq(lost_with(TRACE(TASK(900), "", 5, 2)), 2);
    scratch_close(run_dir);
}
END_TEST

SUITE_MAIN("evidence", records_that_gave_way_before_the_exec_began_are_not_lost_to_it,
           records_that_may_have_been_of_the_exec_are_lost)
