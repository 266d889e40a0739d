/* How often a node shows that it lives, and after how much silence it is called slow. Slow is not dead. */

#ifndef MODEL_BEAT_H
#define MODEL_BEAT_H

#include <stdbool.h>
#include <stdint.h>

/* At least one second; 500 beats a second over a tree of up to 2,000 nodes. The more processes sleep,
 * the more costs it to wake one: of what goes beyond, 100 beat in a second (17,489 nodes: 110). */
uint64_t beat_interval_ms(uint32_t node_count);

/* A node is slow after one and a half intervals and half a second of silence. */
uint64_t beat_slow_after_ns(uint64_t interval_ms);
bool beat_is_slow(uint64_t silent_ns, uint64_t interval_ms);

#endif
