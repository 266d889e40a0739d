/* Equal messages taken together: how often each was written, by which nodes, first and last.
 * Messages are equal when component, level and text are, whatever the numbers in them. */

#ifndef REPORT_LOG_GROUPS_H
#define REPORT_LOG_GROUPS_H

#include "report/log_line.h"
#include "report/node_set.h"

enum { LOG_GROUPS_MOST = 10000 }; // different messages; what comes beyond is counted only

struct log_group {
    enum log_level level;
    char component[64];
    char *message; // as first written, without escapes; owned
    char *pattern; // with # for numbers; owned
    uint64_t count, first_ns, last_ns;
    struct node_set nodes;
};

struct log_groups;

struct log_groups *log_groups_create(const struct topology *topology);
void log_groups_destroy(struct log_groups *groups);

/* Count one line of the node `rank`. What goes on from the line before is not counted again. */
void log_groups_add(struct log_groups *groups, const struct log_line *line, uint32_t rank);

/* Sort by count, the most frequent first, and give them out; borrowed. `beyond` is how many lines
 * had no room. */
const struct log_group *log_groups_sorted(struct log_groups *groups, size_t *count,
                                          uint64_t *beyond);

#endif
