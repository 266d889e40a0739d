/* identity.json and discovery.json of a host. */

#include <stdio.h>

#include "member/discovery.h"
#include "node/node_internal.h"
#include "topo/identity.h"

enum { DISCOVERY_DELAY_MS = 100 };

void identity_write(struct node *node)
{
    struct identity identity;
    struct buffer text = {0};

    identity_locate(&identity, node->topology, node->config.rank, node->config.run_path);
    snprintf(identity.logical_system, sizeof identity.logical_system, "%s",
             node->config.logical_system);
    snprintf(identity.physical_system, sizeof identity.physical_system, "%s",
             node->config.physical_system);
    identity.pid = node->config.pid;
    identity.wall_ns = node->wall_ns;
    identity_to_json(&identity, &text);
    want_file(node, "identity.json", text.data, text.size);
    buffer_free(&text);
}

void discovery_write(struct node *node, uint64_t since_ns)
{
    const struct discovery discovery = {
        .topology = node->topology,
        .table = node->members,
        .self = node->config.rank,
        .run_path = node->config.run_path,
        .took_ns = node->now_ns - since_ns,
    };
    struct buffer text = {0};

    node->discovery_due_ns = UINT64_MAX;
    discovery_to_json(&discovery, &text);
    want_file(node, "discovery.json", text.data, text.size);
    buffer_free(&text);
}

void discovery_timeout(struct node *node)
{
    discovery_write(node, node->discovery_changed_ns);
}

/* Several changes that come together make one new file. */
void discovery_changed(struct node *node)
{
    if (!node->writes_discovery || node->discovery_due_ns != UINT64_MAX)
        return;
    node->discovery_changed_ns = node->now_ns;
    node->discovery_due_ns = node->now_ns + DISCOVERY_DELAY_MS * UINT64_C(1000000);
}
