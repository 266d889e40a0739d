/* The directory of one run below the base (default /tmp/linqu), see docs/formats.md. Everything in
 * it is made and removed through held descriptors; nothing follows a symbolic link. */

#ifndef RUNDIR_RUN_DIR_H
#define RUNDIR_RUN_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"
#include "topo/topology.h"

struct run_dir {
    int base_fd;           // O_PATH|O_DIRECTORY of the base
    int fd;                // O_DIRECTORY of the run's directory
    int lock_fd;           // run.lock, flock'ed by the launcher while the run lives; -1 for viewers
    char base[LIMIT_PATH]; // absolute
    char name[256];        // of the run
    char path[LIMIT_PATH]; // base/name
};

/* The base: `option`, else LINQU_BASE, else /tmp/linqu. The default is made 1777 when it is not
 * there. When /tmp/linqu belongs to somebody who is neither us nor root, or is no directory,
 * `*notice` gets a sentence and the base becomes the fall-back /tmp/linqu-<uid>. A base the user
 * named is never replaced: it is an error if unusable. */
int run_dir_base(const char *option, char base[LIMIT_PATH], char notice[LIMIT_PATH],
                 struct error *err);

/* The same for those who only look: makes nothing, and the base need not exist (it then has no
 * runs). */
int run_dir_base_look(const char *option, char base[LIMIT_PATH], char notice[LIMIT_PATH],
                      struct error *err);

/* Whether `name` can be a run's or a system's name: letters, digits, '.', '_' and '-', at most 128,
 * no '.' or '-' in front. */
int run_name_check(const char *name, struct error *err);

/* Make the run's directory (0700, owner checked), its marker and lock, and point `latest` at it.
 * With `name` NULL the name is <system>-<short id>; with a name, an own dead run of it is replaced
 * and a live one refused. */
int run_dir_create(const char *base, const char *name, const char *system, struct run_dir *dir,
                   struct error *err);
/* Open an existing run: `name` or, when NULL, the newest of our own user's (live ones first). -1
 * with "no such run". */
int run_dir_open(const char *base, const char *name, struct run_dir *dir, struct error *err);
/* Close descriptors; releases the lock. */
void run_dir_close(struct run_dir *dir);

/* True while somebody holds the run's lock. */
bool run_dir_live(const struct run_dir *dir);

struct run_entry {
    char name[256];
    uint32_t uid;
    bool ours;           // owner is our user
    bool live;           // its lock is held
    uint64_t created_ns; // wall clock
};
/* All runs below the base, newest first; the caller frees. Foreign directories that cannot be read
 * are listed as not ours. */
struct run_entry *run_dir_list(const char *base, size_t *count, struct error *err);

/* Remove an own dead run's directory: only when marker, owner and device are ours and its lock is
 * free. */
int run_dir_remove(const char *base, const char *name, struct error *err);
/* The same, but it is only out of sight and its name free: the next run_dir_prune() does the rest,
 * which takes about as long as making it took. */
int run_dir_remove_later(const char *base, const char *name, struct error *err);
/* Remove own dead runs beyond the newest `keep`, and what interrupted starts and removals of ours
 * left. Returns how many runs were removed; -1 and the first reason when one could not be (the
 * others are). */
int run_dir_prune(const char *base, unsigned keep, struct error *err);

/* Remove what interrupted starts and removals of ours left below the base. */
void run_dir_sweep(const char *base);

/* Path of a node's directory inside the run ("L6_0/L5_3"), for a chip its host's; the socket's file
 * name
 * ("daemon_L3.sock"; a chip has none: false). */
int run_dir_node_path(const struct topology *topology, uint32_t rank, char *out, size_t size);
bool run_dir_socket_name(const struct topology *topology, uint32_t rank, char *out, size_t size);
/* The log's path relative to the run: ".../logs/daemon.log", or ".../logs/L2_v.log". */
int run_dir_log_path(const struct topology *topology, uint32_t rank, char *out, size_t size);

#endif
