/* What was measured, and how it is said. A figure has a sample of ours and one of the bare program
 * for each repetition, taken one after the other, so that what else the machine does weighs on
 * both. */

#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers; begins as zeros. */
struct samples {
    double *values; // owned
    size_t count;
};
void samples_add(struct samples *samples, double value);
void samples_free(struct samples *samples);
/* The value below which a part of `part` (0 to 1) of them lies, by straight lines between them.
 * There must be one. */
double samples_quantile(const struct samples *samples, double part);
/* The same of 64-bit numbers, which are sorted by it. */
double numbers_quantile(uint64_t *numbers, size_t count, double part);

enum better { BETTER_LOWER, BETTER_HIGHER };

struct figure {
    char name[48];
    const char *unit; // static
    enum better better;
    struct samples ours, bare; // one each for each repetition, or no bare ones at all
    struct samples second;     // of something else that it is worth looking at beside it
    const char *second_name;   // NULL: there is none
};

/* In the order in which they came. Begins as zeros. */
struct figures {
    struct figure *list; // owned
    size_t count;
};
enum { NO_BARE = -1 };
/* One repetition's samples of the figure of that name, which is new or of the same unit. `bare` may
 * be NO_BARE. */
void figures_add(struct figures *figures, const char *name, const char *unit, enum better better,
                 double ours, double bare);
/* And what else stands beside it. */
void figures_add_second(struct figures *figures, const char *name, const char *second_name,
                        double value);
void figures_free(struct figures *figures);

/* Median of ours over bare of the same repetition; 0 when there is no bare. */
double figure_ratio(const struct figure *figure);
json_t *figure_json(const struct figure *figure);

#endif
