#include "super/large_text.h"

#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // since Linux 6.1
#endif

#define LARGE_PAGE ((uintptr_t)2 << 20)

struct text {
    uintptr_t at, size;    // what is mapped from the file
    uintptr_t begin, room; // the large pages around it
};

/* dl_iterate_phdr() names the executable first. */
static int find_text(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct text *text = arg;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) ||
            segment->p_align < LARGE_PAGE)
            continue;
        text->at = info->dlpi_addr + segment->p_vaddr;
        text->size = segment->p_memsz;
        text->begin = text->at & ~(LARGE_PAGE - 1);
        text->room = (text->at + text->size - text->begin + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    }
    return 1;
}

/* Nobody else lives in the large pages around the text. */
static bool is_alone(const struct text *text)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t end = (text->at + text->size + page - 1) & ~(page - 1);
    uintptr_t rest = text->begin + text->room - end;
    void *taken;

    if (text->at - text->begin >= page)
        return false;
    if (rest == 0)
        return true;
    taken = mmap((void *)end, rest, PROT_NONE, // NOLINT(performance-no-int-to-ptr)
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (taken == MAP_FAILED)
        return false;
    munmap(taken, rest);
    return (uintptr_t)taken == end;
}

/* Returns `room` bytes in large pages that hold the text, or NULL. */
static char *large_copy(const struct text *text)
{
    size_t taken = text->room + LARGE_PAGE;
    char *memory = mmap(NULL, taken, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *copy;
    size_t before;

    if (memory == MAP_FAILED)
        return NULL;
    before = -(uintptr_t)memory & (LARGE_PAGE - 1);
    copy = memory + before;
    if (before > 0)
        munmap(memory, before);
    munmap(copy + text->room, taken - before - text->room);
    madvise(copy, text->room, MADV_HUGEPAGE);
    memcpy(copy + (text->at - text->begin),
           (const void *)text->at, // NOLINT(performance-no-int-to-ptr)
           text->size);
    if (madvise(copy, text->room, MADV_COLLAPSE) == 0 &&
        mprotect(copy, text->room, PROT_READ | PROT_EXEC) == 0)
        return copy;
    munmap(copy, text->room);
    return NULL;
}

bool large_text_take(void)
{
    struct text text = {0};
    char *copy;

    dl_iterate_phdr(find_text, &text);
    if (text.size == 0 || !is_alone(&text))
        return false;
    copy = large_copy(&text);
    if (!copy)
        return false;
    // At once, and what is there is the same as before: this very function goes on in it.
    if (mremap(copy, text.room, text.room, MREMAP_MAYMOVE | MREMAP_FIXED,
               (void *)text.begin) != MAP_FAILED) // NOLINT(performance-no-int-to-ptr)
        return true;
    munmap(copy, text.room);
    return false;
}

/* What a library has in memory and does not write to lies together, in the order of its file; only
 * the permissions differ. */
static int join_library(struct dl_phdr_info *info, size_t size, void *arg)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = 0, end = 0;

    (void)size;
    (void)arg;
    for (int i = 0; info->dlpi_name[0] && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
            continue;
        if (end == 0)
            begin = (info->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;
    }
    if (end > begin) // a hole, or a refusal, leaves the rest as it was
        mprotect((void *)begin, // NOLINT(performance-no-int-to-ptr)
                 end - begin, PROT_READ | PROT_EXEC);
    return 0;
}

void large_text_join_libraries(void)
{
    dl_iterate_phdr(join_library, NULL);
}
