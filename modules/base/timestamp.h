/* A moment as people and files read it. Pure: no clock, no time zone. */

#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include <stdint.h>

enum { TIMESTAMP_SIZE = 32 }; // bytes that always suffice, closing NUL included

/* "2026-11-23T08:07:19.412345678Z" for nanoseconds since 1970-01-01 UTC. Returns the length. */
int timestamp_format(uint64_t wall_ns, char out[TIMESTAMP_SIZE]);

/* Read the timestamp that `text` begins with: as above, with 0 to 9 digits after the point, or no
 * point. Returns how many bytes it has, 0 when there is none. */
int timestamp_parse(const char *text, uint64_t *wall_ns);

#endif
