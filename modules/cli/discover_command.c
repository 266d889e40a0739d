/* `linqu discover`: the runs on this machine, and how each is. */

#include <stdlib.h>
#include <string.h>

#include "base/exit_code.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/number_text.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/ctl_client.h"
#include "cli/invocation.h"
#include "cli/run_sums.h"
#include "cli/run_view.h"
#include "rundir/clock.h"

enum { GREETING_MS = 2000, REDISCOVER_MS = 20000 };

/* What is known of one run. */
struct found {
    struct run_entry entry;
    bool seen; // its nodes could be looked at
    enum run_state state;
    struct topology topology;
    uint32_t exit_code;
    uint32_t alive, l3_alive, sockets, sockets_alive;
    bool healthy;
};

/* Ask the launcher to have discovery.json written anew. A run that does not answer is shown all the
 * same. */
static void ask_rediscovery(const struct run_view *view)
{
    struct ctl_answer answer = {0};
    json_t *nothing;
    struct error err;
    bool timed_out;
    struct ctl_client *client;

    if (view->state != RUN_STATE_LIVE || view->phase == RUN_STARTING || view->phase == RUN_STOPPING)
        return;
    client = ctl_client_open(view, GREETING_MS, &err);
    nothing = json_object();
    if (!client || ctl_client_ask(client, "discover", nothing, REDISCOVER_MS, NULL, &answer,
                                  &timed_out, &err) < 0)
        cli_note("%s", err.text);
    json_decref(nothing);
    json_decref(answer.object);
    ctl_client_close(client);
}

/* A host counts as alive when its process and its socket are there. */
static void count_nodes(const struct run_view *view, struct found *found)
{
    const struct topology *topology = &view->topology;

    for (uint32_t rank = 0; rank < topology->node_count; rank++) {
        bool alive = node_state_alive(view->nodes[rank]);
        enum level level = topology_level_of_rank(topology, rank);
        bool socket = level >= LEVEL_HOST && run_view_has_socket(view, rank);

        found->alive += alive;
        found->sockets += socket;
        found->sockets_alive += socket && alive;
        found->l3_alive += level == LEVEL_HOST && alive && socket;
        found->healthy &= view->nodes[rank] == STATE_READY;
    }
}

static void look(const char *base, struct found *found)
{
    struct run_view view;
    struct error err;

    found->healthy = true;
    if (run_view_open(base, found->entry.name, &view, &err) < 0)
        return;
    ask_rediscovery(&view);
    run_view_look(&view);
    found->seen = true;
    found->state = view.state;
    found->topology = view.topology;
    found->exit_code = view.map.header->exit_code;
    count_nodes(&view, found);
    run_view_close(&view);
}

/* The word for a run that could not be looked at, too. */
static const char *state_word(const struct found *found)
{
    if (found->seen)
        return run_state_name(found->state);
    if (!found->entry.ours)
        return "foreign";
    return found->entry.live ? "live" : "stale";
}

static json_t *found_json(const char *base, const struct found *found)
{
    const uint32_t *count = found->topology.count;
    char path[LIMIT_PATH + 256], shape[256] = "";

    snprintf(path, sizeof path, "%s/%s", base, found->entry.name);
    if (found->seen)
        topology_to_text(&found->topology, shape, sizeof shape);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:s}",
        "schema", "linqu.discover/1", "command", "discover", "run", found->entry.name, "state",
        state_word(found), "base_path", json_text(path), "uid", (json_int_t)found->entry.uid,
        "topology", shape, "total_peers", (json_int_t)found->topology.node_count, "l3_hosts",
        (json_int_t)count[LEVEL_HOST], "l4_pods", (json_int_t)count[LEVEL_POD], "l5_supernodes",
        (json_int_t)count[LEVEL_CLOS1], "l6_clusters", (json_int_t)count[LEVEL_CLOS2], "l2_chips",
        (json_int_t)count[LEVEL_CHIP], "l3_alive", (json_int_t)found->l3_alive, "alive",
        (json_int_t)found->alive, "sockets", (json_int_t)found->sockets, "sockets_alive",
        (json_int_t)found->sockets_alive, "status",
        found->seen && found->healthy ? "healthy" : "degraded");
}

static void found_print(const struct found *found)
{
    enum paint paint = found->entry.live ? PAINT_GOOD : PAINT_PLAIN;
    uint64_t now = wall_clock_ns();
    double age_s =
        now > found->entry.created_ns ? (double)(now - found->entry.created_ns) / 1e9 : 0;
    char shape[256] = "-", alive[64] = "-";

    if (found->seen) {
        topology_to_text(&found->topology, shape, sizeof shape);
        snprintf(alive, sizeof alive, "%s/%s", with_commas(found->alive),
                 with_commas(found->topology.node_count));
    }
    printf("%-24s %s%-8s%s %-20s %14s  %10.0f s  ", found->entry.name, paint_on(paint),
           state_word(found), paint_off(paint), shape, alive, age_s);
    if (!found->seen)
        printf("user %u\n", found->entry.uid);
    else if (found->state == RUN_STATE_LIVE)
        printf("%s\n", found->healthy ? "healthy" : "degraded");
    else if (found->state == RUN_STATE_DEAD)
        printf("ended with %u\n", found->exit_code);
    else
        printf("its launcher was killed\n");
}

/* --- cleaning --------------------------------------------------------------------------------- */

struct cleaning {
    size_t removed, failed;
};

static struct cleaning clean(const char *base, const struct run_entry *list, size_t count,
                             const char *only)
{
    struct cleaning cleaning = {0};
    struct error err;

    for (size_t i = 0; i < count; i++) {
        if (!list[i].ours || list[i].live || (only && strcmp(only, list[i].name) != 0))
            continue;
        if (run_dir_remove(base, list[i].name, &err) == 0) {
            cleaning.removed++;
        } else {
            cleaning.failed++;
            cli_note("%s", err.text);
        }
    }
    return cleaning;
}

/* The run NAME must be there and be one that is removed; else it is said why it stays. */
static int check_named(const char *base, const struct run_entry *list, size_t count,
                       const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, list[i].name) != 0)
            continue;
        if (!list[i].ours)
            return cli_fail(EXIT_MACHINE, "%s/%s is of user %u and stays", base, name, list[i].uid);
        if (list[i].live)
            return cli_fail(EXIT_MACHINE, "%s/%s is live and stays; `linqu shutdown %s` stops it",
                            base, name, name);
        return EXIT_DONE;
    }
    return cli_fail(EXIT_NO_RUN, "no such run: %s/%s", base, name);
}

/* --- the command ------------------------------------------------------------------------------ */

/* The run that RUN defaults to: our newest, live ones first. NULL when there is none. */
static const struct found *usual_run(const struct found *runs, size_t count)
{
    for (int live = 1; live >= 0; live--)
        for (size_t i = 0; i < count; i++)
            if (runs[i].entry.ours && runs[i].entry.live == live)
                return &runs[i];
    return NULL;
}

/* The members of the usual run, and all of them in `runs`. */
static json_t *all_json(const char *base, const struct found *runs, size_t count,
                        const struct cleaning *cleaning)
{
    const struct found *usual = usual_run(runs, count);
    json_t *list = json_array(), *object;

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, found_json(base, &runs[i]));
    object = usual ? found_json(base, usual)
                   : json_pack("{s:s, s:s}", "schema", "linqu.discover/1", "command", "discover");
    json_object_set_new(object, "runs", list);
    if (cleaning)
        json_object_set_new(object, "removed", json_integer((json_int_t)cleaning->removed));
    return object;
}

static void all_print(const char *base, const struct found *runs, size_t count)
{
    if (count == 0) {
        printf("no runs in %s\n", base);
        return;
    }
    printf("%-24s %-8s %-20s %14s  %12s\n", "run", "state", "topology", "nodes alive", "age");
    for (size_t i = 0; i < count; i++)
        found_print(&runs[i]);
}

/* The runs to show: all, or the one that was named. Newest first. */
static struct found *choose(const char *base, const struct run_entry *list, size_t count,
                            const char *only, size_t *chosen)
{
    struct found *runs = memory_new(count, sizeof *runs);

    *chosen = 0;
    for (size_t i = 0; i < count; i++) {
        if (only && strcmp(only, list[i].name) != 0)
            continue;
        runs[*chosen].entry = list[i];
        look(base, &runs[(*chosen)++]);
    }
    return runs;
}

static int discover_show(const struct invocation *invocation, const char *base, const char *only,
                         const struct cleaning *cleaning)
{
    bool json = invocation->given[OPTION_JSON];
    size_t count, chosen;
    struct error err;
    struct run_entry *list = run_dir_list(base, &count, &err);
    struct found *runs;
    int result;

    if (!list)
        return cli_fail(EXIT_MACHINE, "%s", err.text);
    runs = choose(base, list, count, only, &chosen);
    free(list);
    if (only && chosen == 0 && !cleaning) {
        free(runs);
        return cli_fail(EXIT_NO_RUN, "no such run: %s/%s", base, only);
    }
    if (json && only && chosen == 1) {
        result = cli_finish_json(found_json(base, &runs[0]), EXIT_DONE);
    } else if (json) {
        result = cli_finish_json(all_json(base, runs, chosen, cleaning), EXIT_DONE);
    } else {
        if (!only || chosen)
            all_print(base, runs, chosen);
        result = cli_finish(EXIT_DONE);
    }
    free(runs);
    return result;
}

static int discover_clean(const struct invocation *invocation, const char *base, const char *only,
                          struct cleaning *cleaning)
{
    struct error err;
    size_t count;
    struct run_entry *list = run_dir_list(base, &count, &err);
    int named;

    if (!list)
        return cli_fail(EXIT_MACHINE, "%s", err.text);
    if (only && (named = check_named(base, list, count, only)) != EXIT_DONE) {
        free(list);
        return named;
    }
    *cleaning = clean(base, list, count, only);
    free(list);
    run_dir_sweep(base);
    if (!invocation->given[OPTION_JSON] && !invocation->given[OPTION_QUIET])
        printf("removed %zu run%s\n", cleaning->removed, cleaning->removed == 1 ? "" : "s");
    return cleaning->failed ? EXIT_MACHINE : EXIT_DONE;
}

int discover_command(const struct invocation *invocation)
{
    const char *only = invocation->argument_count ? invocation->arguments[0] : NULL;
    char base[LIMIT_PATH], notice[LIMIT_PATH];
    struct cleaning cleaning = {0};
    int shown, cleaned = EXIT_DONE;
    struct error err;

    if (run_dir_base_look(invocation->text[OPTION_BASE], base, notice, &err) < 0)
        return cli_fail(EXIT_MACHINE, "%s", err.text);
    if (notice[0])
        cli_note("%s", notice);
    if (invocation->given[OPTION_CLEAN])
        cleaned = discover_clean(invocation, base, only, &cleaning);
    if (only && cleaned != EXIT_DONE)
        return cleaned;
    shown =
        discover_show(invocation, base, only, invocation->given[OPTION_CLEAN] ? &cleaning : NULL);
    return shown ? shown : cleaned;
}
