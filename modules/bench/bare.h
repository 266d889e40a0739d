/* The bare programs that ours is measured against: blocking sockets and raw frames of 64 bytes, the
 * size of our smallest. Each takes (order, answer) and runs in a process of its own. */

#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Run one of them. What it writes to `answer` is what it leaves there (zeros before). -1 with a
 * sentence when it failed; it has said more on stderr. */
int bare_call(void (*program)(const void *order, void *answer), const void *order, void *answer,
              size_t answer_size, struct error *err);

enum { BARE_FRAME = 64, BARE_WIDTH_MOST = 64, BARE_SAMPLES_MOST = 8192 };

/* A parent and its child: a frame there and one back. */
struct bare_pingpong_order {
    uint32_t count;
};
struct bare_pingpong_answer {
    uint64_t ns[BARE_SAMPLES_MOST];
};
void bare_pingpong(const void *order, void *answer);

/* A parent that has `width` children answer `frames` frames in all: 64 to each child at a time,
 * written at once and answered at once. */
struct bare_flow_order {
    uint32_t width;
    uint64_t frames;
};
struct bare_flow_answer {
    uint64_t ns;
};
void bare_flow(const void *order, void *answer);

/* A parent has each of `width` children compute `times` steps of bench_compute(), `rounds` times,
 * and waits for all of them each time. */
struct bare_steps_order {
    uint32_t width, rounds;
    uint64_t times;
};
void bare_steps(const void *order, void *answer); // struct bare_flow_answer

/* `bytes` bytes, `count` times: through a socket pair from one process to another, which answers
 * with a byte when it has them all; and by memcpy(), each into pages that were touched before. */
struct bare_copy_order {
    size_t bytes;
    uint32_t count;
};
struct bare_copy_answer {
    uint64_t socket_ns[BARE_SAMPLES_MOST], memcpy_ns[BARE_SAMPLES_MOST];
};
void bare_copy(const void *order, void *answer);

#endif
