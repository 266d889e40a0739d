/* Copies of tensor versions that lie elsewhere, in the node's own memory. They are keyed by
 * version, so they are never stale. A copy that somebody uses stays; of the others, those used
 * longest ago go when there is more than the budget. */

#ifndef CACHE_COPY_CACHE_H
#define CACHE_COPY_CACHE_H

#include <stdbool.h>
#include <stdint.h>

struct copy_cache;

/* Open to read; the cache writes all but `filled` and `bytes[]`, which the fetcher writes. */
struct copy {
    uint64_t handle;
    uint64_t size;
    uint32_t version;
    uint32_t users;             // it stays as long as there are any
    bool pinned;                // likewise, until copy_forget()
    bool whole;                 // all bytes are there
    bool forgotten;             // not found any more; it goes with its last user
    uint64_t filled;            // bytes that are there, from the beginning
    uint8_t *bytes;             // owned by the cache, 64-byte aligned; not zeroed
    struct copy *next;          // of the same handle; of the forgotten ones
    struct copy *newer, *older; // in the order of use, while it may be evicted; when forgotten, who is before `next`
};

enum { COPY_BUDGET_USUAL = 64 * 1024 * 1024 };

struct copy_cache *copy_cache_create(uint64_t budget);
void copy_cache_destroy(struct copy_cache *cache);

/* NULL when there is none. */
struct copy *copy_find(struct copy_cache *cache, uint64_t handle, uint32_t version);
/* A new one with one user, empty (of size 0: whole); it must not be there yet. What exceeds the
 * budget is evicted first; NULL when there is no memory. */
struct copy *copy_add(struct copy_cache *cache, uint64_t handle, uint32_t version, uint64_t size);
void copy_use(struct copy_cache *cache, struct copy *copy);
/* One user less. A copy without users that is not whole goes at once, and others that nobody uses
 * when there is more than the budget. */
void copy_leave(struct copy_cache *cache, struct copy *copy);
/* It stays, used or not, until it is forgotten. */
void copy_pin(struct copy_cache *cache, struct copy *copy);
/* Its owner has retired the version: it goes as soon as nobody uses it. */
void copy_forget(struct copy_cache *cache, uint64_t handle, uint32_t version);

/* All that nobody uses and that is not pinned goes. */
void copy_cache_drop(struct copy_cache *cache);

struct copy_counts {
    uint64_t bytes, bytes_peak; // in copies, pinned ones included
    uint64_t added, evicted;
    uint64_t over_budget; // copies added when nothing more could be evicted
};
struct copy_counts copy_cache_counts(const struct copy_cache *cache);
/* Copies that somebody uses or that are pinned; looks at all. */
uint32_t copy_cache_kept(const struct copy_cache *cache);

#endif
