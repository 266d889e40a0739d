#include "model/beat.h"

enum { BEATS_PER_SECOND = 500, INTERVAL_MS_LEAST = 1000 };

uint64_t beat_interval_ms(uint32_t node_count)
{
    uint64_t interval_ms = (uint64_t)node_count * 1000 / BEATS_PER_SECOND;

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
