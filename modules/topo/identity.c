#include "topo/identity.h"

#include <stdio.h>

#include "base/json_text.h"
#include "base/timestamp.h"
#include "topo/node_files.h"

void identity_locate(struct identity *identity, const struct topology *topology, uint32_t rank,
                     const char *run_path)
{
    char socket[LIMIT_NODE_FILE];

    *identity = (struct identity){.coord = topology_coord(topology, rank)};
    identity->global_index = topology_global_index(topology, &identity->coord);
    topology_simulated_ip(topology, rank, identity->simulated_ip, sizeof identity->simulated_ip);
    if (node_socket(topology, rank, socket, sizeof socket))
        snprintf(identity->socket_path, sizeof identity->socket_path, "%s/%s", run_path, socket);
}

json_t *coord_to_json(const struct coord *coord)
{
    json_t *object = json_object();
    int lowest = coord->level < LEVEL_HOST ? coord->level : LEVEL_HOST;

    for (int level = LEVEL_CLOS2; level >= lowest; level--) {
        char key[] = {'l', (char)('0' + level), '\0'};

        json_object_set_new(object, key, json_integer(coord->index[level]));
    }
    return object;
}

void identity_to_json(const struct identity *identity, struct buffer *out)
{
    char when[TIMESTAMP_SIZE];
    json_t *object = json_object();

    timestamp_format(identity->wall_ns, when);
    json_object_set_new(object, "pid", json_integer(identity->pid));
    json_object_set_new(object, "level", json_integer(identity->coord.level));
    json_object_set_new(object, "coordinate", coord_to_json(&identity->coord));
    json_object_set_new(object, "global_index", json_integer(identity->global_index));
    json_object_set_new(object, "simulated_ip", json_text(identity->simulated_ip));
    json_object_set_new(object, "socket_path",
                        identity->socket_path[0] ? json_text(identity->socket_path) : json_null());
    json_object_set_new(object, "physical_system", json_text(identity->physical_system));
    json_object_set_new(object, "logical_system", json_text(identity->logical_system));
    json_object_set_new(object, "timestamp", json_text(when));
    json_append(out, object);
}
