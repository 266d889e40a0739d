/* The body of a frame: its structure, and its items one by one. Of msgpack only what messages are
 * made of is read; the rest is known by its length, so that what a later version adds can be
 * skipped.
 *
 * This stands before and in place of the library's unpacker, which makes an object of every item
 * before anybody has looked at one: docs/design/frames.md. */

#ifndef WIRE_BODY_H
#define WIRE_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/header.h"

/* The structural scan: exactly one msgpack array, depth <= LIMIT_FRAME_DEPTH, each count backed by
 * remaining bytes, nothing left over. Allocates nothing. FRAME_OK or FRAME_BAD_BODY. */
enum frame_fault body_scan(const uint8_t *body, size_t size);

/* For a body that passed the scan and an item that is there, which its array's count tells. Each
 * reads the item at
 * `*at` and goes on to the next; false when it is of another kind, and `*at` then means nothing any
 * more. */
bool body_unsigned(const uint8_t **at, uint64_t most, uint64_t *value);
bool body_array(const uint8_t **at, uint32_t *count);
/* `*bytes` points into the body. */
bool body_str(const uint8_t **at, const uint8_t **bytes, uint32_t *size);
bool body_bin(const uint8_t **at, const uint8_t **bytes, uint32_t *size);
/* Pass over `count` items of any kind, with all that is in them. */
void body_skip(const uint8_t **at, uint64_t count);

#endif
