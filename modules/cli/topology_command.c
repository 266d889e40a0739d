/* `linqu topology show|check SPEC`. */

#include <string.h>

#include "base/buffer.h"
#include "base/exit_code.h"
#include "base/printable.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/topology_load.h"
#include "topo/topology_show.h"

static int text_finish(struct buffer *text)
{
    fwrite(text->data, 1, text->size, stdout);
    buffer_free(text);
    return cli_finish(EXIT_DONE);
}

/* The rank of --node, RANK_NONE without one. 0, or 2. */
static int node_parse(const struct invocation *invocation, const struct topology *topology,
                      uint32_t *rank)
{
    const char *path = invocation->text[OPTION_NODE];
    struct error err;

    *rank = RANK_NONE;
    if (path && topology_parse_path(topology, path, rank, &err) < 0)
        return cli_fail(EXIT_USAGE, "--node: %s", err.text);
    return 0;
}

static int topology_show(const struct invocation *invocation, const struct topology *topology)
{
    bool all = invocation->given[OPTION_ALL];
    struct buffer text = {0};
    struct error err;
    uint32_t rank;

    if (node_parse(invocation, topology, &rank) != 0)
        return EXIT_USAGE;
    if (all && topology_show_all_check(topology, &err) < 0)
        return cli_fail(EXIT_USAGE, "%s", err.text);
    if (invocation->given[OPTION_JSON])
        topology_show_json(topology, rank, all, &text);
    else if (rank != RANK_NONE)
        topology_show_node(topology, rank, &text);
    else
        topology_show_text(topology, all, &text);
    return text_finish(&text);
}

static int topology_check(const struct invocation *invocation, const struct topology *topology)
{
    struct buffer text = {0};

    if (invocation->given[OPTION_NODE] || invocation->given[OPTION_ALL])
        return cli_usage(invocation, "--node and --all are for `topology show`");
    if (invocation->given[OPTION_JSON])
        topology_show_json(topology, RANK_NONE, false, &text);
    else
        topology_show_summary(topology, &text);
    return text_finish(&text);
}

int topology_command(const struct invocation *invocation)
{
    const char *what = invocation->arguments[0];
    struct topology topology;
    char shown[PRINTABLE_SIZE];
    struct error err;

    if (strcmp(what, "show") != 0 && strcmp(what, "check") != 0)
        return cli_usage(invocation, "`linqu topology` can show or check, not %s",
                         printable(what, strlen(what), shown));
    if (topology_load(invocation->arguments[1], &topology, &err) < 0 ||
        topology_name_systems(&topology, NULL, &err) < 0)
        return cli_fail(EXIT_USAGE, "%s", err.text);
    return strcmp(what, "show") == 0 ? topology_show(invocation, &topology)
                                     : topology_check(invocation, &topology);
}
