#include "bench/figure.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void samples_add(struct samples *samples, double value)
{
    samples->values = memory_resize(samples->values, samples->count + 1, sizeof *samples->values);
    samples->values[samples->count++] = value;
}

void samples_free(struct samples *samples)
{
    free(samples->values);
    *samples = (struct samples){0};
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double quantile_of_sorted(const double *values, size_t count, double part)
{
    double at = part * (double)(count - 1);
    size_t below = (size_t)at;

    if (below + 1 >= count)
        return values[count - 1];
    return values[below] + (at - (double)below) * (values[below + 1] - values[below]);
}

double samples_quantile(const struct samples *samples, double part)
{
    double *sorted = memory_new(samples->count, sizeof *sorted);
    double value;

    assert(samples->count > 0 && part >= 0 && part <= 1);
    memcpy(sorted, samples->values, samples->count * sizeof *sorted);
    qsort(sorted, samples->count, sizeof *sorted, by_size);
    value = quantile_of_sorted(sorted, samples->count, part);
    free(sorted);
    return value;
}

double numbers_quantile(uint64_t *numbers, size_t count, double part)
{
    struct samples samples = {0};
    double value;

    for (size_t i = 0; i < count; i++)
        samples_add(&samples, (double)numbers[i]);
    value = samples_quantile(&samples, part);
    samples_free(&samples);
    return value;
}

static struct figure *figure_find(const struct figures *figures, const char *name)
{
    for (size_t i = 0; i < figures->count; i++)
        if (strcmp(figures->list[i].name, name) == 0)
            return &figures->list[i];
    return NULL;
}

void figures_add(struct figures *figures, const char *name, const char *unit, enum better better,
                 double ours, double bare)
{
    struct figure *figure = figure_find(figures, name);

    if (!figure) {
        figures->list = memory_resize(figures->list, figures->count + 1, sizeof *figures->list);
        figure = &figures->list[figures->count++];
        *figure = (struct figure){.unit = unit, .better = better};
        snprintf(figure->name, sizeof figure->name, "%s", name);
    }
    assert(strcmp(figure->unit, unit) == 0 && figure->better == better);
    samples_add(&figure->ours, ours);
    if (bare >= 0)
        samples_add(&figure->bare, bare);
}

void figures_add_second(struct figures *figures, const char *name, const char *second_name,
                        double value)
{
    struct figure *figure = figure_find(figures, name);

    assert(figure);
    figure->second_name = second_name;
    samples_add(&figure->second, value);
}

void figures_free(struct figures *figures)
{
    for (size_t i = 0; i < figures->count; i++) {
        samples_free(&figures->list[i].ours);
        samples_free(&figures->list[i].bare);
        samples_free(&figures->list[i].second);
    }
    free(figures->list);
    *figures = (struct figures){0};
}

double figure_ratio(const struct figure *figure)
{
    struct samples ratios = {0};
    double ratio = 0;

    for (size_t i = 0; i < figure->bare.count && i < figure->ours.count; i++)
        if (figure->bare.values[i] > 0)
            samples_add(&ratios, figure->ours.values[i] / figure->bare.values[i]);
    if (ratios.count)
        ratio = samples_quantile(&ratios, 0.5);
    samples_free(&ratios);
    return ratio;
}

/* Four digits that count are as many as such figures have. */
static json_t *rounded(double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.4g", value);
    return json_real(strtod(text, NULL));
}

static json_t *rounded_or_null(const struct samples *samples, double part)
{
    return samples->count ? rounded(samples_quantile(samples, part)) : json_null();
}

json_t *figure_json(const struct figure *figure)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:o}", "name", figure->name, "unit",
                  figure->unit, "better", figure->better == BETTER_LOWER ? "lower" : "higher",
                  "median", rounded_or_null(&figure->ours, 0.5), "p10",
                  rounded_or_null(&figure->ours, 0.1), "p90", rounded_or_null(&figure->ours, 0.9),
                  "n", (json_int_t)figure->ours.count, "bare", rounded_or_null(&figure->bare, 0.5),
                  "ratio", figure->bare.count ? rounded(figure_ratio(figure)) : json_null());

    if (figure->second_name)
        json_object_set_new(json, figure->second_name, rounded_or_null(&figure->second, 0.5));
    return json;
}
