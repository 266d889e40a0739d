#include "super/pages.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Only whole pages can go; what is before and behind them, or what the kernel keeps, is
 * overwritten. */
void pages_give_back(void *memory, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *bytes = memory;
    size_t head = (page - (uintptr_t)memory % page) % page, whole;

    if (head > size)
        head = size;
    whole = (size - head) / page * page;
    if (whole > 0 && madvise(bytes + head, whole, MADV_REMOVE) < 0)
        memset(bytes + head, 0, whole);
    memset(bytes, 0, head);
    memset(bytes + head + whole, 0, size - head - whole);
}
