#include "member/discovery.h"

#include <assert.h>
#include <stdio.h>

#include "base/json_text.h"
#include "topo/identity.h"
#include "topo/node_files.h"

static uint32_t live_below(const struct discovery *discovery, uint32_t rank, enum level level)
{
    struct member_counts counts = membership_count(discovery->table, rank, level);

    return counts.of[MEMBER_LIVE] + counts.of[MEMBER_SLOW];
}

static enum member_status status_of(const struct discovery *discovery, uint32_t rank)
{
    enum member_status status = membership_status(discovery->table, rank);

    if (status == MEMBER_LIVE && discovery->is_slow && discovery->is_slow(discovery->arg, rank))
        return MEMBER_SLOW;
    return status;
}

static json_t *peer_to_json(const struct discovery *discovery, uint32_t rank)
{
    struct coord coord = topology_coord(discovery->topology, rank);
    char socket[LIMIT_NODE_FILE], path[LIMIT_PATH + LIMIT_NODE_FILE];
    json_t *peer = json_object();

    node_socket(discovery->topology, rank, socket, sizeof socket);
    snprintf(path, sizeof path, "%s/%s", discovery->run_path, socket);
    json_object_set_new(peer, "l3", json_integer(coord.index[LEVEL_HOST]));
    json_object_set_new(peer, "status", json_text(member_status_name(status_of(discovery, rank))));
    json_object_set_new(peer, "socket", json_text(path));
    return peer;
}

static json_t *pod_to_json(const struct discovery *discovery)
{
    uint32_t count, first = topology_peers(discovery->topology, discovery->self, LEVEL_POD, &count);
    json_t *peers = json_array();

    for (uint32_t i = 0; i < count; i++) {
        if (first + i != discovery->self)
            json_array_append_new(peers, peer_to_json(discovery, first + i));
    }
    return peers;
}

/* Live hosts of each pod of the supernode that `above` is. */
static json_t *pods_to_json(const struct discovery *discovery, uint32_t above)
{
    uint32_t count, first = topology_subtree(discovery->topology, above, LEVEL_POD, &count);
    json_t *pods = json_object();

    if (count == 0)
        json_object_set_new(pods, "L4_0", json_integer(live_below(discovery, above, LEVEL_HOST)));
    for (uint32_t i = 0; i < count; i++) {
        struct coord coord = topology_coord(discovery->topology, first + i);
        char name[16];

        snprintf(name, sizeof name, "L4_%u", coord.index[LEVEL_POD]);
        json_object_set_new(pods, name, json_integer(live_below(discovery, first + i, LEVEL_HOST)));
    }
    return pods;
}

void discovery_to_json(const struct discovery *discovery, struct buffer *out)
{
    const struct topology *topology = discovery->topology;
    uint32_t self = discovery->self;
    uint32_t supernode = topology_sharing(topology, self, LEVEL_CLOS1);
    uint32_t cluster = topology_sharing(topology, self, LEVEL_CLOS2);
    struct coord coord = topology_coord(topology, self);
    json_t *object = json_object();

    assert(coord.level == LEVEL_HOST);
    json_object_set_new(object, "self", coord_to_json(&coord));
    json_object_set_new(object, "same_pod_peers", pod_to_json(discovery));
    json_object_set_new(object, "same_pod_count",
                        json_integer(membership_peers(discovery->table, self, LEVEL_POD, NULL, 0)));
    json_object_set_new(object, "same_supernode_peers_by_pod", pods_to_json(discovery, supernode));
    json_object_set_new(object, "same_supernode_total",
                        json_integer(live_below(discovery, supernode, LEVEL_HOST)));
    json_object_set_new(object, "cluster_supernodes",
                        json_integer(topology->present[LEVEL_CLOS1]
                                         ? live_below(discovery, cluster, LEVEL_CLOS1)
                                         : 1));
    json_object_set_new(object, "cluster_total_hosts",
                        json_integer(live_below(discovery, cluster, LEVEL_HOST)));
    json_object_set_new(object, "discovery_time_ms",
                        json_real((double)(discovery->took_ns / 1000) / 1000));
    json_append(out, object);
}
