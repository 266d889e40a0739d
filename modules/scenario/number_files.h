/* The files that dfs-sum adds up: DIR/L3_<index>/data.txt for each host, numbers separated by
 * blanks. Those that are missing are made; the sums are taken while they are made or, of files that
 * are there, read. */

#ifndef SCENARIO_NUMBER_FILES_H
#define SCENARIO_NUMBER_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct event_base;

enum { NUMBER_COLUMNS = 1024 };

struct number_files_config {
    struct event_base *base;
    const char *dir; // borrowed
    uint32_t hosts;
    uint64_t seed;
    void (*done)(void *arg,
                 const char *error); // once, from the loop; `error` is NULL when all is there
    void *arg;
};

struct number_files;
struct number_files *number_files_prepare(const struct number_files_config *config);
void number_files_destroy(struct number_files *files);

/* The sum of a column over all hosts, once they are prepared. */
int64_t number_files_sum(const struct number_files *files, unsigned column);
uint32_t number_files_made(const struct number_files *files); // that were not there
/* Device and inode of a host's file. */
bool number_files_identity(const struct number_files *files, uint32_t host, uint64_t *device,
                           uint64_t *inode);

#endif
