#include "core/ring_profile.h"

#include <assert.h>
#include <string.h>

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? (double)((1000 * part + whole / 2) / whole) / 10.0 : 0.0;
}

static void put(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *profile_layer(const struct ring_layer *layer)
{
    json_t *out = json_object();

    json_object_set_new(out, "level", json_string(level_name((enum level)layer->level)));
    put(out, "depth", layer->depth);
    put(out, "task_ring_capacity", layer->task_capacity);
    put(out, "task_ring_peak_used", layer->task_peak);
    json_object_set_new(out, "task_ring_peak_occupancy_pct",
                        json_real(percent(layer->task_peak, layer->task_capacity)));
    put(out, "task_ring_block_count", layer->task_blocks);
    put(out, "task_ring_block_time_us", layer->task_block_ns / 1000);
    put(out, "buffer_ring_capacity_bytes", layer->buffer_capacity);
    put(out, "buffer_ring_peak_used_bytes", layer->buffer_peak);
    json_object_set_new(out, "buffer_ring_peak_occupancy_pct",
                        json_real(percent(layer->buffer_peak, layer->buffer_capacity)));
    put(out, "buffer_ring_block_count", layer->buffer_blocks);
    put(out, "buffer_ring_block_time_us", layer->buffer_block_ns / 1000);
    put(out, "retire_scan_calls", layer->retire_scans);
    put(out, "retire_scan_reclaimed_tasks", layer->task_retires);
    put(out, "retire_scan_reclaimed_bytes", layer->retired_bytes);
    put(out, "task_alloc_count", layer->task_allocs);
    put(out, "task_retire_count", layer->task_retires);
    put(out, "buffer_alloc_bytes", layer->buffer_alloc_bytes);
    put(out, "scope_begin_count", layer->scope_begins);
    put(out, "scope_end_count", layer->scope_ends);
    put(out, "scope_tokens_applied", layer->tokens_by_scope);
    put(out, "superseded", layer->superseded);
    put(out, "free_calls", layer->frees);
    return out;
}

json_t *ring_profile_make(const struct ring_view *view, const char *run_id, const char *node_id,
                          uint64_t bytes_peak, uint32_t deepest)
{
    json_t *profile = json_object(), *layers = json_array(), *global = json_object();
    uint64_t block_ns = 0;

    for (size_t i = 0; i < view->count; i++) {
        json_array_append_new(layers, profile_layer(&view->layers[i]));
        block_ns += view->layers[i].task_block_ns + view->layers[i].buffer_block_ns;
    }
    put(global, "total_block_time_us", block_ns / 1000);
    put(global, "max_active_scope_depth", deepest);
    put(global, "peak_total_buffer_bytes", bytes_peak);
    json_object_set_new(profile, "run_id", json_string(run_id));
    json_object_set_new(profile, "node_id", json_string(node_id));
    json_object_set_new(profile, "layers", layers);
    json_object_set_new(profile, "global", global);
    return profile;
}

/* --- many nodes ------------------------------------------------------------------------------- */

bool ring_profile_is(const json_t *profile)
{
    size_t i;
    json_t *layer;

    if (!json_is_array(json_object_get(profile, "layers")) ||
        !json_is_object(json_object_get(profile, "global")))
        return false;
    json_array_foreach(json_object_get(profile, "layers"), i, layer)
    {
        if (!json_is_string(json_object_get(layer, "level")) ||
            !json_is_integer(json_object_get(layer, "depth")))
            return false;
    }
    return true;
}

json_t *ring_profile_layer(const json_t *profile, const json_t *like)
{
    json_t *layers = json_object_get(profile, "layers"), *layer;
    size_t i;

    json_array_foreach(layers, i, layer)
    {
        if (json_equal(json_object_get(layer, "level"), json_object_get(like, "level")) &&
            json_equal(json_object_get(layer, "depth"), json_object_get(like, "depth")))
            return layer;
    }
    return NULL;
}

/* The largest of both: a peak, a capacity, a depth. All other numbers add up. */
static bool is_largest(const char *key)
{
    return strstr(key, "peak") || strstr(key, "capacity") || strstr(key, "depth");
}

static void add_numbers(json_t *sum, const json_t *one)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)one, key, value)
    {
        json_t *old = json_object_get(sum, key);

        if (!json_is_number(value) || !json_is_number(old))
            continue;
        if (!is_largest(key))
            json_integer_set(old, json_integer_value(old) + json_integer_value(value));
        else if (json_number_value(value) > json_number_value(old))
            json_object_set(sum, key, value);
    }
}

int ring_profile_add(json_t *sum, const json_t *profile, struct error *err)
{
    json_t *layer;
    size_t i;

    if (!ring_profile_is(sum) || !ring_profile_is(profile))
        return error_set(err, "this is no ring profile: it lacks layers or global");
    json_array_foreach(json_object_get(profile, "layers"), i, layer)
    {
        json_t *there = ring_profile_layer(sum, layer);

        if (there)
            add_numbers(there, layer);
        else
            json_array_append_new(json_object_get(sum, "layers"), json_deep_copy(layer));
    }
    add_numbers(json_object_get(sum, "global"), json_object_get(profile, "global"));
    return 0;
}
