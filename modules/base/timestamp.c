#include "base/timestamp.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { DAY_S = 86400, ERA_DAYS = 146097, EPOCH_DAYS = 719468 };

struct date {
    unsigned year, month, day;
};

/* The Gregorian date of a day since 1970-01-01, counted in years that begin in March, so that the
 * leap day is the last of its year. (gmtime_r would look for a time zone file first.) */
static struct date date_of_day(uint64_t day)
{
    uint64_t shifted = day + EPOCH_DAYS;
    uint64_t era = shifted / ERA_DAYS;
    unsigned in_era = (unsigned)(shifted % ERA_DAYS);
    unsigned year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    unsigned in_year = in_era - (365 * year + year / 4 - year / 100);
    unsigned march = (5 * in_year + 2) / 153;
    struct date date = {
        .month = march < 10 ? march + 3 : march - 9,
        .day = in_year - (153 * march + 2) / 5 + 1,
    };

    date.year = (unsigned)(era * 400) + year + (date.month <= 2);
    return date;
}

int timestamp_format(uint64_t wall_ns, char out[TIMESTAMP_SIZE])
{
    uint64_t seconds = wall_ns / 1000000000;
    unsigned nanoseconds = (unsigned)(wall_ns % 1000000000);
    unsigned in_day = (unsigned)(seconds % DAY_S);
    struct date date = date_of_day(seconds / DAY_S);
    int size =
        snprintf(out, TIMESTAMP_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ", date.year, date.month,
                 date.day, in_day / 3600, in_day / 60 % 60, in_day % 60, nanoseconds);

    assert(size > 0 && size < TIMESTAMP_SIZE);
    return size;
}
