/* How much memory this process has right now. */

#ifndef UNIT_RESIDENT_PAGES_H
#define UNIT_RESIDENT_PAGES_H

#include <check.h>
#include <stdio.h>

static inline size_t resident_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t size, pages = 0;

    ck_assert(file && fscanf(file, "%zu %zu", &size, &pages) == 2);
    fclose(file);
    return pages;
}

#endif
