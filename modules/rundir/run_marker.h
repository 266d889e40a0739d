/* The two files that make a directory a run of ours: the marker, without which nothing is ever
 * removed, and the lock, which tells a live run from a dead one. Shared by the files behind
 * run_dir.h. */

#ifndef RUNDIR_RUN_MARKER_H
#define RUNDIR_RUN_MARKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

#define RUN_MARKER_NAME ".linqu-run"
#define RUN_LOCK_NAME "run.lock"
// names of directories that are being made or removed; never listed
#define RUN_NEW_PREFIX ".new-"
#define RUN_OLD_PREFIX ".old-"

enum run_lock { RUN_LOCK_FREE, RUN_LOCK_HELD, RUN_LOCK_MISSING };

/* Six random characters, lower-case letters and digits, with a closing NUL. */
void run_short_id(char id[7]);

/* Open `name` in the directory `base_fd` as a directory, never through a symbolic link. -1 and
 * errno. */
int run_open_directory(int base_fd, const char *name);

/* Write the marker, with the run's creation time in it, in the empty directory `fd`. */
int run_marker_write(int fd, uint64_t created_ns, struct error *err);
/* True when `fd` has a marker: a regular file of the directory's owner, on its device. `created_ns`
 * may be NULL. */
bool run_marker_read(int fd, uint64_t *created_ns);

/* Make the lock file in `fd` and take it. Returns its descriptor or -1. */
int run_lock_make(int fd, struct error *err);
/* Take the lock of a dead run. Returns its descriptor, or -1 when it is held or missing (`*state`
 * says which). */
int run_lock_take(int fd, enum run_lock *state);
/* Look whether somebody holds it. */
enum run_lock run_lock_look(int fd);

/* Remove all that lies in the directory `fd`, which must be on the device `device`, but for lock
 * and marker. A mounted file system below it is an error. */
int run_empty_directory(int fd, dev_t device, struct error *err);

#endif
