/* Wall-clock times as logs and reports write them: 2026-11-23T08:07:19.412345678Z, always UTC. */

#ifndef REPORT_TIMESTAMP_H
#define REPORT_TIMESTAMP_H

#include <stdint.h>

#include "base/timestamp.h"

uint64_t timestamp_now(void); // nanoseconds since 1970

/* Read a timestamp that begins `text`; the fraction may have 0 to 9 digits. Returns the bytes read,
 * 0 when it is none. */
int timestamp_parse(const char *text, uint64_t *wall_ns);

#endif
