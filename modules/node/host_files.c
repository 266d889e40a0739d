/* identity.json and discovery.json of a host. */

#include <stdio.h>

#include "member/discovery.h"
#include "node/node_internal.h"
#include "node/runtime.h"
#include "topo/identity.h"

enum { DISCOVERY_DELAY_MS = 100, DISCOVERY_SPACING_MS = 2 };

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
        .is_slow = node->runtime ? node->runtime->port.is_slow : NULL,
        .arg = node->runtime ? node->runtime->port.arg : NULL,
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

/* Several changes that come together make one new file. A death concerns every host of the run; they
 * write one after the other, so that what is urgent about it, the end of those below the dead one
 * and the word that calls are lost, need not wait for a thousand files. */
void discovery_changed(struct node *node)
{
    if (!node->writes_discovery || node->discovery_due_ns != UINT64_MAX)
        return;
    node->discovery_changed_ns = node->now_ns;
    node->discovery_due_ns =
        node->now_ns + (DISCOVERY_DELAY_MS + (uint64_t)DISCOVERY_SPACING_MS * node->config.rank) *
                           UINT64_C(1000000);
}
