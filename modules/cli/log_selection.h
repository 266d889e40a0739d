/* Which logs and which lines `linqu logs` shows. */

#ifndef CLI_LOG_SELECTION_H
#define CLI_LOG_SELECTION_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/run_view.h"
#include "report/log_line.h"

struct invocation;

struct log_selection {
    uint32_t *ranks; // of the chosen nodes, by source; owned
    char **paths;    // their logs, relative to the run; owned
    size_t count;
    enum log_level level; // this one and more urgent ones
    uint64_t since_ns;
    bool filtered; // grep is there
    regex_t grep;
};

/* What the options say of lines; says what is wrong. 0, or the exit code. */
int log_selection_lines(const struct invocation *invocation, struct log_selection *selection);
/* What they say of nodes. */
int log_selection_nodes(const struct invocation *invocation, const struct run_view *view,
                        struct log_selection *selection);
void log_selection_free(struct log_selection *selection);

/* Whether a line is shown. `line` is NULL when it is not one of ours; `text` has no newline. */
bool log_selection_has(const struct log_selection *selection, const struct log_line *line,
                       uint64_t wall_ns, const char *text, size_t size);

#endif
