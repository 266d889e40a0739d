/* Advice and verdict on a ring profile. */

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/buffer_ring.h"
#include "core/ring_profile.h"

static uint64_t number(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* --- advice ----------------------------------------------------------------------------------- */

struct ring_words {
    const char *name, *capacity, *peak, *blocks;
};

static const struct ring_words task_words = {"task_ring", "task_ring_capacity",
                                             "task_ring_peak_used", "task_ring_block_count"};
static const struct ring_words buffer_words = {"buffer_ring", "buffer_ring_capacity_bytes",
                                               "buffer_ring_peak_used_bytes",
                                               "buffer_ring_block_count"};

static uint64_t power_of_two(uint64_t at_least)
{
    uint64_t power = 1;

    while (power < at_least)
        power *= 2;
    return power;
}

/* ceil(peak x 1.25); of a ring that somebody waited for, no less than 1.25 of what it has. */
static uint64_t advised(const json_t *layer, const struct ring_words *words)
{
    uint64_t peak = number(layer, words->peak), capacity = number(layer, words->capacity), need;

    if (number(layer, words->blocks) && peak < capacity)
        peak = capacity;
    need = (5 * peak + 3) / 4;
    if (words == &task_words)
        return power_of_two(need ? need : 1);
    return need ? buffer_ring_need(need) : BUFFER_RING_ALIGN;
}

static json_t *ring_advice(const json_t *layer, const struct ring_words *words)
{
    uint64_t capacity = number(layer, words->capacity), advice = advised(layer, words);
    const char *verdict = "enough";

    if (number(layer, words->blocks))
        verdict = "raise";
    else if (advice < capacity / 2)
        verdict = "could be less";
    return json_pack("{s:I, s:I, s:I, s:I, s:s}", "capacity", (json_int_t)capacity, "peak_used",
                     (json_int_t)number(layer, words->peak), "block_count",
                     (json_int_t)number(layer, words->blocks), "advice", (json_int_t)advice,
                     "verdict", verdict);
}

/* A level's layers share their capacities: the largest advice of its depths, as --ring-capacity
 * takes it. */
static json_t *level_option(const json_t *profile, enum level level)
{
    uint64_t slots = 0, bytes = 0;
    json_t *layer;
    size_t i;

    json_array_foreach(json_object_get(profile, "layers"), i, layer)
    {
        uint64_t task = advised(layer, &task_words), buffer = advised(layer, &buffer_words);

        if (strcmp(json_string_value(json_object_get(layer, "level")), level_name(level)) != 0)
            continue;
        slots = task > slots ? task : slots;
        bytes = buffer > bytes ? buffer : bytes;
    }
    return slots ? json_sprintf("L%d:task=%ju,buffer=%ju", (int)level, (uintmax_t)slots,
                                (uintmax_t)bytes)
                 : NULL;
}

json_t *ring_profile_advice(const json_t *profile)
{
    json_t *layers = json_array(), *options = json_array(), *layer;
    size_t i;

    json_array_foreach(json_object_get(profile, "layers"), i, layer)
    {
        json_array_append_new(layers, json_pack("{s:O, s:O, s:o, s:o}", "level",
                                                json_object_get(layer, "level"), "depth",
                                                json_object_get(layer, "depth"), task_words.name,
                                                ring_advice(layer, &task_words), buffer_words.name,
                                                ring_advice(layer, &buffer_words)));
    }
    for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
        json_t *option = level_option(profile, (enum level)level);

        if (option)
            json_array_append_new(options, option);
    }
    return json_pack("{s:o, s:o}", "layers", layers, "options", options);
}

/* --- verdict ---------------------------------------------------------------------------------- */

enum result { RESULT_PASS, RESULT_WARN, RESULT_FAIL };
static const char *const result_names[] = {"pass", "warn", "fail"};

/* One check while its layers are looked at: the worst result so far, and the first place where it
 * was found. */
struct check {
    const char *name;
    enum result result;
    char detail[256];
};

static void find_fault(struct check *check, enum result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void find_fault(struct check *check, enum result result, const char *format, ...)
{
    va_list args;

    if (result <= check->result)
        return;
    check->result = result;
    va_start(args, format);
    vsnprintf(check->detail, sizeof check->detail, format, args);
    va_end(args);
}

static const char *place_of(const json_t *layer, char *out, size_t size)
{
    snprintf(out, size, "%s depth %d", json_string_value(json_object_get(layer, "level")),
             (int)number(layer, "depth"));
    return out;
}

static void check_equal(struct check *check, const json_t *layer, const char *all, const char *back)
{
    char place[64];

    if (number(layer, all) != number(layer, back))
        find_fault(check, RESULT_FAIL, "%s: %s %ju, %s %ju", place_of(layer, place, sizeof place),
                   all, (uintmax_t)number(layer, all), back, (uintmax_t)number(layer, back));
}

static void check_retired(struct check *check, const json_t *layer, const json_t *before)
{
    (void)before;
    check_equal(check, layer, "task_alloc_count", "task_retire_count");
}

static void check_scopes(struct check *check, const json_t *layer, const json_t *before)
{
    (void)before;
    check_equal(check, layer, "scope_begin_count", "scope_end_count");
}

/* Where nobody waited, nobody must wait now; more waiting than before is a warning. */
static void check_blocks(struct check *check, const json_t *layer, const json_t *before)
{
    uint64_t now = number(layer, task_words.blocks) + number(layer, buffer_words.blocks);
    uint64_t then = number(before, task_words.blocks) + number(before, buffer_words.blocks);
    char place[64];

    if (now > then && before)
        find_fault(check, then ? RESULT_WARN : RESULT_FAIL, "%s: %ju blocks, %ju before",
                   place_of(layer, place, sizeof place), (uintmax_t)now, (uintmax_t)then);
    else if (now && !before)
        find_fault(check, RESULT_WARN, "%s: %ju blocks", place_of(layer, place, sizeof place),
                   (uintmax_t)now);
}

/* More than a tenth above the stored value is a warning, more than half a failure. */
static void check_growth(struct check *check, const char *place, const char *key, uint64_t now,
                         uint64_t then)
{
    enum result result = 2 * now > 3 * then ? RESULT_FAIL : RESULT_WARN;

    if (10 * now > 11 * then)
        find_fault(check, result, "%s: %s %ju, %ju before", place, key, (uintmax_t)now,
                   (uintmax_t)then);
}

static void check_peaks(struct check *check, const json_t *layer, const json_t *before)
{
    char place[64];

    if (!before)
        return;
    place_of(layer, place, sizeof place);
    check_growth(check, place, task_words.peak, number(layer, task_words.peak),
                 number(before, task_words.peak));
    check_growth(check, place, buffer_words.peak, number(layer, buffer_words.peak),
                 number(before, buffer_words.peak));
}

static void check_work(struct check *check, const json_t *layer, const json_t *before)
{
    char place[64];

    if (before && number(layer, "task_alloc_count") != number(before, "task_alloc_count"))
        find_fault(check, RESULT_WARN, "%s: %ju tasks, %ju before: another workload?",
                   place_of(layer, place, sizeof place),
                   (uintmax_t)number(layer, "task_alloc_count"),
                   (uintmax_t)number(before, "task_alloc_count"));
}

static const struct {
    const char *name;
    void (*look)(struct check *check, const json_t *layer, const json_t *before);
} layer_checks[] = {
    {"all retired", check_retired}, {"scopes ended", check_scopes}, {"blocks", check_blocks},
    {"peaks", check_peaks},         {"same work", check_work},
};

static enum result add_check(json_t *checks, const struct check *check)
{
    json_array_append_new(checks, json_pack("{s:s, s:s, s:s}", "name", check->name, "result",
                                            result_names[check->result], "detail", check->detail));
    return check->result;
}

static enum result check_layers(json_t *checks, size_t which, const json_t *profile,
                                const json_t *baseline)
{
    struct check check = {.name = layer_checks[which].name};
    json_t *layer;
    size_t i;

    json_array_foreach(json_object_get(profile, "layers"), i, layer)
    {
        layer_checks[which].look(&check, layer,
                                 baseline ? ring_profile_layer(baseline, layer) : NULL);
    }
    return add_check(checks, &check);
}

/* Layers that only one of the two has. */
static enum result check_same_layers(json_t *checks, const json_t *profile, const json_t *baseline)
{
    struct check check = {.name = "same layers"};
    char place[64];
    json_t *layer;
    size_t i;

    json_array_foreach(json_object_get(profile, "layers"), i, layer)
    {
        if (!ring_profile_layer(baseline, layer))
            find_fault(&check, RESULT_WARN, "%s is new", place_of(layer, place, sizeof place));
    }
    json_array_foreach(json_object_get(baseline, "layers"), i, layer)
    {
        if (!ring_profile_layer(profile, layer))
            find_fault(&check, RESULT_WARN, "%s is gone", place_of(layer, place, sizeof place));
    }
    return add_check(checks, &check);
}

static enum result check_global(json_t *checks, const json_t *profile, const json_t *baseline)
{
    const json_t *now = json_object_get(profile, "global");
    const json_t *then = json_object_get(baseline, "global");
    struct check memory = {.name = "memory"}, waiting = {.name = "block time"};
    uint64_t now_us = number(now, "total_block_time_us");
    uint64_t then_us = number(then, "total_block_time_us");
    enum result a, b;

    check_growth(&memory, "all layers", "peak_total_buffer_bytes",
                 number(now, "peak_total_buffer_bytes"), number(then, "peak_total_buffer_bytes"));
    if (now_us > 1000 && now_us > 2 * then_us)
        find_fault(&waiting, RESULT_WARN, "%ju us, %ju before", (uintmax_t)now_us,
                   (uintmax_t)then_us);
    a = add_check(checks, &memory);
    b = add_check(checks, &waiting);
    return a > b ? a : b;
}

json_t *ring_profile_verdict(const char *workload, const json_t *profile, const json_t *baseline,
                             struct error *err)
{
    enum result worst = RESULT_PASS, found;
    json_t *checks;

    if (!ring_profile_is(profile) || (baseline && !ring_profile_is(baseline))) {
        error_set(err, "%s is no ring profile: it lacks layers or global",
                  ring_profile_is(profile) ? "the baseline" : "this");
        return NULL;
    }
    checks = json_array();
    for (size_t i = 0; i < sizeof layer_checks / sizeof *layer_checks; i++) {
        found = check_layers(checks, i, profile, baseline);
        worst = found > worst ? found : worst;
    }
    if (baseline) {
        found = check_same_layers(checks, profile, baseline);
        worst = found > worst ? found : worst;
        found = check_global(checks, profile, baseline);
        worst = found > worst ? found : worst;
    }
    return json_pack("{s:s, s:s, s:o}", "workload", workload, "status", result_names[worst],
                     "checks", checks);
}
