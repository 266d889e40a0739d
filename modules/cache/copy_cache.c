#include "cache/copy_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "base/u64_map.h"

enum {
    COPY_ALIGN = 64,
    PAGE_ALIGN = 4096,
    PAGES_FROM = 128 * 1024, // copies of so many bytes have pages of their own
    HUGE_ALIGN = 2 * 1024 * 1024,
    // Copies of so many bytes lie in large pages, if there are any: new small ones cost 20 times as much as filling
    // them. One takes up to twice its bytes.
    HUGE_FROM = HUGE_ALIGN / 2,
};

#define COPY_SIZE_MOST (UINT64_C(64) << 30) // no ring is larger

struct copy_cache {
    struct u64_map by_handle;     // the first of each handle's copies that are not forgotten
    struct copy *newest, *oldest; // those that may be evicted
    struct copy *forgotten;       // those that are still used, by `next`, and back by `newer`
    uint8_t *spare;               // memory of a large copy that is gone; NULL: none
    uint64_t spare_size;
    uint64_t budget;
    struct copy_counts counts;
};

struct copy_cache *copy_cache_create(uint64_t budget)
{
    struct copy_cache *cache = memory_new(1, sizeof *cache);

    cache->budget = budget;
    return cache;
}

static void free_chain(struct copy *copy)
{
    while (copy) {
        struct copy *next = copy->next;

        free(copy->bytes);
        free(copy);
        copy = next;
    }
}

void copy_cache_destroy(struct copy_cache *cache)
{
    size_t at = 0;
    struct copy *copy;

    if (!cache)
        return;
    while ((copy = u64_map_next(&cache->by_handle, &at)))
        free_chain(copy);
    free_chain(cache->forgotten);
    u64_map_free(&cache->by_handle);
    free(cache->spare);
    free(cache);
}

struct copy *copy_find(struct copy_cache *cache, uint64_t handle, uint32_t version)
{
    struct copy *copy = u64_map_find(&cache->by_handle, handle);

    while (copy && copy->version != version)
        copy = copy->next;
    return copy;
}

static bool may_go(const struct copy *copy)
{
    return copy->users == 0 && !copy->pinned && copy->whole && !copy->forgotten;
}

static void put_newest(struct copy_cache *cache, struct copy *copy)
{
    copy->newer = NULL;
    copy->older = cache->newest;
    if (cache->newest)
        cache->newest->newer = copy;
    else
        cache->oldest = copy;
    cache->newest = copy;
}

static void take_from_order(struct copy_cache *cache, struct copy *copy)
{
    if (copy->newer)
        copy->newer->older = copy->older;
    else
        cache->newest = copy->older;
    if (copy->older)
        copy->older->newer = copy->newer;
    else
        cache->oldest = copy->newer;
    copy->newer = copy->older = NULL;
}

static void take_from_handle(struct copy_cache *cache, struct copy *copy)
{
    struct copy *first = u64_map_remove(&cache->by_handle, copy->handle);
    struct copy **link = &first;

    while (*link != copy)
        link = &(*link)->next;
    *link = copy->next;
    if (first)
        u64_map_put(&cache->by_handle, copy->handle, first);
}

static void take_from_forgotten(struct copy_cache *cache, struct copy *copy)
{
    if (copy->newer)
        copy->newer->next = copy->next;
    else
        cache->forgotten = copy->next;
    if (copy->next)
        copy->next->newer = copy->newer;
}

static uint64_t align_of(uint64_t size)
{
    if (size >= HUGE_FROM)
        return HUGE_ALIGN;
    return size >= PAGES_FROM ? PAGE_ALIGN : COPY_ALIGN;
}

static uint64_t rounded_up(uint64_t size)
{
    uint64_t align = align_of(size);

    return size ? (size + align - 1) / align * align : align;
}

/* Memory that was touched before costs much less than new one. */
static uint8_t *take_spare(struct copy_cache *cache, uint64_t size)
{
    uint8_t *bytes = cache->spare;

    if (size < PAGES_FROM || cache->spare_size != rounded_up(size))
        return NULL;
    cache->spare = NULL;
    cache->spare_size = 0;
    return bytes;
}

static uint8_t *bytes_for(struct copy_cache *cache, uint64_t size)
{
    uint64_t rounded = rounded_up(size);
    uint8_t *bytes = take_spare(cache, size);

    if (bytes)
        return bytes;
    bytes = aligned_alloc(align_of(size), rounded);
    if (bytes && size >= HUGE_FROM)
        madvise(bytes, rounded, MADV_HUGEPAGE); // else touching it costs more than filling it
    else if (bytes && size >= PAGES_FROM)
        madvise(bytes, rounded, MADV_POPULATE_WRITE); // all pages at once, not by a fault for each
    return bytes;
}

/* The last large one is kept while the budget has room for it. */
static void give_back(struct copy_cache *cache, uint8_t *bytes, uint64_t size)
{
    uint64_t rounded = rounded_up(size);

    if (size < PAGES_FROM || cache->counts.bytes + rounded > cache->budget) {
        free(bytes);
        return;
    }
    free(cache->spare);
    cache->spare = bytes;
    cache->spare_size = rounded;
}

static void drop_spare(struct copy_cache *cache)
{
    free(cache->spare);
    cache->spare = NULL;
    cache->spare_size = 0;
}

/* It is in no order of use any more. */
static void drop(struct copy_cache *cache, struct copy *copy)
{
    if (copy->forgotten)
        take_from_forgotten(cache, copy);
    else
        take_from_handle(cache, copy);
    cache->counts.bytes -= copy->size;
    give_back(cache, copy->bytes, copy->size);
    free(copy);
}

/* Make room for `size` bytes more, as far as that can be. */
static void evict_for(struct copy_cache *cache, uint64_t size)
{
    while (cache->oldest && cache->counts.bytes + size > cache->budget) {
        struct copy *copy = cache->oldest;

        take_from_order(cache, copy);
        drop(cache, copy);
        cache->counts.evicted++;
    }
}

void copy_cache_drop(struct copy_cache *cache)
{
    while (cache->oldest) {
        struct copy *copy = cache->oldest;

        take_from_order(cache, copy);
        drop(cache, copy);
    }
    drop_spare(cache);
}

struct copy *copy_add(struct copy_cache *cache, uint64_t handle, uint32_t version, uint64_t size)
{
    struct copy *copy;
    uint8_t *bytes;

    assert(!copy_find(cache, handle, version));
    if (size > COPY_SIZE_MOST)
        return NULL;
    evict_for(cache, size);
    bytes = bytes_for(cache, size);
    if (!bytes)
        return NULL;
    copy = memory_new(1, sizeof *copy);
    *copy = (struct copy){.handle = handle,
                          .version = version,
                          .size = size,
                          .users = 1,
                          .whole = size == 0,
                          .bytes = bytes};
    copy->next = u64_map_remove(&cache->by_handle, handle);
    u64_map_put(&cache->by_handle, handle, copy);
    cache->counts.added++;
    cache->counts.bytes += size;
    if (cache->counts.bytes + cache->spare_size > cache->budget)
        drop_spare(cache);
    if (cache->counts.bytes > cache->counts.bytes_peak)
        cache->counts.bytes_peak = cache->counts.bytes;
    if (cache->counts.bytes > cache->budget)
        cache->counts.over_budget++;
    return copy;
}

void copy_use(struct copy_cache *cache, struct copy *copy)
{
    if (may_go(copy))
        take_from_order(cache, copy);
    copy->users++;
}

void copy_leave(struct copy_cache *cache, struct copy *copy)
{
    assert(copy->users > 0);
    if (--copy->users > 0 || copy->pinned)
        return;
    if (may_go(copy))
        put_newest(cache, copy);
    else
        drop(cache, copy);
    evict_for(cache, 0);
}

void copy_pin(struct copy_cache *cache, struct copy *copy)
{
    if (may_go(copy))
        take_from_order(cache, copy);
    copy->pinned = true;
}

void copy_forget(struct copy_cache *cache, uint64_t handle, uint32_t version)
{
    struct copy *copy = copy_find(cache, handle, version);

    if (!copy)
        return;
    if (may_go(copy))
        take_from_order(cache, copy);
    copy->pinned = false;
    if (copy->users == 0) {
        drop(cache, copy);
        return;
    }
    take_from_handle(cache, copy);
    copy->forgotten = true;
    copy->next = cache->forgotten;
    if (copy->next)
        copy->next->newer = copy;
    cache->forgotten = copy;
}

struct copy_counts copy_cache_counts(const struct copy_cache *cache)
{
    return cache->counts;
}

static uint32_t count_kept(const struct copy *first)
{
    uint32_t count = 0;

    for (; first; first = first->next)
        count += !may_go(first);
    return count;
}

uint32_t copy_cache_kept(const struct copy_cache *cache)
{
    uint32_t count = count_kept(cache->forgotten);
    size_t at = 0;
    const struct copy *copy;

    while ((copy = u64_map_next(&cache->by_handle, &at)))
        count += count_kept(copy);
    return count;
}
