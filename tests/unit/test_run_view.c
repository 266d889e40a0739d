// links: users
#include "cli/run_view.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/node_memory.h"
#include "cli/run_sums.h"
#include "rundir/process_stat.h"
#include "scratch.h"
#include "suite.h"
#include "topology_fixture.h"

static struct error err;

/* A run of the shape 1x1x4 (ranks 0 to 6) that this test writes itself. */
struct fake {
    int base;
    struct run_dir dir;
    struct topology topology;
    struct state_map map;
    struct run_view view;
};

static struct fake *fake_open(void)
{
    static struct fake fake;

    fake.base = scratch_open();
    fake.topology = topology_of("1x1x4");
    ck_assert_int_eq(run_dir_create(scratch_path, "r", "linqu", &fake.dir, &err), 0);
    ck_assert_int_eq(state_map_create(fake.dir.fd, &fake.topology, &fake.map, &err), 0);
    ck_assert_msg(run_view_open(scratch_path, NULL, &fake.view, &err) == 0, "%s", err.text);
    return &fake;
}

static void fake_close(struct fake *fake)
{
    run_view_close(&fake->view);
    state_map_close(&fake->map);
    run_dir_close(&fake->dir);
    scratch_close(fake->base);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A process that lives until it is killed, as node `rank`. */
static pid_t process_for(struct fake *fake, uint32_t rank, enum node_life life)
{
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    fake->map.records[rank].pid = pid;
    fake->map.records[rank].start_ticks = process_start_ticks(pid);
    fake->map.records[rank].life = life;
    fake->map.records[rank].beat_ns = now_ns();
    return pid;
}

static int end_process(pid_t pid, int number)
{
    int status = 0;

    kill(pid, number);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

static void expect(struct fake *fake, uint32_t rank, enum node_state state, const char *reason)
{
    char said[128];

    run_view_look(&fake->view);
    ck_assert_msg(fake->view.nodes[rank] == state, "node %u is %s, not %s", rank,
                  node_state_name(fake->view.nodes[rank]), node_state_name(state));
    run_view_reason(&fake->view, rank, said, sizeof said);
    ck_assert_msg(reason[0] ? strstr(said, reason) != NULL : !said[0], "'%s' lacks '%s'", said,
                  reason);
}

START_TEST(a_node_is_what_its_record_and_its_process_say)
{
    struct fake *fake = fake_open();
    struct state_record *record = &fake->map.records[3];
    pid_t pid;

    expect(fake, 3, STATE_ABSENT, "");
    pid = process_for(fake, 3, NODE_FORKED);
    expect(fake, 3, STATE_STARTING, "");
    record->life = NODE_STARTING;
    expect(fake, 3, STATE_STARTING, "");
    record->life = NODE_READY;
    expect(fake, 3, STATE_READY, "");
    record->life = NODE_DRAINING;
    expect(fake, 3, STATE_DRAINING, "");
    record->life = NODE_STOPPED; // it says so just before it ends
    expect(fake, 3, STATE_LEFT, "");
    record->life = NODE_FAILED;
    expect(fake, 3, STATE_FAILED, "could not start");
    end_process(pid, SIGKILL);
    expect(fake, 3, STATE_FAILED, "could not start");
    fake_close(fake);
}
END_TEST

START_TEST(a_silent_node_is_slow_unless_it_computes)
{
    struct fake *fake = fake_open();
    struct state_record *record = &fake->map.records[4];
    pid_t pid = process_for(fake, 4, NODE_READY);

    record->beat_ns = now_ns() - UINT64_C(1900000000);
    expect(fake, 4, STATE_READY, "");
    record->beat_ns = now_ns() - UINT64_C(2100000000);
    expect(fake, 4, STATE_SLOW, "silent for 2.1 s");
    record->task_started_ns = now_ns();
    expect(fake, 4, STATE_READY, "");
    end_process(pid, SIGKILL);
    fake_close(fake);
}
END_TEST

START_TEST(a_stopped_process_is_slow_at_once)
{
    struct fake *fake = fake_open();
    pid_t pid = process_for(fake, 4, NODE_READY);
    siginfo_t info;

    kill(pid, SIGSTOP);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT), 0);
    expect(fake, 4, STATE_SLOW, "stopped by a signal");
    end_process(pid, SIGKILL);
    fake_close(fake);
}
END_TEST

START_TEST(a_dead_node_has_a_cause)
{
    struct fake *fake = fake_open();
    pid_t pid = process_for(fake, 2, NODE_READY), child = process_for(fake, 3, NODE_READY);
    siginfo_t info;

    kill(pid, SIGKILL);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    expect(fake, 2, STATE_DEAD, "its process is gone"); // a zombie, whose end nobody knows yet
    fake->map.records[2].exit_status = end_process(pid, SIGKILL);
    fake->map.records[1].pid = getpid();
    fake->map.records[1].life = NODE_READY;
    expect(fake, 2, STATE_DEAD, "killed by signal 9");
    fake->map.records[2].exit_status = 3 << 8;
    expect(fake, 2, STATE_DEAD, "exited with 3");
    end_process(child, SIGKILL);
    expect(fake, 3, STATE_DEAD, "its parent ended");
    fake_close(fake);
}
END_TEST

START_TEST(another_process_with_the_pid_is_not_the_node)
{
    struct fake *fake = fake_open();
    pid_t pid = process_for(fake, 5, NODE_READY);

    fake->map.records[5].start_ticks -= 1;
    expect(fake, 5, STATE_DEAD, "gone");
    end_process(pid, SIGKILL);
    fake_close(fake);
}
END_TEST

START_TEST(a_run_is_live_dead_or_stale)
{
    struct fake *fake = fake_open();

    run_view_look(&fake->view);
    ck_assert_int_eq(fake->view.state, RUN_STATE_LIVE);
    ck_assert(fake->view.launcher_alive);
    fake->map.header->launcher_start_ticks -= 1;
    close(fake->dir.lock_fd);
    fake->dir.lock_fd = -1;
    run_view_look(&fake->view);
    ck_assert_int_eq(fake->view.state, RUN_STATE_STALE);
    ck_assert(!fake->view.launcher_alive);
    fake->map.header->phase = RUN_ENDED;
    run_view_look(&fake->view);
    ck_assert_int_eq(fake->view.state, RUN_STATE_DEAD);
    fake_close(fake);
}
END_TEST

/* A socket file, bound and left behind. */
static void leave_socket(int dir_fd, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir_fd, name);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

START_TEST(sums_count_states_hosts_and_sockets)
{
    struct fake *fake = fake_open();
    pid_t pids[2] = {process_for(fake, 3, NODE_READY), process_for(fake, 4, NODE_READY)};
    struct reach_sums reach;
    struct run_sums sums;
    int pod;

    ck_assert_int_eq(mkdirat(fake->dir.fd, "L6_0", 0700) |
                         mkdirat(fake->dir.fd, "L6_0/L5_0", 0700) |
                         mkdirat(fake->dir.fd, "L6_0/L5_0/L4_0", 0700),
                     0);
    pod = openat(fake->dir.fd, "L6_0/L5_0/L4_0", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 3; i++) { // hosts 0 and 1 are alive, 2 has left its socket behind
        char name[64];

        snprintf(name, sizeof name, "L3_%d", i);
        ck_assert_int_eq(mkdirat(pod, name, 0700), 0);
        snprintf(name, sizeof name, "L3_%d/daemon_L3.sock", i);
        leave_socket(pod, name);
    }
    fake->map.records[5].pid = 1 << 30; // dead
    fake->map.records[3].frames_in = 5;
    fake->map.records[4].frames_in = 6;
    run_view_look(&fake->view);
    sums = run_sums_of_level(&fake->view, LEVEL_HOST);
    ck_assert_uint_eq(sums.total, 4);
    ck_assert_uint_eq(sums.of[STATE_READY], 2);
    ck_assert_uint_eq(sums.of[STATE_DEAD], 1);
    ck_assert_uint_eq(sums.of[STATE_ABSENT], 1);
    ck_assert_uint_eq(sums.frames_in, 11);
    sums = run_sums_of_subtree(&fake->view, 1);
    ck_assert_uint_eq(sums.total, 6);
    reach = reach_sums_of_subtree(&fake->view, 0);
    ck_assert_uint_eq(reach.hosts, 4);
    ck_assert_uint_eq(reach.hosts_alive, 2);
    ck_assert_uint_eq(reach.sockets, 7);
    ck_assert_uint_eq(reach.sockets_alive, 2);
    close(pod);
    end_process(pids[0], SIGKILL);
    end_process(pids[1], SIGKILL);
    fake_close(fake);
}
END_TEST

START_TEST(memory_is_measured_on_some_and_estimated_for_all)
{
    struct fake *fake = fake_open();
    struct memory_sample sample;
    pid_t pids[4];

    for (uint32_t i = 0; i < 4; i++)
        pids[i] = process_for(fake, 3 + i, NODE_READY);
    run_view_look(&fake->view);
    sample = memory_sample_level(&fake->view, LEVEL_HOST, 2);
    ck_assert_uint_eq(sample.alive, 4);
    ck_assert_uint_eq(sample.sampled, 2);
    ck_assert_uint_gt(sample.pss_bytes, 0);
    ck_assert_uint_eq(memory_estimate(&sample), sample.pss_bytes / 2 * 4);
    sample = memory_sample_level(&fake->view, LEVEL_POD, 2);
    ck_assert_uint_eq(memory_estimate(&sample), 0);
    for (uint32_t i = 0; i < 4; i++)
        end_process(pids[i], SIGKILL);
    fake_close(fake);
}
END_TEST

START_TEST(a_directory_without_a_map_is_no_run_to_look_at)
{
    int base = scratch_open();
    struct run_dir dir;
    struct run_view view;

    ck_assert_int_eq(run_dir_create(scratch_path, "r", "linqu", &dir, &err), 0);
    ck_assert_int_eq(run_view_open(scratch_path, "r", &view, &err), -1);
    ck_assert_msg(strstr(err.text, "no such run") != NULL, "%s", err.text);
    run_dir_close(&dir);
    scratch_close(base);
}
END_TEST

SUITE_MAIN("run_view", a_node_is_what_its_record_and_its_process_say,
           a_silent_node_is_slow_unless_it_computes, a_stopped_process_is_slow_at_once,
           a_dead_node_has_a_cause, another_process_with_the_pid_is_not_the_node,
           a_run_is_live_dead_or_stale, sums_count_states_hosts_and_sockets,
           memory_is_measured_on_some_and_estimated_for_all,
           a_directory_without_a_map_is_no_run_to_look_at)
