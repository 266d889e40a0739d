// links: body
/* Memory that is given back reads as zeros, to the byte. */

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"
#include "super/pages.h"

enum { PAGES = 8 };

static size_t page;

static uint8_t *mapping(void)
{
    uint8_t *bytes;

    page = (size_t)sysconf(_SC_PAGESIZE);
    bytes = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(bytes != MAP_FAILED);
    memset(bytes, 0xA5, PAGES * page);
    return bytes;
}

START_TEST(any_stretch_is_zero_and_what_is_around_it_stays)
{
    uint8_t *bytes = mapping();
    uint64_t random = seed_first();

    for (uint64_t tries = 0; tries < seed_count(200); tries++) {
        size_t begin = random_below(&random, (uint32_t)(PAGES * page));
        size_t size = random_below(&random, (uint32_t)(PAGES * page - begin + 1));

        if (tries % 2) // around a page's borders
            begin = begin / page * page, size = size / page * page + tries % 3;
        if (begin + size > PAGES * page)
            size = PAGES * page - begin;
        memset(bytes, 0xA5, PAGES * page);
        pages_give_back(bytes + begin, size);
        for (size_t i = 0; i < PAGES * page; i++)
            claim(bytes[i] == (i >= begin && i < begin + size ? 0 : 0xA5),
                  "seed %" PRIu64 ": %zu bytes at %zu: byte %zu is %u", seed_first(), size, begin,
                  i, bytes[i]);
    }
    munmap(bytes, PAGES * page);
}
END_TEST

START_TEST(whole_pages_take_no_memory)
{
    uint8_t *bytes = mapping();
    unsigned char resident[PAGES];
    unsigned left = 0;

    pages_give_back(bytes + 1, PAGES * page - 2);
    ck_assert_int_eq(mincore(bytes, PAGES * page, resident), 0);
    for (int i = 0; i < PAGES; i++)
        left += resident[i] & 1;
    ck_assert_uint_eq(left, 2);
    munmap(bytes, PAGES * page);
}
END_TEST

SUITE_MAIN("pages", any_stretch_is_zero_and_what_is_around_it_stays, whole_pages_take_no_memory)
