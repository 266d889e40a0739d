/* The settings of a topology file, one at a time; options of the command line use the same words.
 */

#ifndef TOPO_TOPOLOGY_SETTINGS_H
#define TOPO_TOPOLOGY_SETTINGS_H

#include <stdbool.h>

#include "topo/topology.h"

enum {
    TASK_RING_SLOTS_MAX = 1 << 20,
    BUFFER_RING_BYTES_MIN =
        64, // and a multiple of it: what lies in a ring is aligned to a cache line
    START_TIMEOUT_MAX_S = 24 * 60 * 60,
};
#define BUFFER_RING_BYTES_MAX (UINT64_C(64) << 30)

/* Take `key = value`; `-` and `_` are the same in a key. Keys: logical_system, physical_system,
 * ring_capacity (may come several times), start_timeout. -1 and one sentence for an unknown key or
 * a bad value. */
int topology_setting_apply(struct topology_settings *settings, const char *key, const char *value,
                           struct error *err);

/* Ring capacities: "task=8,buffer=32K" for every level, "L4:task=4,buffer=16K" for one. Several
 * stand behind each other with blanks, semicolons or commas; a later one wins. Sizes take K, M or
 * G. */
int topology_ring_capacity_parse(struct topology_settings *settings, const char *text,
                                 struct error *err);

/* 0 when `name` can be a system's name: 1 to 63 of A-Z a-z 0-9 . _ -, beginning with a letter or
 * digit (it stands in directory names, task keys and log lines). */
int system_name_check(const char *name, struct error *err);

#endif
