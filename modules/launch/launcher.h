/* What the files of this folder share. Nobody outside includes it. */

#ifndef LAUNCH_LAUNCHER_H
#define LAUNCH_LAUNCHER_H

#include <event2/event.h>
#include <jansson.h>

#include "base/exit_code.h"
#include "base/number_text.h"
#include "launch/exec.h"
#include "launch/launch.h"
#include "member/membership.h"
#include "report/events.h"
#include "report/run_json.h"
#include "rundir/clock.h"
#include "rundir/preflight.h"
#include "rundir/run_dir.h"
#include "rundir/state_map.h"
#include "scenario/scenario.h"
#include "super/brood.h"
#include "transport/link.h"
#include "wire/message.h"

/* Where kernels look for the files of the hosts, in the environment that the tree inherits. */
#define DFS_BASE "LINQU_DFS_BASE"

/* Something to do with the tree, one after the other: scenarios, or a discovery. `client` waits for
 * the answer (NULL: nobody). */
struct work {
    struct work *next;
    char **steps; // names of scenarios, files of kernels; none: a discovery
    size_t count, at;
    char *node, *path; // of struct kernel_settings; may be NULL
    uint64_t *args;
    size_t arg_count;
    size_t first_result; // index of its first step in the report
    int exit_code;       // of its first step that failed
    struct client *client;
};

/* A tool at ctl.sock. */
struct client {
    struct client *next;
    struct launcher *launcher;
    struct link *link;
    bool greeted;      // its HEARTBEAT named our system
    bool awaits_end;   // of the run
    bool ending;       // destroyed at the end of the turn
    uint64_t question; // correlation of its request
};

/* Since when nothing has gone on. */
struct stall {
    uint64_t progress, since_ns, looked_ns;
    bool told;
};

struct kernel_store;

struct launcher {
    const struct launch_options *options;
    struct run_dir dir;
    struct reservation reservation;
    struct inherit_run inherit;
    struct membership *members;

    struct brood brood; // the top, alone
    pid_t pruner;       // removes old runs; 0 or -1: there is none
    struct link *top;   // NULL once it is gone
    struct message_reader *reader;
    struct buffer frame;

    struct event_base *base;
    struct event *bell, *signals, *tick, *control_door;
    int bell_fd, signal_fd, control_fd;
    int traces_fd; // see traces.c; -1: there is none
    struct client *clients;

    struct run_report *report;
    struct report_scenario *results; // of the running scenario
    size_t scenarios_begun;
    int events_fd;
    struct work *work; // the first is being done
    struct exec exec;
    struct kernel_store *kernels;
    const struct scenario *scenario; // NULL: a kernel of the work runs
    struct scenario_run *running;
    struct scenario_run *finished; // destroyed at the end of the turn
    bool over_at_once;             // the scenario was over before it had begun
    bool gathering;
    uint64_t round, gather_started_ns;

    enum run_phase phase;
    uint64_t started_ns, ready_ns, stopping_ns; // CLOCK_MONOTONIC
    uint64_t started_wall_ns;
    uint64_t stop_due_ns;  // next stage of the stop; UINT64_MAX: none
    uint64_t stop_step_ns; // from SIGTERM to SIGKILL
    int stop_signal;       // the last the top was sent
    uint64_t swept_ns;     // when strays were last looked for
    uint32_t strays;       // processes of kernels that outlived the tree, and were killed
    unsigned interrupts;
    int exit_code;        // of the earliest cause
    bool failed_at_start; // the first cause has been told
    int detach_fd;        // told when READY, or how it failed; -1: nobody waits
    uint32_t descriptors_before;
    bool over;
    struct stall stall;
    bool records_due;    // a kernel ran: nodes have records to write before the stop
    uint64_t closing_due_ns;  // until when they are asked to; 0: they are not
    uint64_t closing_stop_ms; // what the stop may take after that
};


/* launch.c: the earliest cause wins; each is said on the terminal and written to events.jsonl. */
void launcher_blame(struct launcher *launcher, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void launcher_phase(struct launcher *launcher, enum run_phase phase);
void loop_close(struct launcher *launcher);

/* setup.c: -1 when the machine has no room for it; `base` is where its directory goes. Then make it,
 * and discard what was made, before anything is forked. */
int setup_check(struct launcher *launcher, char base[LIMIT_PATH], struct error *err);
int setup_make(struct launcher *launcher, const char *base, struct error *err);
void setup_discard(struct launcher *launcher);

/* finish.c: the tree has ended. */
void finish_run(struct launcher *launcher);

/* tree.c: the edge to the top. */
int tree_fork(struct launcher *launcher, struct error *err);
pid_t tree_top(const struct launcher *launcher); // 0: it is not there, or no more
void tree_open(struct launcher *launcher);
void tree_gather(void *launcher, enum gather_purpose purpose);
void tree_set_rings(void *launcher, const struct ring_capacity *windows);
void tree_shutdown(struct launcher *launcher, bool graceful, uint64_t deadline_ms);
/* To the node `rank`, by way of the top. */
void tree_send(struct launcher *launcher, uint32_t rank, struct message *message);
bool tree_read(struct launcher *launcher);  // true when there is more to read
bool tree_flush(struct launcher *launcher); // true when the loop must not sleep
void tree_reap(struct launcher *launcher);  // every child that has ended
void tree_unlink_sockets(struct launcher *launcher, uint32_t rank); // of a subtree that is gone

/* work.c: what is to be done with the tree. */
void work_add(struct launcher *launcher, const char *const *steps, size_t count,
              const struct kernel_settings *kernel, struct client *client);
bool work_is_kernel(const char *step);      // and not a scenario
void work_begin(struct launcher *launcher); // the tree is READY
void work_gathered(struct launcher *launcher, const struct gather_result *result);
void work_kernel_ended(struct launcher *launcher, const struct kernel_result *result);
void work_finished(void *launcher);        // the running scenario says so
void work_wake(struct launcher *launcher); // something was added
void work_turn(struct launcher *launcher);
void work_tick(struct launcher *launcher);
/* The end in order of a run that is asked to end: records are written, and then it stops within
 * `stop_ms`. */
void work_close(struct launcher *launcher, uint64_t stop_ms);
void work_abandon(struct launcher *launcher); // the run ends before it is done

/* control.c: ctl.sock. */
int control_open(struct launcher *launcher, struct error *err);
void control_close(struct launcher *launcher); // answers who awaits the end
void control_reply(struct client *client, int exit_code, json_t *answer); // steals the answer
void control_turn(struct launcher *launcher);

/* ending.c: the way down and the account. */
void ending_begin(struct launcher *launcher, bool graceful, uint64_t deadline_ms);
void ending_kill(struct launcher *launcher);
void ending_without_top(struct launcher *launcher, bool in_order);
void ending_tick(struct launcher *launcher);
struct run_leaks ending_account(struct launcher *launcher);
uint32_t count_descriptors(void);

/* traces.c: memory for the records of the nodes' tasks, and the task_trace.json of those at and
 * below `rank` that did not leave in order. */
void traces_open(struct launcher *launcher);
uint64_t traces_count(const struct launcher *launcher); // records of all nodes
void traces_write(struct launcher *launcher, uint32_t rank);
void traces_close(struct launcher *launcher);

/* stall.c */
void stall_tick(struct launcher *launcher);

/* profile.c: ring_profile.json of the run, when kernels ran. */
void profile_write(struct launcher *launcher);

/* say.c: the terminal. */
void say(const struct launcher *launcher, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void say_progress(struct launcher *launcher);
void say_progress_end(void);
void say_scenario(const struct launcher *launcher, const struct report_scenario *results);
void say_ended(const struct launcher *launcher, const struct run_leaks *leaks, double stop_ms);

#endif
