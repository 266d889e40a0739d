/* What /proc says of one process: enough to tell it from a later one with the same pid. */

#ifndef RUNDIR_PROCESS_STAT_H
#define RUNDIR_PROCESS_STAT_H

#include <stdbool.h>
#include <stdint.h>

struct process_stat {
    char state;           // 'R', 'S', 'T', 'Z' ...
    int32_t parent;       // its parent's pid
    int32_t threads;      // how many threads it has
    uint64_t start_ticks; // field 22: clock ticks from boot to its start
};

/* False when there is no such process (a zombie still is one, with state 'Z'). */
bool process_stat_read(int32_t pid, struct process_stat *stat);

/* The same from the text of /proc/PID/stat: the name in parentheses may hold blanks and
 * parentheses. */
bool process_stat_parse(const char *text, struct process_stat *stat);

/* Start of `pid` in ticks, 0 when unknown. */
uint64_t process_start_ticks(int32_t pid);

#endif
