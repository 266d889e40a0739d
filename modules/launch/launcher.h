/* What the files of this folder share. Nobody outside includes it. */

#ifndef LAUNCH_LAUNCHER_H
#define LAUNCH_LAUNCHER_H

#include <event2/event.h>
#include <jansson.h>

#include "base/exit_code.h"
#include "base/number_text.h"
#include "launch/launch.h"
#include "member/membership.h"
#include "report/events.h"
#include "report/run_json.h"
#include "rundir/preflight.h"
#include "rundir/run_dir.h"
#include "rundir/state_map.h"
#include "scenario/scenario.h"
#include "super/brood.h"
#include "transport/link.h"

/* Something to do with the tree, one after the other: scenarios, or a discovery. `client` waits for
 * the answer (NULL: nobody). */
struct work {
    struct work *next;
    char **scenarios; // names; none: a discovery
    size_t count, at;
    size_t first_result; // index of its first scenario in the report
    bool failed;         // a check of it does not hold
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
    struct client *clients;

    struct run_report *report;
    struct report_scenario *results; // of the running scenario
    size_t scenarios_begun;
    int events_fd;
    struct work *work; // the first is being done
    const struct scenario *scenario;
    struct scenario_run *running;
    struct scenario_run *finished; // destroyed at the end of the turn
    bool gathering;
    uint64_t round, gather_started_ns;

    enum run_phase phase;
    uint64_t started_ns, ready_ns, stopping_ns; // CLOCK_MONOTONIC
    uint64_t started_wall_ns;
    uint64_t stop_due_ns;  // next stage of the stop; UINT64_MAX: none
    uint64_t stop_step_ns; // from SIGTERM to SIGKILL
    int stop_signal;       // the last the top was sent
    unsigned interrupts;
    int exit_code;        // of the earliest cause
    bool failed_at_start; // the first cause has been told
    int detach_fd;        // told when READY, or how it failed; -1: nobody waits
    uint32_t descriptors_before;
    bool over;
};

uint64_t clock_now_ns(void);
uint64_t clock_wall_ns(void);

/* launch.c: the earliest cause wins; each is said on the terminal and written to events.jsonl. */
void launcher_blame(struct launcher *launcher, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void launcher_phase(struct launcher *launcher, enum run_phase phase);

/* tree.c: the edge to the top. */
int tree_fork(struct launcher *launcher, struct error *err);
void tree_open(struct launcher *launcher);
void tree_gather(void *launcher, uint8_t purpose);
void tree_shutdown(struct launcher *launcher, bool graceful, uint64_t deadline_ms);
bool tree_turn(struct launcher *launcher); // true when the loop must not sleep
void tree_reap(struct launcher *launcher); // every child that has ended
void tree_unlink_sockets(struct launcher *launcher, uint32_t rank); // of a subtree that is gone

/* work.c: what is to be done with the tree. */
void work_add(struct launcher *launcher, const char *const *scenarios, size_t count,
              struct client *client);
void work_begin(struct launcher *launcher); // the tree is READY
void work_gathered(struct launcher *launcher, const struct gather_result *result);
void work_finished(void *launcher);        // the running scenario says so
void work_wake(struct launcher *launcher); // something was added
void work_turn(struct launcher *launcher);
void work_abandon(struct launcher *launcher); // the run ends before it is done

/* control.c: ctl.sock. */
int control_open(struct launcher *launcher, struct error *err);
void control_close(struct launcher *launcher); // answers who awaits the end
void control_reply(struct client *client, int exit_code, json_t *answer); // steals the answer
void control_turn(struct launcher *launcher);

/* ending.c: the way down and the account. */
void ending_begin(struct launcher *launcher, bool graceful, uint64_t deadline_ms);
void ending_kill(struct launcher *launcher);
void ending_timeout(struct launcher *launcher);
struct run_leaks ending_account(struct launcher *launcher);
uint32_t count_descriptors(void);

/* say.c: the terminal. */
void say(const struct launcher *launcher, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void say_progress(struct launcher *launcher);
void say_progress_end(void);
void say_scenario(const struct launcher *launcher, const struct report_scenario *results);
void say_ended(const struct launcher *launcher, const struct run_leaks *leaks, double stop_ms);
/* "17,489" into a buffer that lives until the fourth call after it. */

#endif
