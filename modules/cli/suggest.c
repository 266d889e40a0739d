#include "cli/suggest.h"

#include <string.h>

enum { WORD_MAX = 32 }; // longer words are not near anything of ours

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t edit_distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    size_t table[WORD_MAX + 1][WORD_MAX + 1];

    if (rows > WORD_MAX || columns > WORD_MAX)
        return rows > columns ? rows : columns;
    for (size_t i = 0; i <= rows; i++)
        table[i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        table[0][j] = j;
    for (size_t i = 1; i <= rows; i++) {
        for (size_t j = 1; j <= columns; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            size_t best =
                least(least(table[i - 1][j], table[i][j - 1]) + 1, table[i - 1][j - 1] + cost);

            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, table[i - 2][j - 2] + 1);
            table[i][j] = best;
        }
    }
    return table[rows][columns];
}

const char *suggest(const char *typed, const char *const *words, size_t count)
{
    size_t length = strlen(typed);
    size_t nearest = length < 3 ? 2 : length / 3 + 1; // must be below
    const char *best = NULL;

    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(typed, words[i]);

        if (length >= 2 && strncmp(typed, words[i], length) == 0)
            distance = least(distance, 1);
        if (distance < nearest) {
            nearest = distance;
            best = words[i];
        }
    }
    return best;
}
