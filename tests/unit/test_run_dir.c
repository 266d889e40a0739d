// links: body
#include "rundir/run_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "suite.h"
#include "topology_fixture.h"

enum { NOBODY = 65534 };

static struct error err;

static struct run_dir create(const char *name)
{
    struct run_dir dir;

    ck_assert_msg(run_dir_create(scratch_path, name, "linqu", &dir, &err) == 0, "%s", err.text);
    return dir;
}

static void create_dead(const char *name)
{
    struct run_dir dir = create(name);

    run_dir_close(&dir);
}

static void refused(const char *name, const char *expected)
{
    struct run_dir dir;

    ck_assert_int_eq(run_dir_create(scratch_path, name, "linqu", &dir, &err), -1);
    ck_assert_msg(strstr(err.text, expected) != NULL, "%s: %s", name, err.text);
    ck_assert_int_eq(dir.fd, -1);
}

static size_t count_runs(void)
{
    size_t count;
    struct run_entry *list = run_dir_list(scratch_path, &count, &err);

    ck_assert_ptr_nonnull(list);
    free(list);
    return count;
}

static bool exists(const char *name)
{
    char path[512];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", scratch_path, name);
    return lstat(path, &st) == 0;
}

/* Entries of the scratch directory whatever their name, but for . and .. */
static int count_all(int dir)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY), count = 0;
    DIR *listing = fdopendir(copy);

    while (readdir(listing))
        count++;
    closedir(listing);
    return count - 2;
}

START_TEST(a_run_is_made_found_opened_and_removed)
{
    int base = scratch_open();
    struct run_dir dir = create(NULL), seen;
    struct stat st;
    size_t count;
    struct run_entry *list;

    ck_assert_int_eq(strncmp(dir.name, "linqu-", 6), 0);
    ck_assert_int_eq(fstat(dir.fd, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    ck_assert(run_dir_live(&dir));
    list = run_dir_list(scratch_path, &count, &err);
    ck_assert_uint_eq(count, 1);
    ck_assert(list[0].live && list[0].ours);
    ck_assert_str_eq(list[0].name, dir.name);
    free(list);
    ck_assert_int_eq(run_dir_open(scratch_path, NULL, &seen, &err), 0);
    ck_assert_str_eq(seen.name, dir.name);
    ck_assert(run_dir_live(&seen));
    ck_assert_int_eq(run_dir_remove(scratch_path, dir.name, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "live"));
    run_dir_close(&dir);
    ck_assert(!run_dir_live(&seen));
    ck_assert_msg(run_dir_remove(scratch_path, seen.name, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(count_runs(), 0);
    run_dir_close(&seen);
    ck_assert_int_eq(run_dir_open(scratch_path, NULL, &seen, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no such run"));
    scratch_close(base);
}
END_TEST

START_TEST(latest_leads_to_the_newest_run)
{
    int base = scratch_open();
    char target[256] = "";

    create_dead("first");
    create_dead("second");
    ck_assert_int_gt(readlinkat(base, "latest", target, sizeof target), 0);
    ck_assert_str_eq(target, "second");
    scratch_close(base);
}
END_TEST

START_TEST(a_dead_run_of_that_name_is_replaced_and_a_live_one_is_not)
{
    int base = scratch_open();
    struct run_dir dir = create("mine"), again;

    ck_assert_int_eq(mkdirat(dir.fd, "L6_0", 0700), 0);
    refused("mine", "live");
    run_dir_close(&dir);
    again = create("mine");
    ck_assert_int_eq(faccessat(again.fd, "L6_0", F_OK, 0), -1);
    run_dir_close(&again);
    ck_assert_int_eq(count_all(base), 3); // the run, latest, and out of sight the dead run
    ck_assert_int_eq(run_dir_prune(scratch_path, 1, &err), 0);
    ck_assert_int_eq(count_all(base), 2);
    scratch_close(base);
}
END_TEST

/* Waits for the end of `go`, tries, reports by a byte in `told`, and keeps what it got until `done`
 * ends. */
static void contender(int go, int told, int done)
{
    struct run_dir dir;
    char byte;
    bool won;

    (void)!read(go, &byte, 1);
    won = run_dir_create(scratch_path, "same", "linqu", &dir, &err) == 0;
    (void)!write(told, won ? "w" : "l", 1);
    (void)!read(done, &byte, 1);
    _exit(0);
}

START_TEST(of_those_that_start_under_one_name_one_gets_it)
{
    int base = scratch_open(), go[2], told[2], done[2], wins = 0;
    char byte;

    create_dead("same");
    ck_assert_int_eq(pipe(go) | pipe(told) | pipe(done), 0);
    for (int i = 0; i < 8; i++) {
        if (fork() == 0) {
            close(go[1]);
            close(done[1]);
            contender(go[0], told[1], done[0]);
        }
    }
    close(go[1]);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(read(told[0], &byte, 1), 1);
        wins += byte == 'w';
    }
    close(done[1]);
    while (wait(NULL) > 0)
        ;
    ck_assert_int_eq(wins, 1);
    ck_assert_uint_eq(count_runs(), 1);
    for (int end = 0; end < 2; end++)
        close(told[end]);
    close(go[0]);
    close(done[0]);
    scratch_close(base);
}
END_TEST

START_TEST(names_that_would_lead_elsewhere_are_refused)
{
    static const char *const names[] = {"",        ".",      "..",  "../x", "a/b",     "-x",
                                        ".hidden", "latest", "a b", "a\nb", "\xc3\xa9"};
    int base = scratch_open();
    char name[200];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        refused(names[i], "name");
        ck_assert_int_eq(run_dir_remove(scratch_path, names[i], &err), -1);
    }
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    refused(name, "at most 128");
    ck_assert_int_eq(count_all(base), 0);
    scratch_close(base);
}
END_TEST

START_TEST(a_planted_symlink_is_never_followed)
{
    int base = scratch_open();
    struct run_dir dir;

    ck_assert_int_eq(mkdirat(base, ".victim", 0700), 0);
    ck_assert_int_eq(mkdirat(base, ".victim/keep", 0700), 0);
    ck_assert_int_eq(symlinkat(".victim", base, "mine"), 0);
    refused("mine", "taken");
    ck_assert_int_eq(run_dir_remove(scratch_path, "mine", &err), -1);
    ck_assert_int_eq(run_dir_open(scratch_path, "mine", &dir, &err), -1);
    ck_assert_uint_eq(count_runs(), 0);

    create_dead("run");
    dir = create("other");
    ck_assert_int_eq(symlinkat("../.victim", dir.fd, "L6_0"), 0);
    run_dir_close(&dir);
    ck_assert_int_eq(run_dir_remove(scratch_path, "other", &err), 0);
    ck_assert(exists(".victim/keep"));
    scratch_close(base);
}
END_TEST

START_TEST(a_latest_that_is_a_directory_does_no_harm)
{
    int base = scratch_open();

    ck_assert_int_eq(mkdirat(base, "latest", 0700), 0);
    ck_assert_int_eq(mkdirat(base, "latest/keep", 0700), 0);
    create_dead("run");
    ck_assert(exists("latest/keep"));
    ck_assert_int_eq(count_all(base), 2);
    scratch_close(base);
}
END_TEST

START_TEST(only_what_carries_the_marker_is_removed_or_listed)
{
    int base = scratch_open(), marker;

    ck_assert_int_eq(mkdirat(base, "photos", 0700), 0);
    ck_assert_int_eq(mkdirat(base, "photos/2026", 0700), 0);
    ck_assert_int_eq(run_dir_remove(scratch_path, "photos", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "not the directory of a run"));
    refused("photos", "not the directory of a run");
    marker = openat(base, "photos/.linqu-run", O_WRONLY | O_CREAT, 0600);
    close(marker); // of no content
    ck_assert_int_eq(run_dir_remove(scratch_path, "photos", &err), -1);
    ck_assert_int_eq(symlinkat("../run/.linqu-run", base, "photos/.linqu-run2"), 0);
    ck_assert_int_eq(renameat(base, "photos/.linqu-run2", base, "photos/.linqu-run"), 0);
    create_dead("run");
    ck_assert_int_eq(run_dir_remove(scratch_path, "photos", &err), -1);
    ck_assert_uint_eq(count_runs(), 1);
    ck_assert(exists("photos/2026"));
    scratch_close(base);
}
END_TEST

START_TEST(a_removal_that_was_interrupted_goes_on_later)
{
    int base = scratch_open();
    struct run_dir dir = create("gone");

    ck_assert_int_eq(mkdirat(dir.fd, "L6_0", 0700), 0);
    unlinkat(dir.fd, "run.lock", 0);
    run_dir_close(&dir);
    ck_assert_int_eq(renameat(base, "gone", base, ".old-abcdef"), 0);
    unlinkat(base, "latest", 0);
    ck_assert_int_eq(run_dir_prune(scratch_path, 5, &err), 0);
    ck_assert_int_eq(count_all(base), 0);
    scratch_close(base);
}
END_TEST

START_TEST(pruning_keeps_the_newest_dead_and_every_live_run)
{
    int base = scratch_open();
    struct run_dir live = create("live-and-oldest");
    size_t count;
    struct run_entry *list;
    char name[16];

    for (int i = 0; i < 7; i++) {
        snprintf(name, sizeof name, "dead-%d", i);
        create_dead(name);
    }
    ck_assert_int_eq(run_dir_prune(scratch_path, 5, &err), 2);
    list = run_dir_list(scratch_path, &count, &err);
    ck_assert_uint_eq(count, 6);
    ck_assert_str_eq(list[0].name, "dead-6");
    ck_assert_str_eq(list[4].name, "dead-2");
    ck_assert_str_eq(list[5].name, "live-and-oldest");
    free(list);
    ck_assert_int_eq(run_dir_prune(scratch_path, 0, &err), 5);
    ck_assert_uint_eq(count_runs(), 1);
    run_dir_close(&live);
    scratch_close(base);
}
END_TEST

START_TEST(the_newest_live_run_is_opened_before_a_newer_dead_one)
{
    int base = scratch_open();
    struct run_dir live = create("live"), dead, seen;

    dead = create("dead");
    run_dir_close(&dead);
    ck_assert_int_eq(run_dir_open(scratch_path, NULL, &seen, &err), 0);
    ck_assert_str_eq(seen.name, "live");
    run_dir_close(&seen);
    run_dir_close(&live);
    ck_assert_int_eq(run_dir_open(scratch_path, NULL, &seen, &err), 0);
    ck_assert_str_eq(seen.name, "dead");
    run_dir_close(&seen);
    scratch_close(base);
}
END_TEST

START_TEST(a_base_of_two_hundred_characters_works)
{
    int base = scratch_open();
    char option[512], found[LIMIT_PATH], notice[LIMIT_PATH];
    struct run_dir dir;
    int size = snprintf(option, sizeof option, "%s/", scratch_path);

    memset(option + size, 'd', 100);
    snprintf(option + size + 100, sizeof option - (size_t)size - 100, "/%0150d//", 7);
    ck_assert_msg(run_dir_base(option, found, notice, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(strlen(found), strlen(option) - 2);
    ck_assert_str_eq(notice, "");
    ck_assert_msg(run_dir_create(found, NULL, "linqu", &dir, &err) == 0, "%s", err.text);
    run_dir_close(&dir);
    scratch_close(base);
}
END_TEST

START_TEST(a_base_that_cannot_be_used_is_refused_with_a_sentence)
{
    char found[LIMIT_PATH], notice[LIMIT_PATH], option[600];
    int base = scratch_open();

    memset(option, 'x', sizeof option - 1);
    option[sizeof option - 1] = '\0';
    ck_assert_int_eq(run_dir_base(option, found, notice, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "at most"));
    ck_assert_int_eq(run_dir_base("", found, notice, &err), -1);
    ck_assert_int_eq(run_dir_base("/proc/nothing/here", found, notice, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/proc/nothing"));
    ck_assert_int_eq(run_dir_base("/dev/null", found, notice, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no directory"));
    scratch_close(base);
}
END_TEST

START_TEST(who_only_looks_makes_nothing)
{
    int base = scratch_open();
    char option[300], found[LIMIT_PATH], notice[LIMIT_PATH];
    size_t count = 7;
    struct run_entry *list;

    snprintf(option, sizeof option, "%s/none", scratch_path);
    ck_assert_int_eq(run_dir_base_look(option, found, notice, &err), 0);
    ck_assert(!exists("none"));
    list = run_dir_list(found, &count, &err);
    ck_assert_ptr_nonnull(list);
    ck_assert_uint_eq(count, 0);
    free(list);
    scratch_close(base);
}
END_TEST

START_TEST(the_environment_names_the_base_unless_an_option_does)
{
    char found[LIMIT_PATH], notice[LIMIT_PATH];

    setenv("LINQU_BASE", "/somewhere/else/", 1);
    ck_assert_int_eq(run_dir_base_look(NULL, found, notice, &err), 0);
    ck_assert_str_eq(found, "/somewhere/else");
    ck_assert_int_eq(run_dir_base_look("/here", found, notice, &err), 0);
    ck_assert_str_eq(found, "/here");
    ck_assert_int_eq(chdir("/usr"), 0);
    ck_assert_int_eq(run_dir_base_look("lib", found, notice, &err), 0);
    ck_assert_str_eq(found, "/usr/lib");
}
END_TEST

#define ONLY_ROOT "only root can become another user"

/* Run `body` as the user nobody in a child; for root only. */
static void as_nobody(void (*body)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
            _exit(99);
        body();
        _exit(0);
    }
    waitpid(child, &status, 0);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child failed: %d: %s", status,
                  err.text);
}

#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s does not hold: %s\n", __LINE__, #condition, err.text);    \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void stranger_looks(void)
{
    size_t count = 0;
    struct run_entry *list = run_dir_list(scratch_path, &count, &err);
    struct run_dir dir;

    must(list && count == 1 && !list[0].ours && list[0].uid == 0);
    must(run_dir_open(scratch_path, NULL, &dir, &err) < 0 && strstr(err.text, "no such run"));
    must(run_dir_open(scratch_path, "mine", &dir, &err) < 0 && strstr(err.text, "somebody else"));
    must(run_dir_remove(scratch_path, "mine", &err) < 0);
    must(run_dir_create(scratch_path, "mine", "linqu", &dir, &err) < 0);
    must(strstr(err.text, "taken"));
    must(run_dir_create(scratch_path, "theirs", "linqu", &dir, &err) == 0);
    run_dir_close(&dir);
    must(run_dir_open(scratch_path, NULL, &dir, &err) == 0 && strcmp(dir.name, "theirs") == 0);
    must(run_dir_prune(scratch_path, 0, &err) == 1);
    free(list);
}

START_TEST(a_second_user_has_runs_of_his_own_and_cannot_touch_others)
{
    int base;

    if (geteuid() != 0)
        suite_skip(ONLY_ROOT);
    base = scratch_open();
    ck_assert_int_eq(fchmod(base, 01777), 0);
    create_dead("mine");
    as_nobody(stranger_looks);
    ck_assert(exists("mine"));
    ck_assert_uint_eq(count_runs(), 1);
    scratch_close(base);
}
END_TEST

static void stranger_plants(void)
{
    int fd;

    must(mkdirat(AT_FDCWD, "planted", 0777) == 0);
    fd = open("planted/.linqu-run", O_WRONLY | O_CREAT, 0666);
    must(fd >= 0);
    must(write(fd, "linqu run directory, created_ns=1\n", 34) == 34);
    close(fd);
    fd = open("planted/run.lock", O_WRONLY | O_CREAT, 0666);
    must(fd >= 0);
    close(fd);
}

START_TEST(a_planted_run_of_a_stranger_is_neither_used_nor_removed)
{
    struct run_dir dir;
    int base;

    if (geteuid() != 0)
        suite_skip(ONLY_ROOT);
    base = scratch_open();
    ck_assert_int_eq(fchmod(base, 01777), 0);
    ck_assert_int_eq(fchdir(base), 0);
    as_nobody(stranger_plants);
    refused("planted", "belongs to user 65534");
    ck_assert_int_eq(run_dir_remove(scratch_path, "planted", &err), -1);
    ck_assert_int_eq(run_dir_prune(scratch_path, 0, &err), 0);
    ck_assert_int_eq(run_dir_open(scratch_path, NULL, &dir, &err), -1);
    ck_assert(exists("planted/.linqu-run"));
    ck_assert_int_eq(chdir("/"), 0);
    scratch_close(base);
}
END_TEST

/* A /tmp of our own, so that /tmp/linqu can be anything. False where we may not. */
static bool own_tmp(void)
{
    return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", "/tmp", "tmpfs", 0, "mode=1777") == 0;
}

static void expect_base(const char *expected, const char *expected_notice)
{
    char base[LIMIT_PATH], notice[LIMIT_PATH];

    must(run_dir_base(NULL, base, notice, &err) == 0);
    must(strcmp(base, expected) == 0);
    must(expected_notice[0] ? strstr(notice, expected_notice) != NULL : !notice[0]);
}

static void default_stories(void)
{
    char base[LIMIT_PATH], notice[LIMIT_PATH];
    struct stat st;

    umask(077);
    unsetenv("LINQU_BASE");
    must(run_dir_base_look(NULL, base, notice, &err) == 0 && stat("/tmp/linqu", &st) < 0);
    expect_base("/tmp/linqu", "");
    must(stat("/tmp/linqu", &st) == 0 && (st.st_mode & 07777) == 01777);
    must(chmod("/tmp/linqu", 0777) == 0);
    expect_base("/tmp/linqu", ""); // ours: mended
    must(stat("/tmp/linqu", &st) == 0 && (st.st_mode & 07777) == 01777);
    must(chown("/tmp/linqu", NOBODY, NOBODY) == 0);
    expect_base("/tmp/linqu-0", "belongs to user 65534");
    must(stat("/tmp/linqu-0", &st) == 0 && (st.st_mode & 07777) == 0700);
    must(rmdir("/tmp/linqu") == 0 && symlink("/etc", "/tmp/linqu") == 0);
    expect_base("/tmp/linqu-0", "no directory");
    must(unlink("/tmp/linqu") == 0 && mkfifo("/tmp/linqu", 0600) == 0);
    expect_base("/tmp/linqu-0", "no directory");
    must(rmdir("/tmp/linqu-0") == 0 && symlink("/etc", "/tmp/linqu-0") == 0);
    must(run_dir_base(NULL, base, notice, &err) == -1 && strstr(err.text, "--base"));
    must(unlink("/tmp/linqu-0") == 0 && mkdir("/tmp/linqu-0", 0777) == 0);
    must(chown("/tmp/linqu-0", NOBODY, NOBODY) == 0);
    must(run_dir_base(NULL, base, notice, &err) == -1 && strstr(err.text, "--base"));
}

START_TEST(the_default_base_is_shared_safely_or_left_with_a_notice)
{
    enum { NO_TMP = 77 };
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (!own_tmp())
            _exit(NO_TMP);
        default_stories();
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_TMP)
        suite_skip("this user may not mount a /tmp of its own");
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(nodes_have_paths_and_chips_lie_with_their_host)
{
    struct topology topology = topology_of("2x2x2x3");
    char text[LIMIT_PATH];

    run_dir_node_path(&topology, 0, text, sizeof text);
    ck_assert_str_eq(text, "L6_0");
    ck_assert(run_dir_socket_name(&topology, 0, text, sizeof text));
    ck_assert_str_eq(text, "daemon_L6.sock");
    run_dir_log_path(&topology, 0, text, sizeof text);
    ck_assert_str_eq(text, "L6_0/logs/daemon.log");
    run_dir_node_path(&topology, topology.node_count - 1, text, sizeof text);
    ck_assert_str_eq(text, "L6_0/L5_1/L4_1/L3_1");
    ck_assert(!run_dir_socket_name(&topology, topology.node_count - 1, text, sizeof text));
    run_dir_log_path(&topology, topology.node_count - 1, text, sizeof text);
    ck_assert_str_eq(text, "L6_0/L5_1/L4_1/L3_1/logs/L2_2.log");
}
END_TEST

SUITE_MAIN("run_dir", a_run_is_made_found_opened_and_removed, latest_leads_to_the_newest_run,
           a_dead_run_of_that_name_is_replaced_and_a_live_one_is_not,
           of_those_that_start_under_one_name_one_gets_it,
           names_that_would_lead_elsewhere_are_refused, a_planted_symlink_is_never_followed,
           a_latest_that_is_a_directory_does_no_harm,
           only_what_carries_the_marker_is_removed_or_listed,
           a_removal_that_was_interrupted_goes_on_later,
           pruning_keeps_the_newest_dead_and_every_live_run,
           the_newest_live_run_is_opened_before_a_newer_dead_one,
           a_base_of_two_hundred_characters_works,
           a_base_that_cannot_be_used_is_refused_with_a_sentence, who_only_looks_makes_nothing,
           the_environment_names_the_base_unless_an_option_does,
           a_second_user_has_runs_of_his_own_and_cannot_touch_others,
           a_planted_run_of_a_stranger_is_neither_used_nor_removed,
           the_default_base_is_shared_safely_or_left_with_a_notice,
           nodes_have_paths_and_chips_lie_with_their_host)
