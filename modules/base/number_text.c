#include "base/number_text.h"

#include <inttypes.h>
#include <stdio.h>

enum { BUFFERS = 16, BUFFER_SIZE = 32 }; // 2^64 - 1 with commas has 26 characters

static char *next_buffer(void)
{
    static char buffers[BUFFERS][BUFFER_SIZE];
    static unsigned next;

    return buffers[next++ % BUFFERS];
}

const char *with_commas(uint64_t number)
{
    char plain[24], *out = next_buffer();
    int size = snprintf(plain, sizeof plain, "%" PRIu64, number), at = 0;

    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = plain[i];
    }
    out[at] = '\0';
    return out;
}

const char *with_unit(uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    char *out = next_buffer();
    double value = (double)bytes;
    unsigned unit = 0;

    while (value >= 1024) {
        value /= 1024;
        unit++;
    }
    snprintf(out, BUFFER_SIZE, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value,
             units[unit]);
    return out;
}
