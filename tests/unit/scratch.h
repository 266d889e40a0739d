/* An empty directory of a test's own, removed at its end; what a test that failed or crashed has
 * left is removed at the end of the program. */

#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch_path[256]; // of the one that was opened last
static pid_t scratch_program;  // tests run in children of it

static inline const char *scratch_above(void)
{
    const char *above = getenv("TMPDIR");

    return above ? above : "/tmp";
}

static inline int scratch_open(void)
{
    snprintf(scratch_path, sizeof scratch_path, "%.200s/linqu-test-%d-XXXXXX", scratch_above(),
             (int)scratch_program);
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

static inline int scratch_remove(const char *path)
{
    return nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void scratch_close(int dir)
{
    close(dir);
    ck_assert_int_eq(scratch_remove(scratch_path), 0);
}

static void scratch_remove_rest(void)
{
    char pattern[256];
    glob_t left;

    if (getpid() != scratch_program) // a child that exits
        return;
    snprintf(pattern, sizeof pattern, "%.200s/linqu-test-%d-*", scratch_above(),
             (int)scratch_program);
    if (glob(pattern, 0, NULL, &left) == 0)
        for (size_t i = 0; i < left.gl_pathc; i++)
            scratch_remove(left.gl_pathv[i]);
    globfree(&left);
}

__attribute__((constructor)) static void scratch_begin(void)
{
    scratch_program = getpid();
    atexit(scratch_remove_rest);
}

#endif
