/* An empty directory of a test's own, removed at its end. */

#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch_path[256]; // of the one that was opened last

static inline int scratch_open(void)
{
    const char *above = getenv("TMPDIR");

    snprintf(scratch_path, sizeof scratch_path, "%.200s/linqu-test-XXXXXX", above ? above : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(scratch_path));
    return open(scratch_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
                                     struct FTW *place)
{
    (void)st;
    (void)type;
    (void)place;
    return remove(path);
}

static inline void scratch_close(int dir)
{
    close(dir);
    ck_assert_int_eq(nftw(scratch_path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
