/* What a run did, as it stands in run.json and as `linqu run --json` prints it: docs/json.md.
 *
 * The launcher makes one report before it forks, adds to it as the run goes on, ends it with the
 * exit code and writes it. */

#ifndef REPORT_RUN_JSON_H
#define REPORT_RUN_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "topo/topology.h"

struct run_report;

/* A report of the run `run` that began now. `command` is the command line as typed. */
struct run_report *run_report_create(const char *run, const char *command,
                                     const struct topology *topology, uint64_t seed);
void run_report_destroy(struct run_report *report);

/* How long a phase took. A phase that was never reached stays null. */
enum report_phase { REPORT_START, REPORT_WORK, REPORT_STOP, REPORT_PHASE_COUNT };
void run_report_phase(struct run_report *report, enum report_phase phase, uint64_t duration_ms);

/* Of a run that is held for long, the newest results stand in the report, the earlier ones are
 * counted. */
enum { REPORT_SCENARIOS_KEPT = 256 };

/* Begin the scenario `name`; further checks belong to it. It lives until so many more have begun.
 */
struct report_scenario;
struct report_scenario *run_report_scenario(struct run_report *report, const char *name);

/* One check by its name ("T4") with what was seen, also when it holds. The first one that does not
 * hold becomes the run's cause unless there is one already. Returns `passed`. */
bool report_check(struct report_scenario *scenario, const char *name, bool passed,
                  const char *detail, ...) __attribute__((format(printf, 4, 5)));
/* A scenario without checks has not passed: it has shown nothing. */
bool report_scenario_passed(const struct report_scenario *scenario);
size_t report_scenario_check_count(const struct report_scenario *scenario);
const char *report_scenario_name(const struct report_scenario *scenario);
/* The checks in their order; false beyond the end. Texts are borrowed. */
bool report_scenario_check(const struct report_scenario *scenario, size_t index, const char **name,
                           bool *passed, const char **detail);

/* What the run left behind. All zero is a clean account. */
struct run_leaks {
    uint32_t processes, descriptors, shared_memory, sockets;
};
void run_report_leaks(struct run_report *report, const struct run_leaks *leaks);

/* The earliest cause of an end that is not "done": the first one stays. `exit_code` is what it
 * leads to. */
void run_report_cause(struct run_report *report, int exit_code, const char *cause, ...)
    __attribute__((format(printf, 3, 4)));
/* The sentence and code of the first cause; NULL and 0 when there is none. */
const char *run_report_first_cause(const struct run_report *report, int *exit_code);

/* The run has ended now. Returns the exit code: the first cause's; else 1 when a scenario did not
 * pass; else 7 when something leaked; else 0. */
int run_report_end(struct run_report *report);

/* The whole object (a new reference) of a run that has ended. */
json_t *run_report_json(const struct run_report *report);

/* Its scenarios from number `first` on, as they stand in that object (a new reference). */
json_t *run_report_results(const struct run_report *report, size_t first);

/* Write run.json in `dir_fd`, whole or not at all; likewise of a run that has ended. */
int run_report_write(const struct run_report *report, int dir_fd, struct error *err);

/* The first cause in the run.json at `path`, from `dir_fd` on; to be freed with free(). NULL when
 * there is none. */
char *run_report_read_cause(int dir_fd, const char *path);

#endif
