/* `linqu bench`. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/number_text.h"
#include "bench/bench.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/topology_load.h"
#include "report/json_file.h"
#include "rundir/run_dir.h"

#define BENCH_SCHEMA "linqu.bench/1"

static bool progress_shown;

static void progress(const char *what, unsigned turn, unsigned turns)
{
    fprintf(stderr, "\r\033[Klinqu: %s, %u of %u", what, turn, turns);
    fflush(stderr);
    progress_shown = true;
}

static void progress_end(void)
{
    if (progress_shown)
        fputs("\r\033[K", stderr);
    progress_shown = false;
}

static bool is_bench(const char *name)
{
    for (size_t i = 0; bench_name(i); i++)
        if (strcmp(bench_name(i), name) == 0)
            return true;
    return false;
}

static json_t *result_json(const struct bench_order *order, const struct figures *figures,
                           json_t *load_before)
{
    json_t *list = json_array();
    char shape[TOPOLOGY_TEXT_SIZE];

    for (size_t i = 0; i < figures->count; i++)
        json_array_append_new(list, figure_json(&figures->list[i]));
    topology_to_text(order->topology, shape, sizeof shape);
    return json_pack("{s:s, s:s, s:s, s:o, s:{s:o, s:o}, s:i, s:o}", "schema", BENCH_SCHEMA,
                     "version", LINQU_VERSION, "topology", shape, "machine",
                     bench_machine(order->base), "load", "before", load_before, "after",
                     bench_load(), "repeat", (int)order->repeat, "figures", list);
}

/* --- an earlier run */

static const json_t *figure_of(const json_t *result, const char *name)
{
    const json_t *figure;
    size_t i;

    json_array_foreach(json_object_get(result, "figures"), i, figure)
    {
        const char *its = json_string_value(json_object_get(figure, "name"));

        if (its && strcmp(its, name) == 0)
            return figure;
    }
    return NULL;
}

/* What the earlier run had for each figure goes into the figures as `before`. */
static void compare_add(json_t *result, const json_t *earlier)
{
    json_t *figure;
    size_t i;

    json_array_foreach(json_object_get(result, "figures"), i, figure)
    {
        const json_t *before =
            figure_of(earlier, json_string_value(json_object_get(figure, "name")));

        if (before)
            json_object_set_new(figure, "before",
                                json_pack("{s:O, s:O}", "median", json_object_get(before, "median"),
                                          "ratio", json_object_get(before, "ratio")));
    }
}

static int compare_read(const char *file, const struct bench_order *order, json_t **earlier)
{
    struct error err;
    json_t *machine;
    bool same;

    *earlier = json_file_read(AT_FDCWD, file, &err);
    if (!*earlier)
        return cli_fail(EXIT_USAGE, "--compare: %s", err.text);
    if (!json_is_string(json_object_get(*earlier, "schema")) ||
        strcmp(json_string_value(json_object_get(*earlier, "schema")), BENCH_SCHEMA) != 0)
        return cli_fail(EXIT_USAGE, "--compare: %s is not what `linqu bench --json` prints", file);
    machine = bench_machine(order->base);
    same = json_equal(machine, json_object_get(*earlier, "machine"));
    json_decref(machine);
    if (!same)
        return cli_fail(EXIT_USAGE, "--compare: %s was measured on another machine", file);
    return 0;
}

/* --- the table */

static void number_print(const json_t *value, int width)
{
    double number = json_number_value(value);

    if (json_is_null(value) || !value)
        printf(" %*s", width, "-");
    else
        printf(" %*.*f", width, number >= 1000 ? 0 : number >= 10 ? 1 : 2, number);
}

static void row_print(const json_t *figure, bool compared)
{
    const json_t *before = json_object_get(figure, "before");

    printf("%-22s", json_string_value(json_object_get(figure, "name")));
    number_print(json_object_get(figure, "ratio"), 7);
    number_print(json_object_get(figure, "median"), 10);
    number_print(json_object_get(figure, "p10"), 10);
    number_print(json_object_get(figure, "p90"), 10);
    number_print(json_object_get(figure, "bare"), 10);
    if (compared) {
        number_print(json_object_get(before, "ratio"), 7);
        number_print(json_object_get(before, "median"), 10);
    }
    printf("  %s, %s is better\n", json_string_value(json_object_get(figure, "unit")),
           json_string_value(json_object_get(figure, "better")));
}

static void table_print(const json_t *result, bool compared)
{
    const json_t *machine = json_object_get(result, "machine"), *figure;
    const json_t *load = json_object_get(json_object_get(result, "load"), "before");
    size_t i;

    printf("%s, %s processors, Linux %s; load %.1f; %s, n = %lld\n\n",
           json_string_value(json_object_get(machine, "processor")),
           with_commas((uint64_t)json_integer_value(json_object_get(machine, "processors"))),
           json_string_value(json_object_get(machine, "kernel")),
           json_number_value(json_array_get(load, 0)),
           json_string_value(json_object_get(result, "topology")),
           json_integer_value(json_object_get(result, "repeat")));
    printf("%-22s %7s %10s %10s %10s %10s%s\n", "figure", "ratio", "median", "p10", "p90", "bare",
           compared ? "  before     median" : "");
    json_array_foreach(json_object_get(result, "figures"), i, figure)
    {
        row_print(figure, compared);
    }
}

/* --- the command */

static int bench_with(const struct invocation *invocation, const struct bench_order *order,
                      const json_t *earlier)
{
    json_t *load = bench_load(), *result;
    struct figures figures = {0};
    struct error err;
    int exit_code = EXIT_DONE;

    if (bench_run(order, &figures, &err) < 0) {
        progress_end();
        exit_code = bench_interruption() ? EXIT_SIGNAL + bench_interruption()
                                         : cli_fail(EXIT_NODE, "%s", err.text);
    }
    progress_end();
    result = result_json(order, &figures, load);
    figures_free(&figures);
    if (earlier)
        compare_add(result, earlier);
    if (invocation->given[OPTION_JSON])
        return cli_finish_json(result, exit_code);
    table_print(result, earlier != NULL);
    json_decref(result);
    return cli_finish(exit_code);
}

static int bench_compared(const struct invocation *invocation, const struct bench_order *order)
{
    const char *file = invocation->text[OPTION_COMPARE];
    json_t *earlier = NULL;
    int result = file ? compare_read(file, order, &earlier) : 0;

    if (result == 0)
        result = bench_with(invocation, order, earlier);
    json_decref(earlier);
    return result;
}

int bench_command(const struct invocation *invocation)
{
    const char *name = invocation->argument_count ? invocation->arguments[0] : "all";
    char base[LIMIT_PATH], notice[LIMIT_PATH];
    struct topology topology;
    struct error err;
    struct bench_order order = {.name = strcmp(name, "all") == 0 ? NULL : name,
                                .topology = &topology,
                                .spec = invocation->text[OPTION_TOPOLOGY],
                                .base = base,
                                .repeat = (unsigned)invocation->number[OPTION_REPEAT],
                                .progress = isatty(STDERR_FILENO) ? progress : NULL};

    if (order.name && !is_bench(name))
        return cli_usage(invocation, "there is no bench %s", name);
    if (topology_load(invocation->text[OPTION_TOPOLOGY], &topology, &err) < 0 ||
        bench_check(&order, &err) < 0)
        return cli_fail(EXIT_USAGE, "%s", err.text);
    if (run_dir_base(invocation->text[OPTION_BASE], base, notice, &err) < 0)
        return cli_fail(EXIT_MACHINE, "%s", err.text);
    if (notice[0])
        cli_note("%s", notice);
    return bench_compared(invocation, &order);
}
