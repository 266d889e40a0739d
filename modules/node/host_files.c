/* identity.json and discovery.json of a host. */

#include "node/node_internal.h"

enum { DISCOVERY_DELAY_MS = 100 };

void identity_write(struct node *node)
{
    want_file(node, "identity.json", "{}\n");
}

void discovery_write(struct node *node)
{
    node->discovery_due_ns = UINT64_MAX;
    want_file(node, "discovery.json", "{}\n");
}

void discovery_timeout(struct node *node)
{
    discovery_write(node);
}

/* Several changes that come together make one new file. */
void discovery_changed(struct node *node)
{
    if (node->writes_discovery && node->discovery_due_ns == UINT64_MAX)
        node->discovery_due_ns = node->now_ns + DISCOVERY_DELAY_MS * UINT64_C(1000000);
}
