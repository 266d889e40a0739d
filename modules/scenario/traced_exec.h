/* A kernel of a scenario is run on the top of the tree, then every node writes what it has to tell
 * of it, then that is read. */

#ifndef SCENARIO_TRACED_EXEC_H
#define SCENARIO_TRACED_EXEC_H

#include "base/error.h"
#include "scenario/evidence.h"
#include "scenario/scenario.h"

struct traced_exec;

struct traced_order {
    const char
        *kernel; // "dag" stands for dag_l6 where the top is L6; with `exactly` the name as it is
    bool exactly;
    uint32_t rank; // the node; 0 is the top
    const uint64_t *scalars;
    size_t count;
    void (*done)(void *arg); // once, from the loop
    void *arg;
};

/* The scenario passes on what it is told of kernels and gathers while the exec lives, until `done`.
 */
struct traced_exec *traced_exec_start(const struct scenario_host *host,
                                      const struct traced_order *order);
void traced_exec_kernel_done(struct traced_exec *exec, int exit_code, const char *error);
void traced_exec_gathered(struct traced_exec *exec, const struct gather_result *result);
void traced_exec_destroy(struct traced_exec *exec);

/* What came of it, once it is done. */
const struct evidence *traced_exec_evidence(const struct traced_exec *exec);
int traced_exec_exit_code(const struct traced_exec *exec);
const char *traced_exec_error(const struct traced_exec *exec); // empty: it completed
uint64_t traced_exec_took_us(const struct traced_exec *exec);  // the kernel alone

/* Whether a check holds, and what was seen. */
struct finding {
    char text[320];
};
/* Write what was seen; returns `holds`. */
bool found(struct finding *finding, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct exec_check {
    const char *name;
    bool (*holds)(const void *subject, struct finding *finding);
};
/* Check `completed`, then all of the table. */
void traced_exec_report(const struct traced_exec *exec, struct report_scenario *report,
                        const struct exec_check *checks, size_t count, const void *subject);

/* True when there are hosts and something above them. Else the check `hosts` has failed and the
 * scenario is over. */
bool scenario_has_pods(const struct scenario_host *host);

/* A number that a kernel left as "KEY NUMBER" in a text file of the run's directory; false when
 * there is none. */
bool result_number(int run_dir_fd, const char *file, const char *key, int64_t *number);

#endif
