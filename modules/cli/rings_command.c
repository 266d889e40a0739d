/* `linqu rings`: what a run did with its rings, how large they should be, and whether that is still
 * as good as it was. */

#include <fcntl.h>
#include <string.h>

#include "base/exit_code.h"
#include "base/json_text.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/run_view.h"
#include "core/ring_profile.h"
#include "report/json_file.h"

static json_t *profile_in(int dir_fd, const char *name, struct error *err)
{
    json_t *profile = json_file_read(dir_fd, name, err);

    if (profile && !ring_profile_is(profile)) {
        error_set(err, "%s is no ring profile", name);
        json_decref(profile);
        return NULL;
    }
    return profile;
}

static bool is_file(const char *name)
{
    return name && strchr(name, '/');
}

/* Of a file, or of a run; NULL and the exit code, said. */
static json_t *profile_of(const struct invocation *invocation, const char *name, int *exit_code)
{
    struct run_view view;
    struct error err;
    json_t *profile;

    if (is_file(name)) {
        profile = profile_in(AT_FDCWD, name, &err);
        *exit_code = profile ? EXIT_DONE : cli_fail(EXIT_USAGE, "%s", err.text);
        return profile;
    }
    *exit_code = run_view_of(invocation, name, &view);
    if (*exit_code != EXIT_DONE)
        return NULL;
    profile = profile_in(view.dir.fd, "ring_profile.json", &err);
    if (!profile)
        *exit_code = cli_fail(EXIT_NO_RUN,
                              "the run %s has no ring profile: it ran no tasks, or was killed (%s)",
                              view.dir.name, err.text);
    run_view_close(&view);
    return profile;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static json_int_t number_at(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void ring_print(const json_t *layer, const char *ring)
{
    const json_t *of = json_object_get(layer, ring);

    printf("%12lld%12lld%8lld%12lld  %s\n", (long long)number_at(of, "capacity"),
           (long long)number_at(of, "peak_used"), (long long)number_at(of, "block_count"),
           (long long)number_at(of, "advice"), text_at(of, "verdict"));
}

static void advice_print(const json_t *advice)
{
    const json_t *layer, *option;
    size_t i;

    printf("%-14s%6s%12s%12s%8s%12s\n", "ring", "depth", "capacity", "peak", "blocks", "advice");
    json_array_foreach(json_object_get(advice, "layers"), i, layer)
    {
        printf("%-7s tasks%7lld", text_at(layer, "level"), (long long)number_at(layer, "depth"));
        ring_print(layer, "task_ring");
        printf("%-7s bytes%7lld", text_at(layer, "level"), (long long)number_at(layer, "depth"));
        ring_print(layer, "buffer_ring");
    }
    printf("\n");
    json_array_foreach(json_object_get(advice, "options"), i, option)
    {
        printf("--ring-capacity %s\n", json_string_value(option));
    }
}

static void verdict_print(const json_t *verdict)
{
    const json_t *check;
    size_t i;

    printf("\n%s: %s\n", text_at(verdict, "workload"), text_at(verdict, "status"));
    json_array_foreach(json_object_get(verdict, "checks"), i, check)
    {
        printf("  %-14s %-5s %s\n", text_at(check, "name"), text_at(check, "result"),
               text_at(check, "detail"));
    }
}

static int rings_show(const struct invocation *invocation, const json_t *profile,
                      const json_t *baseline)
{
    struct error err;
    json_t *advice = ring_profile_advice(profile);
    json_t *verdict = ring_profile_verdict(text_at(profile, "run_id"), profile, baseline, &err);
    int exit_code;

    if (!verdict) {
        json_decref(advice);
        return cli_fail(EXIT_USAGE, "%s", err.text);
    }
    exit_code = strcmp(text_at(verdict, "status"), "fail") == 0 ? EXIT_CHECK : EXIT_DONE;
    if (invocation->given[OPTION_JSON])
        return cli_finish_json(json_pack("{s:s, s:s, s:o, s:o}", "schema", "linqu.rings/1", "run",
                                         text_at(profile, "run_id"), "advice", advice, "verdict",
                                         verdict),
                               exit_code);
    advice_print(advice);
    verdict_print(verdict);
    json_decref(advice);
    json_decref(verdict);
    return cli_finish(exit_code);
}

int rings_command(const struct invocation *invocation)
{
    const char *name = invocation->argument_count ? invocation->arguments[0] : NULL;
    const char *stored = invocation->text[OPTION_BASELINE];
    json_t *profile, *baseline = NULL;
    struct error err;
    int exit_code;

    profile = profile_of(invocation, name, &exit_code);
    if (!profile)
        return exit_code;
    if (stored)
        baseline = profile_in(AT_FDCWD, stored, &err);
    if (stored && !baseline)
        exit_code = cli_fail(EXIT_USAGE, "--baseline: %s", err.text);
    else
        exit_code = rings_show(invocation, profile, baseline);
    json_decref(profile);
    json_decref(baseline);
    return exit_code;
}
