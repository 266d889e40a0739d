#include "cli/log_selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_code.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/timestamp.h"
#include "cli/cli_output.h"
#include "cli/invocation.h"
#include "report/node_set.h"
#include "rundir/clock.h"

enum { LINE_COPY = 64 * 1024 + 1 }; // the longest text that log_merge gives out, and a NUL

/* The levels of --level as bits. */
static int levels_parse(const struct invocation *invocation, const struct run_view *view,
                        unsigned *levels)
{
    const char *text = invocation->text[OPTION_LEVEL];
    enum level level;

    *levels = text ? 0 : ~0u;
    while (text && *text) {
        size_t size = strcspn(text, ",");
        char word[16] = "", shown[PRINTABLE_SIZE];

        if (size < sizeof word)
            memcpy(word, text, size);
        printable(text, size, shown);
        if (level_parse(word, &level) < 0)
            return cli_usage(invocation, "--level needs levels like L3 or L5,L4, not %s", shown);
        if (!view->topology.present[level])
            return cli_usage(invocation, "--level %s: the topology %s has no such level", shown,
                             view->map.header->topology);
        *levels |= 1u << level;
        text += size + (text[size] == ',');
    }
    return 0;
}

/* A moment as in a log, or less exact: without fraction, seconds, or time of day. All are UTC. */
static bool moment_parse(const char *text, uint64_t *wall_ns)
{
    static const char least[] = "0000-00-00T00:00:00Z";
    size_t size = strlen(text);
    char whole[2 * TIMESTAMP_SIZE];

    if (timestamp_parse(text, wall_ns) == (int)size && size > 0)
        return true;
    if (size != strlen("2026-11-23") && size != strlen("2026-11-23T08:07") &&
        size != strlen("2026-11-23T08:07:19"))
        return false;
    snprintf(whole, sizeof whole, "%s%s", text, least + size);
    return timestamp_parse(whole, wall_ns) == (int)strlen(least);
}

static int since_parse(const struct invocation *invocation, uint64_t *since_ns)
{
    const char *text = invocation->text[OPTION_SINCE];
    char shown[PRINTABLE_SIZE];
    uint64_t seconds, now = wall_clock_ns();

    *since_ns = 0;
    if (!text)
        return 0;
    if (moment_parse(text, since_ns))
        return 0;
    if (seconds_parse(text, &seconds) < 0)
        return cli_usage(invocation, "--since needs 30s, 5m, 2h or 2026-11-23T08:07:19Z, not %s",
                         printable(text, strlen(text), shown));
    *since_ns = seconds < now / 1000000000 ? now - seconds * 1000000000 : 0;
    return 0;
}

static int level_parse_option(const struct invocation *invocation, enum log_level *level)
{
    const char *text = invocation->text[OPTION_PRIORITY];
    char shown[PRINTABLE_SIZE];

    *level = invocation->given[OPTION_ERRORS] ? LOG_ERROR : LOG_DEBUG;
    if (!text || log_level_parse(text, level) == 0)
        return 0;
    return cli_usage(invocation, "--priority is error, warn, info or debug, not %s",
                     printable(text, strlen(text), shown));
}

static int grep_compile(const struct invocation *invocation, struct log_selection *selection)
{
    const char *text = invocation->text[OPTION_GREP];
    char why[128];
    int failed;

    if (!text)
        return 0;
    failed = regcomp(&selection->grep, text, REG_EXTENDED | REG_NOSUB);
    if (failed) {
        regerror(failed, &selection->grep, why, sizeof why);
        return cli_usage(invocation, "--grep: %s", why);
    }
    selection->filtered = true;
    return 0;
}

static void take_nodes(struct log_selection *selection, const struct topology *topology,
                       const struct node_set *nodes, unsigned levels)
{
    selection->ranks = memory_new(topology->node_count, sizeof *selection->ranks);
    selection->paths = memory_new(topology->node_count, sizeof *selection->paths);
    for (uint32_t rank = 0; rank < topology->node_count; rank++) {
        char path[LIMIT_PATH];

        if (!(levels >> topology_level_of_rank(topology, rank) & 1) ||
            (nodes && !node_set_has(nodes, rank)))
            continue;
        run_dir_log_path(topology, rank, path, sizeof path);
        selection->ranks[selection->count] = rank;
        selection->paths[selection->count++] = memory_string(path);
    }
}

int log_selection_nodes(const struct invocation *invocation, const struct run_view *view,
                        struct log_selection *selection)
{
    const char *text = invocation->text[OPTION_NODE];
    struct node_set nodes = {0};
    struct error err;
    unsigned levels;
    int wrong = levels_parse(invocation, view, &levels);

    if (wrong)
        return wrong;
    if (text) {
        nodes = node_set_create(&view->topology);
        if (node_set_add_text(&nodes, text, &err) < 0)
            wrong = cli_usage(invocation, "--node %s", err.text);
    }
    if (!wrong)
        take_nodes(selection, &view->topology, text ? &nodes : NULL, levels);
    node_set_free(&nodes);
    return wrong;
}

int log_selection_lines(const struct invocation *invocation, struct log_selection *selection)
{
    int wrong;

    *selection = (struct log_selection){0};
    wrong = since_parse(invocation, &selection->since_ns);
    if (!wrong)
        wrong = level_parse_option(invocation, &selection->level);
    return wrong ? wrong : grep_compile(invocation, selection);
}

void log_selection_free(struct log_selection *selection)
{
    for (size_t i = 0; i < selection->count; i++)
        free(selection->paths[i]);
    free(selection->paths);
    free(selection->ranks);
    if (selection->filtered)
        regfree(&selection->grep);
    *selection = (struct log_selection){0};
}

bool log_selection_has(const struct log_selection *selection, const struct log_line *line,
                       uint64_t wall_ns, const char *text, size_t size)
{
    char copy[LINE_COPY];

    if (wall_ns < selection->since_ns || (line && line->level > selection->level))
        return false;
    if (!selection->filtered)
        return true;
    if (size >= sizeof copy)
        size = sizeof copy - 1;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return regexec(&selection->grep, copy, 0, NULL, 0) == 0;
}
