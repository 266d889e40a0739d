#include "base/timestamp.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
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

/* The day since 1970-01-01 of a date: the inverse of date_of_day(). */
static uint64_t day_of_date(const struct date *date)
{
    uint64_t year = date->year - (date->month <= 2);
    unsigned march = date->month > 2 ? date->month - 3 : date->month + 9;
    uint64_t in_era = year % 400;
    uint64_t in_year = (153 * march + 2) / 5 + date->day - 1;

    return year / 400 * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 + in_year - EPOCH_DAYS;
}

/* Read `digits` decimal digits at `*at`, go past them and past `after` (0: nothing). */
static bool number_read(const char **at, int digits, char after, unsigned *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *number = *number * 10 + (unsigned)(**at - '0');
    }
    if (after && *(*at)++ != after)
        return false;
    return true;
}

/* The digits after a point, as nanoseconds; false without a digit or with more than nine. */
static bool fraction_read(const char **at, unsigned *nanoseconds)
{
    unsigned unit = 1000000000;

    *nanoseconds = 0;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (unit == 1)
            return false;
        unit /= 10;
        *nanoseconds += (unsigned)(**at - '0') * unit;
    }
    return true;
}

static bool date_is_real(const struct date *date)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = date->year % 4 == 0 && (date->year % 100 != 0 || date->year % 400 == 0);

    if (date->year < 1970 || date->month < 1 || date->month > 12 || date->day < 1)
        return false;
    return date->day <= days[date->month - 1] + (unsigned)(leap && date->month == 2);
}

int timestamp_parse(const char *text, uint64_t *wall_ns)
{
    unsigned hour, minute, second, nanoseconds = 0;
    const char *at = text;
    struct date date;

    if (!number_read(&at, 4, '-', &date.year) || !number_read(&at, 2, '-', &date.month) ||
        !number_read(&at, 2, 'T', &date.day) || !number_read(&at, 2, ':', &hour) ||
        !number_read(&at, 2, ':', &minute) || !number_read(&at, 2, 0, &second))
        return 0;
    if (*at == '.') {
        at++;
        if (!fraction_read(&at, &nanoseconds))
            return 0;
    }
    if (*at++ != 'Z' || !date_is_real(&date) || hour > 23 || minute > 59 || second > 60)
        return 0;
    *wall_ns = (day_of_date(&date) * DAY_S + hour * 3600 + minute * 60 + second) * 1000000000 +
               nanoseconds;
    return (int)(at - text);
}
