/* "Did you mean": the nearest of some words. */

#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

/* How many letters must be inserted, removed, replaced or swapped with their neighbour to make one
 * of the other. */
size_t edit_distance(const char *a, const char *b);

/* The word nearest to `typed`, or NULL when none is near: at most a third of its letters differ, at
 * least one may; a word that begins with what was typed is near, too. */
const char *suggest(const char *typed, const char *const *words, size_t count);

#endif
