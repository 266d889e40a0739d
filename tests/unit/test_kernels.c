// links: body
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "kernels/code_cache.h"
#include "kernels/kernel_file.h"
#include "kernels/kernel_hash.h"
#include "kernels/kernel_load.h"
#include "kernels/kernel_path.h"
#include "kernels/kernel_probe.h"
#include "scratch.h"
#include "suite.h"

static int scratch;
static struct error err;

static void make_scratch(void)
{
    scratch = scratch_open();
}

static void drop_scratch(void)
{
    scratch_close(scratch);
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    int fd = openat(scratch, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

/* "/tmp/linqu-test-.../NAME" */
static const char *path_of(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", scratch_path, name);
    return path;
}

#define PROLOGUE                                                                                   \
    "#include <stdint.h>\n"                                                                        \
    "struct config { uint8_t level; int args; uint8_t role; };\n"
#define CONFIG(level, role)                                                                        \
    "struct config linqu_orch_config(uint64_t *args, int count)\n"                                 \
    "{ return (struct config){" level ", args ? 1 : count, " role "}; }\n"
#define ENTRY                                                                                      \
    "void linqu_orch_entry(void *rt, uint64_t *args, int count) { (void)rt; (void)args; "          \
    "(void)count; }\n"

/* Build NAME.so from this text with the compiler at hand. */
static const char *build(const char *name, const char *text)
{
    char command[2048], source[64], object[64];
    const char *compiler = getenv("CC");

    snprintf(source, sizeof source, "%s.c", name);
    snprintf(object, sizeof object, "%s.so", name);
    write_file(source, text, strlen(text));
    snprintf(command, sizeof command, "%s -shared -fPIC -O1 -o %s %s", compiler ? compiler : "cc",
             path_of(object), path_of(source));
    ck_assert_int_eq(system(command), 0);
    return path_of(object);
}

/* --- hash ----------------------------------------------------------------------------------- */

/* The vectors of XXH3's own specification: what other tools print for these bytes. */
START_TEST(a_hash_is_xxh3_of_64_bits)
{
    ck_assert_uint_eq(kernel_hash("", 0), UINT64_C(0x2D06800538D394C2));
    ck_assert_uint_eq(kernel_hash("a", 1), UINT64_C(0xE6C632B61E964E1F));
    ck_assert_uint_eq(kernel_hash("abc", 3), UINT64_C(0x78AF5F94892F3950));
}
END_TEST

/* --- path ----------------------------------------------------------------------------------- */

START_TEST(the_first_folder_that_has_the_file_wins)
{
    struct kernel_path path = {0};
    char dirs[1024], found[512];

    mkdirat(scratch, "one", 0700);
    mkdirat(scratch, "two", 0700);
    write_file("two/k.so", "x", 1);
    snprintf(dirs, sizeof dirs, "%s:%s:", path_of("one"), path_of("two"));
    kernel_path_add(&path, dirs);
    kernel_path_add(&path, path_of("two"));
    ck_assert_uint_eq(path.count, 2);
    ck_assert_int_eq(kernel_path_find(&path, "k", found, sizeof found, &err), 0);
    ck_assert_str_eq(found, path_of("two/k.so"));
    write_file("one/k.so", "x", 1);
    ck_assert_int_eq(kernel_path_find(&path, "k.so", found, sizeof found, &err), 0);
    ck_assert_str_eq(found, path_of("one/k.so"));
    kernel_path_free(&path);
}
END_TEST

START_TEST(a_folder_may_have_a_colon_in_its_name)
{
    struct kernel_path path = {0};
    char found[512];

    mkdirat(scratch, "a:b", 0700);
    write_file("a:b/k.so", "x", 1);
    kernel_path_add_folder(&path, path_of("a:b"));
    kernel_path_add_folder(&path, path_of("a:b"));
    ck_assert_uint_eq(path.count, 1);
    ck_assert_int_eq(kernel_path_find(&path, "k", found, sizeof found, &err), 0);
    ck_assert_str_eq(found, path_of("a:b/k.so"));
    kernel_path_free(&path);
}
END_TEST

START_TEST(a_name_that_is_nowhere_is_said_with_the_places)
{
    struct kernel_path path = {0};
    char found[512];

    ck_assert_int_eq(kernel_path_find(&path, "k", found, sizeof found, &err), -1);
    ck_assert_str_eq(err.text, "there is no kernel k in an empty kernel path");
    kernel_path_add(&path, "/nowhere:/there");
    ck_assert_int_eq(kernel_path_find(&path, "k", found, sizeof found, &err), -1);
    ck_assert_str_eq(err.text, "there is no kernel k in /nowhere, /there");
    for (int i = 0; i < 100; i++) {
        char dir[64];

        snprintf(dir, sizeof dir, "/a/long/path/to/a/folder/%d", i);
        kernel_path_add(&path, dir);
    }
    ck_assert_int_eq(kernel_path_find(&path, "k", found, sizeof found, &err), -1);
    ck_assert_uint_lt(strlen(err.text), LIMIT_CAUSE);
    ck_assert_str_eq(err.text + strlen(err.text) - 3, "...");
    kernel_path_free(&path);
}
END_TEST

START_TEST(a_name_with_a_slash_or_a_dot_in_front_is_none)
{
    const char *const bad[] = {"", "../k", "a/b", "/k", ".k", "..", "."};
    struct kernel_path path = {0};
    char found[512], longest[LIMIT_KERNEL_NAME + 2];

    kernel_path_add(&path, "/");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(kernel_path_find(&path, bad[i], found, sizeof found, &err), -1);
        ck_assert_ptr_nonnull(strstr(err.text, "cannot be a kernel's name"));
    }
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(kernel_path_find(&path, longest, found, sizeof found, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot be a kernel's name"));
    kernel_path_free(&path);
}
END_TEST

/* --- file ----------------------------------------------------------------------------------- */

START_TEST(a_file_is_read_whole)
{
    struct buffer bytes = {0};
    static uint8_t content[200001];
    uint64_t seed = seed_first();

    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)random_next(&seed);
    write_file("k.so", content, sizeof content);
    ck_assert_int_eq(kernel_file_read(path_of("k.so"), &bytes, &err), 0);
    ck_assert_uint_eq(bytes.size, sizeof content);
    ck_assert_mem_eq(bytes.data, content, sizeof content);
    buffer_free(&bytes);
}
END_TEST

START_TEST(what_is_no_file_of_a_fit_size_is_refused)
{
    struct buffer bytes = {0};

    ck_assert_int_eq(kernel_file_read(path_of("none"), &bytes, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
    ck_assert_int_eq(kernel_file_read(scratch_path, &bytes, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "is not a file"));
    ck_assert_int_eq(mkfifo(path_of("fifo"), 0600), 0);
    ck_assert_int_eq(kernel_file_read(path_of("fifo"), &bytes, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "is not a file"));
    write_file("empty", "", 0);
    ck_assert_int_eq(kernel_file_read(path_of("empty"), &bytes, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "has 0 bytes"));
    write_file("huge", "", 0);
    ck_assert_int_eq(truncate(path_of("huge"), (off_t)LIMIT_KERNEL_SIZE + 1), 0);
    ck_assert_int_eq(kernel_file_read(path_of("huge"), &bytes, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "at most"));
    buffer_free(&bytes);
}
END_TEST

/* --- code cache ----------------------------------------------------------------------------- */

START_TEST(code_is_kept_under_its_hash_once)
{
    uint64_t hash = kernel_hash("code", 4);
    char name[CODE_CACHE_NAME_SIZE];
    struct stat first, second;

    ck_assert(!code_cache_has(scratch, hash));
    ck_assert_int_eq(code_cache_store(scratch, hash, "code", 4, &err), 0);
    ck_assert(code_cache_has(scratch, hash));
    code_cache_name(hash, name);
    ck_assert_uint_eq(strspn(name + strlen("code_cache/"), "0123456789abcdef"), 16);
    ck_assert_int_eq(fstatat(scratch, name, &first, 0), 0);
    ck_assert_int_eq(first.st_mode & 0777, 0600);
    ck_assert_int_eq(first.st_size, 4);
    ck_assert_int_eq(code_cache_store(scratch, hash, "code", 4, &err), 0);
    ck_assert_int_eq(fstatat(scratch, name, &second, 0), 0);
    ck_assert_uint_eq(first.st_ino, second.st_ino);
}
END_TEST

START_TEST(bytes_of_another_hash_are_not_kept)
{
    uint64_t hash = kernel_hash("code", 4);

    ck_assert_int_eq(code_cache_store(scratch, hash, "cold", 4, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "should have the hash"));
    ck_assert(!code_cache_has(scratch, hash));
    ck_assert_int_eq(faccessat(scratch, "code_cache", F_OK, 0), -1);
}
END_TEST

/* --- load ----------------------------------------------------------------------------------- */

START_TEST(a_kernel_says_its_level_and_role)
{
    struct kernel_exports exports;

    ck_assert_int_eq(kernel_load(build("k", PROLOGUE CONFIG("3", "1") ENTRY), &exports, &err), 0);
    ck_assert_uint_eq(exports.level, 3);
    ck_assert_uint_eq(exports.role, LINQU_ROLE_WORKER);
    exports.entry(NULL, NULL, 0);
}
END_TEST

/* The role of such a kernel would be read from a register that nobody has set: see kernel_load.c.
 */
START_TEST(a_config_of_8_bytes_means_an_orchestrator)
{
    struct kernel_exports exports;
    const char *file = build("old", "#include <stdint.h>\n"
                                    "struct config { uint8_t level; int args; };\n"
                                    "struct config linqu_orch_config(uint64_t *args, int count)\n"
                                    "{ return (struct config){5, args ? 1 : count}; }\n" ENTRY);

    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(kernel_load(file, &exports, &err), 0);
        ck_assert_uint_eq(exports.level, 5);
        ck_assert_uint_eq(exports.role, LINQU_ROLE_ORCHESTRATOR);
    }
}
END_TEST

static void refused(const char *name, const char *text, const char *why)
{
    struct kernel_exports exports;

    ck_assert_int_eq(kernel_load(build(name, text), &exports, &err), -1);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s: %s", name, err.text);
}

START_TEST(a_kernel_of_no_use_is_refused_with_the_reason)
{
    struct kernel_exports exports;

    write_file("text.so", "text", 4);
    ck_assert_int_eq(kernel_load(path_of("text.so"), &exports, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot be loaded"));
    refused("nothing", "int nothing;", "exports no linqu_orch_config");
    refused("half", PROLOGUE CONFIG("3", "1"), "exports no linqu_orch_entry");
    refused("hidden", "#pragma GCC visibility push(hidden)\n" PROLOGUE CONFIG("3", "1") ENTRY,
            "exports no linqu_orch_config");
    refused("level", PROLOGUE CONFIG("8", "1") ENTRY, "level 8");
    refused("role", PROLOGUE CONFIG("3", "2") ENTRY, "role 2");
    refused("later", PROLOGUE CONFIG("3", "1") ENTRY "const uint32_t linqu_required_abi = 2;",
            "version 2");
}
END_TEST

START_TEST(a_kernel_that_needs_our_interface_is_taken)
{
    struct kernel_exports exports;
    const char *file =
        build("now", PROLOGUE CONFIG("3", "1") ENTRY "const uint32_t linqu_required_abi = 1;");

    ck_assert_int_eq(kernel_load(file, &exports, &err), 0);
}
END_TEST

/* --- probe ---------------------------------------------------------------------------------- */

/* Let the file be asked in a process of its own, which is sent `signal` (0: none). */
static int probe(const char *file, int signal, uint8_t *level, uint8_t *role)
{
    struct kernel_probe kernel;
    struct buffer bytes = {0};
    int wait_status;

    ck_assert_int_eq(kernel_file_read(file, &bytes, &err), 0);
    ck_assert_int_eq(kernel_probe_begin(&kernel, bytes.data, bytes.size, &err), 0);
    buffer_free(&bytes);
    if (signal)
        kill(kernel.pid, signal);
    ck_assert_int_eq(waitpid(kernel.pid, &wait_status, 0), kernel.pid);
    return kernel_probe_end(&kernel, wait_status, level, role, &err);
}

START_TEST(a_kernel_is_asked_without_being_loaded_here)
{
    uint8_t level, role;

    ck_assert_int_eq(probe(build("k", PROLOGUE CONFIG("4", "1") ENTRY), 0, &level, &role), 0);
    ck_assert_uint_eq(level, 4);
    ck_assert_uint_eq(role, 1);
    ck_assert_int_eq(probe(build("nothing", "int nothing;"), 0, &level, &role), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "exports no linqu_orch_config"));
}
END_TEST

#define AT_LOAD(what)                                                                              \
    "#include <stdlib.h>\n#include <unistd.h>\n__attribute__((constructor)) static void "          \
    "begin(void) { " what " }\n"

START_TEST(a_kernel_that_misbehaves_when_it_is_asked_is_found_out)
{
    uint8_t level, role;

    ck_assert_int_eq(probe(build("crash", AT_LOAD("abort();") PROLOGUE CONFIG("4", "1") ENTRY), 0,
                           &level, &role),
                     -1);
    ck_assert_ptr_nonnull(strstr(err.text, "signal 6"));
    ck_assert_int_eq(probe(build("leave", AT_LOAD("_exit(0);") PROLOGUE CONFIG("4", "1") ENTRY), 0,
                           &level, &role),
                     -1);
    ck_assert_ptr_nonnull(strstr(err.text, "status 0"));
    ck_assert_int_eq(
        probe(build("hang", AT_LOAD("for (;;) pause();") PROLOGUE CONFIG("4", "1") ENTRY), SIGKILL,
              &level, &role),
        -1);
    ck_assert_ptr_nonnull(strstr(err.text, "signal 9"));
    ck_assert_int_eq(probe(build("noise", AT_LOAD("write(1, \"noise\", 5); close(2);")
                                              PROLOGUE CONFIG("4", "1") ENTRY),
                           0, &level, &role),
                     0);
}
END_TEST

SUITE_MAIN_OF("kernels", make_scratch, drop_scratch, 60, a_hash_is_xxh3_of_64_bits,
              the_first_folder_that_has_the_file_wins,
              a_folder_may_have_a_colon_in_its_name,
              a_name_that_is_nowhere_is_said_with_the_places,
              a_name_with_a_slash_or_a_dot_in_front_is_none, a_file_is_read_whole,
              what_is_no_file_of_a_fit_size_is_refused, code_is_kept_under_its_hash_once,
              bytes_of_another_hash_are_not_kept, a_kernel_says_its_level_and_role,
              a_config_of_8_bytes_means_an_orchestrator,
              a_kernel_of_no_use_is_refused_with_the_reason,
              a_kernel_that_needs_our_interface_is_taken,
              a_kernel_is_asked_without_being_loaded_here,
              a_kernel_that_misbehaves_when_it_is_asked_is_found_out)
