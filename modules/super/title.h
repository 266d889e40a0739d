/* What `ps` shows of a process: "linqu: RUN L6_0/L5_3/L4_1/L3_7 ready". */

#ifndef SUPER_TITLE_H
#define SUPER_TITLE_H

/* Take over the memory that holds the command line and the environment (both are copied elsewhere
 * first, argv[] then points to the copies). Once, in main(), before any fork; without it
 * title_set() does nothing. */
void title_take(int argc, char **argv);

/* Cut to what that memory holds. */
void title_set(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
