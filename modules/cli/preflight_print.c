#include "cli/preflight_print.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/json_text.h"
#include "base/number_text.h"
#include "cli/cli_output.h"
#include "rundir/run_dir.h"

int preflight_exit_code(const struct preflight *preflight)
{
    return preflight->worst == PREFLIGHT_FAIL ? EXIT_MACHINE : EXIT_DONE;
}

static enum paint paint_of(enum preflight_verdict verdict)
{
    return verdict == PREFLIGHT_OK     ? PAINT_GOOD
           : verdict == PREFLIGHT_WARN ? PAINT_WARN
                                       : PAINT_BAD;
}

enum { SUBJECT_WIDTH = 13, AMOUNTS_WIDTH = 34, DETAIL_COLUMN = 57 };

/* Columns of the terminal; plenty where stdout is none. */
static int width_of_stdout(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 1000;
}

static void line_print(const struct preflight_line *line)
{
    enum paint paint = paint_of(line->verdict);
    bool fits = DETAIL_COLUMN + (int)strlen(line->detail) <= width_of_stdout();
    char amounts[96] = "";

    if (line->need || line->have)
        snprintf(amounts, sizeof amounts, "%s of %s %s", with_commas(line->need),
                 line->have == SYSTEM_NO_LIMIT ? "unlimited" : with_commas(line->have), line->unit);
    printf("%s%-4s%s  %-*s  %-*s%s%s\n", paint_on(paint), preflight_verdict_name(line->verdict),
           paint_off(paint), SUBJECT_WIDTH, line->subject, AMOUNTS_WIDTH, amounts,
           fits ? "  " : "\n      ", line->detail);
    if (line->mend[0])
        printf("      %sto mend it: %s%s\n", paint_on(PAINT_BOLD), line->mend,
               paint_off(PAINT_BOLD));
}

void preflight_print(const struct preflight *preflight)
{
    for (size_t i = 0; i < preflight->count; i++)
        line_print(&preflight->lines[i]);
}

static json_t *line_json(const struct preflight_line *line)
{
    json_t *have = line->have == SYSTEM_NO_LIMIT || line->have > INT64_MAX
                       ? json_null()
                       : json_integer((json_int_t)line->have);

    return json_pack("{s:s, s:s, s:I, s:o, s:s, s:o, s:o}", "subject", line->subject, "verdict",
                     preflight_verdict_name(line->verdict), "need", (json_int_t)line->need, "have",
                     have, "unit", line->unit, "detail", json_text(line->detail), "mend",
                     line->mend[0] ? json_text(line->mend) : json_null());
}

static json_t *lines_json(const struct preflight *preflight)
{
    json_t *lines = json_array();

    for (size_t i = 0; i < preflight->count; i++)
        json_array_append_new(lines, line_json(&preflight->lines[i]));
    return lines;
}

json_t *preflight_json(const struct topology *topology, const char *base,
                       const struct preflight *preflight)
{
    char shape[256];

    topology_to_text(topology, shape, sizeof shape);
    return json_pack("{s:s, s:s, s:I, s:o, s:s, s:o}", "schema", "linqu.doctor/1", "topology",
                     shape, "nodes", (json_int_t)topology->node_count, "base", json_text(base),
                     "verdict", preflight_verdict_name(preflight->worst), "lines",
                     lines_json(preflight));
}

/* --- the plan --------------------------------------------------------------------------------- */

static void plan_run_path(const struct topology *topology, const char *base, const char *name,
                          char *out, size_t size)
{
    if (name)
        snprintf(out, size, "%s/%s", base, name);
    else
        snprintf(out, size, "%s/%s-<id>", base, topology->settings.logical_system);
}

/* Nodes that have a directory and a named socket of their own: all but chips. */
static uint32_t directory_count(const struct topology *topology)
{
    return topology->node_count - topology->count[LEVEL_CHIP];
}

void plan_print(const struct topology *topology, const char *base, const char *name,
                const struct preflight *preflight)
{
    char shape[256], path[LIMIT_PATH + 256];
    struct error err;
    struct demand demand;

    topology_to_text(topology, shape, sizeof shape);
    plan_run_path(topology, base, name, path, sizeof path);
    preflight_demand(topology, &demand);
    printf("topology   %s\n", shape);
    for (int level = LEVEL_COUNT - 1; level >= 0; level--)
        if (topology->present[level])
            printf("  L%d %-8s %s\n", level, level_name((enum level)level),
                   with_commas(topology->count[level]));
    printf("processes  %s and the launcher\n", with_commas(topology->node_count));
    printf("memory     about %s\n", with_unit(demand.memory_bytes));
    printf("directory  %s\n", path);
    printf("files      about %s in %s directories of nodes, %s sockets, %s on disk at the start\n",
           with_commas(demand.inodes), with_commas(directory_count(topology)),
           with_commas(directory_count(topology)), with_unit(demand.disk_bytes));
    printf("systems    logical %s, physical %s\n", topology->settings.logical_system,
           topology->settings.physical_system);
    if (preflight->worst != PREFLIGHT_FAIL) {
        printf("nothing was made; this machine can hold it\n");
        return;
    }
    preflight_sentence(preflight, &err);
    printf("nothing was made; %s\n", err.text);
}

json_t *plan_json(const struct topology *topology, const char *base, const char *name,
                  const struct preflight *preflight)
{
    char shape[256], path[LIMIT_PATH + 256];
    json_t *levels = json_object();
    struct demand demand;

    topology_to_text(topology, shape, sizeof shape);
    plan_run_path(topology, base, name, path, sizeof path);
    preflight_demand(topology, &demand);
    for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
        char key[] = {'L', (char)('0' + level), '\0'};

        if (topology->present[level])
            json_object_set_new(levels, key, json_integer(topology->count[level]));
    }
    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:s, s:s, s:s, s:o}",
                     "schema", "linqu.plan/1", "topology", shape, "levels", levels, "nodes",
                     (json_int_t)topology->node_count, "processes", (json_int_t)demand.processes,
                     "memory_bytes", (json_int_t)demand.memory_bytes, "inodes",
                     (json_int_t)demand.inodes, "disk_bytes", (json_int_t)demand.disk_bytes,
                     "sockets", (json_int_t)directory_count(topology), "directory", json_text(path),
                     "logical_system", topology->settings.logical_system, "physical_system",
                     topology->settings.physical_system, "verdict",
                     preflight_verdict_name(preflight->worst), "lines", lines_json(preflight));
}
