// links: body
/* Files that grow by whole lines. */

#include "rundir/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "suite.h"

static struct error err;

static void add(int dir, const char *text)
{
    ck_assert_int_eq(file_append(dir, "lines", text, strlen(text), 16, &err), 0);
}

static void expect(int dir, const char *name, const char *text)
{
    char got[64] = "";
    int fd = openat(dir, name, O_RDONLY);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(read(fd, got, sizeof got - 1), 0);
    close(fd);
    ck_assert_str_eq(got, text);
}

START_TEST(lines_are_added_and_the_file_gives_way_before_it_exceeds_its_limit)
{
    int dir = scratch_open();

    add(dir, "one\n");
    add(dir, "two\n");
    expect(dir, "lines", "one\ntwo\n");
    ck_assert_int_ne(faccessat(dir, "lines.1", F_OK, 0), 0);
    add(dir, "and three\n");
    expect(dir, "lines.1", "one\ntwo\n");
    expect(dir, "lines", "and three\n");
    add(dir, "longer than sixteen bytes\n");
    expect(dir, "lines.1", "and three\n");
    expect(dir, "lines", "longer than sixteen bytes\n");
    scratch_close(dir);
}
END_TEST

START_TEST(a_symbolic_link_is_not_followed)
{
    int dir = scratch_open();

    ck_assert_int_eq(symlinkat("/dev/null", dir, "lines"), 0);
    ck_assert_int_eq(file_append(dir, "lines", "x\n", 2, 16, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot open lines"));
    scratch_close(dir);
}
END_TEST

SUITE_MAIN("file", lines_are_added_and_the_file_gives_way_before_it_exceeds_its_limit,
           a_symbolic_link_is_not_followed)
