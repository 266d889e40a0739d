#include "model/beat.h"

enum {
    INTERVAL_MS_LEAST = 1000,
    MANY_NODES = 2000,
    MS_A_NODE = 2, // up to that many
    MS_A_NODE_BEYOND = 10,
};

uint64_t beat_interval_ms(uint32_t node_count)
{
    uint64_t beyond = node_count > MANY_NODES ? node_count - MANY_NODES : 0;
    uint64_t interval_ms = (node_count - beyond) * MS_A_NODE + beyond * MS_A_NODE_BEYOND;

    return interval_ms < INTERVAL_MS_LEAST ? INTERVAL_MS_LEAST : interval_ms;
}

uint64_t beat_slow_after_ns(uint64_t interval_ms)
{
    return (interval_ms + interval_ms / 2 + 500) * 1000000;
}

bool beat_is_slow(uint64_t silent_ns, uint64_t interval_ms)
{
    return silent_ns > beat_slow_after_ns(interval_ms);
}
