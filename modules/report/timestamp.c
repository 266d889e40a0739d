#include "report/timestamp.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_SECOND UINT64_C(1000000000)

uint64_t timestamp_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

/* Digits after the point as nanoseconds; moves `*at` behind them. */
static uint64_t fraction_ns(const char **at)
{
    uint64_t ns = 0, unit = NS_PER_SECOND;

    while (isdigit((unsigned char)**at)) {
        unit /= 10;
        ns += (uint64_t)(*(*at)++ - '0') * unit;
    }
    return ns;
}

static bool date_parse(const char *text, struct tm *utc, int *length)
{
    int year, month;

    *length = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &utc->tm_mday, &utc->tm_hour,
               &utc->tm_min, &utc->tm_sec, length) != 6 ||
        *length != (int)strlen("2026-11-23T08:07:19"))
        return false;
    utc->tm_year = year - 1900;
    utc->tm_mon = month - 1;
    return year >= 1970 && month >= 1 && month <= 12 && utc->tm_mday >= 1 && utc->tm_mday <= 31 &&
           utc->tm_hour >= 0 && utc->tm_hour <= 23 && utc->tm_min >= 0 && utc->tm_min <= 59 &&
           utc->tm_sec >= 0 && utc->tm_sec <= 60;
}

int timestamp_parse(const char *text, uint64_t *wall_ns)
{
    struct tm utc = {0};
    const char *at;
    uint64_t ns = 0;
    int length;

    if (!date_parse(text, &utc, &length))
        return 0;
    at = text + length;
    if (*at == '.') {
        at++;
        ns = fraction_ns(&at);
    }
    if (*at++ != 'Z')
        return 0;
    *wall_ns = (uint64_t)timegm(&utc) * NS_PER_SECOND + ns;
    return (int)(at - text);
}
