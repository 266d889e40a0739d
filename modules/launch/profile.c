/* ring_profile.json of the whole run: what its nodes wrote, put together, once the tree has
 * stopped. */

#include <fcntl.h>
#include <stdio.h>

#include "core/ring_profile.h"
#include "launch/launcher.h"
#include "report/json_file.h"
#include "topo/node_files.h"

static const char profile_name[] = "ring_profile.json";

/* NULL when the node has written none: it ran nothing, or was killed. */
static json_t *profile_of(const struct launcher *launcher, uint32_t rank)
{
    char path[LIMIT_NODE_FILE];
    struct error ignored;

    node_tasks_file(launcher->options->topology, rank, profile_name, path, sizeof path);
    return json_file_read(launcher->dir.fd, path, &ignored);
}

void profile_write(struct launcher *launcher)
{
    const struct ring_view nothing = {.count = 0};
    json_t *sum;
    struct error err;

    if (launcher->exec.number == 0)
        return;
    sum = ring_profile_make(&nothing, launcher->dir.name, "all", 0, 0);
    for (uint32_t rank = 0; rank < launcher->options->topology->node_count; rank++) {
        json_t *profile = profile_of(launcher, rank);

        if (profile && ring_profile_add(sum, profile, &err) < 0)
            say(launcher, "%s", err.text);
        json_decref(profile);
    }
    if (json_file_write(launcher->dir.fd, profile_name, sum, &err) < 0)
        say(launcher, "%s", err.text);
    json_decref(sum);
}
