/* A table from 64-bit keys to pointers, for handles, ranks and hashes. Open addressing, kept at
 * most half full; finding, putting and removing take constant time. */

#ifndef BASE_U64_MAP_H
#define BASE_U64_MAP_H

#include <stddef.h>
#include <stdint.h>

/* All zero is the empty table. Values are borrowed and never NULL. */
struct u64_map {
    struct u64_map_slot *slots; // owned
    size_t capacity;            // 0, or a power of two
    size_t count;
};

/* NULL when the key is not there. */
void *u64_map_find(const struct u64_map *map, uint64_t key);
/* The key must not be there yet. */
void u64_map_put(struct u64_map *map, uint64_t key, void *value);
/* The removed value, or NULL when the key was not there. */
void *u64_map_remove(struct u64_map *map, uint64_t key);

/* Walk all values in no particular order: start with *at == 0, until NULL. Between the calls the
 * table may only be changed by u64_map_remove(); then a value may come twice or, if it was moved to
 * the front, not at all. */
void *u64_map_next(const struct u64_map *map, size_t *at);

/* Forget all keys and give the memory back. */
void u64_map_free(struct u64_map *map);

#endif
