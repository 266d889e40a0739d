/* From the words of a command line to a topology that is checked and whose systems have names. */

#ifndef CLI_TOPOLOGY_LOAD_H
#define CLI_TOPOLOGY_LOAD_H

#include "base/error.h"
#include "cli/invocation.h"
#include "topo/topology.h"

/* Read `spec`, a form or a file's path. -1 with a sentence that names the place. */
int topology_load(const char *spec, struct topology *topology, struct error *err);

/* What --ring-capacity says, over what the topology's file says. */
int topology_take_capacities(struct topology *topology, const struct invocation *invocation,
                             struct error *err);

/* Give the systems their names in the topology's settings. Logical: LINQU_SYSTEM, else
 * LINQU_LOGICAL_SYSTEM, else the file's, else "linqu". Physical: `physical_option`, else
 * LINQU_PHYSICAL_SYSTEM, else the file's, else this host's name. */
int topology_name_systems(struct topology *topology, const char *physical_option,
                          struct error *err);

#endif
