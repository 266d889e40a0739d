// links: users
#include "report/log_merge.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "report/log_groups.h"
#include "report/log_line.h"
#include "scratch.h"
#include "suite.h"
#include "topology_fixture.h"

static const struct log_merge_limits plenty = {.descriptors = 64, .bytes = 1 << 20};

#define LINE(text) text, strlen(text)

/* --- lines ------------------------------------------------------------------------------------ */

START_TEST(a_line_that_was_written_is_read_back)
{
    struct log_record record = {.wall_ns = UINT64_C(1795421239412345678),
                                .level = LOG_WARN,
                                .node = "L6_0/L5_3",
                                .pid = 20190,
                                .component = "ring",
                                .message = "a \"b\" \\ \n\x01 caf\xc3\xa9",
                                .fields = "used=8 cap=8"};
    struct buffer out = {0};
    struct log_line line;
    char message[64];

    log_format(&out, &record);
    ck_assert(log_line_read((const char *)out.data, out.size - 1, &line));
    ck_assert_uint_eq(line.wall_ns, record.wall_ns);
    ck_assert_int_eq(line.level, LOG_WARN);
    ck_assert_uint_eq(line.part, 1);
    ck_assert_uint_eq(line.node.size, strlen(record.node));
    ck_assert_mem_eq(line.component.start, "ring", 4);
    log_unescape(line.message, message, sizeof message);
    ck_assert_str_eq(message, record.message);
    buffer_free(&out);
}
END_TEST

START_TEST(random_messages_survive_writing_and_reading)
{
    for (uint64_t seed = seed_first(); seed < seed_first() + seed_count(2000); seed++) {
        uint64_t state = seed;
        char message[64], back[64];
        struct buffer out = {0};
        struct log_line line;
        size_t size = random_below(&state, 60);

        for (size_t i = 0; i < size; i++)
            message[i] = (char)(1 + random_below(&state, 255));
        message[size] = '\0';
        log_format(&out, &(struct log_record){
                             .wall_ns = 1, .node = "n", .component = "c", .message = message});
        claim(log_line_read((const char *)out.data, out.size - 1, &line), "seed %" PRIu64, seed);
        log_unescape(line.message, back, sizeof back);
        claim(strcmp(message, back) == 0, "seed %" PRIu64, seed);
        buffer_free(&out);
    }
}
END_TEST

START_TEST(what_is_no_line_of_ours_is_told_apart)
{
    static const char *const others[] = {
        "",
        "ts=",
        "hello",
        "ts=yesterday lvl=info node=x pid=1 comp=a msg=\"b\"",
        "ts=2026-11-23T08:07:19Z lvl=loud node=x pid=1 comp=a msg=\"b\"",
        "ts=2026-11-23T08:07:19Z lvl=info node=x pid=1 comp=a",
        "msg=\"b\" ts=2026-11-23T08:07:19Z"};
    struct log_line line;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        claim(!log_line_read(LINE(others[i]), &line), "%s", others[i]);
}
END_TEST

START_TEST(a_line_as_json_has_a_member_a_word)
{
    const char *text = "ts=2026-11-23T08:07:19.5Z lvl=warn node=L6_0 pid=12 comp=ring task=1:7 "
                       "msg=\"a \\\"b\\\"\" used=8 big=12345678901234567890 neg=-4";
    json_t *json = log_line_json(LINE(text));

    ck_assert_str_eq(json_string_value(json_object_get(json, "lvl")), "warn");
    ck_assert_str_eq(json_string_value(json_object_get(json, "msg")), "a \"b\"");
    ck_assert_int_eq(json_integer_value(json_object_get(json, "used")), 8);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "neg")), -4);
    ck_assert_str_eq(json_string_value(json_object_get(json, "big")), "12345678901234567890");
    ck_assert_str_eq(json_string_value(json_object_get(json, "task")), "1:7");
    json_decref(json);
    json = log_line_json(LINE("not ours \xff"));
    ck_assert_str_eq(json_string_value(json_object_get(json, "msg")), "not ours ?");
    json_decref(json);
}
END_TEST

START_TEST(numbers_do_not_make_another_message)
{
    char a[64], b[64];

    log_normalise((struct text_slice){LINE("child L3_7 gone: signal 9, 12.5 ms")}, a, sizeof a);
    log_normalise((struct text_slice){LINE("child L3_12 gone: signal 11, 3.25 ms")}, b, sizeof b);
    ck_assert_str_eq(a, b);
    ck_assert_str_eq(a, "child L#_# gone: signal #, #.# ms");
}
END_TEST

/* --- merging ---------------------------------------------------------------------------------- */

/* Append a line with this moment (seconds) to a log. */
static void put(int dir, const char *name, unsigned second, const char *message)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    char when[TIMESTAMP_SIZE];

    ck_assert_int_ge(fd, 0);
    timestamp_format(second * UINT64_C(1000000000), when);
    ck_assert_int_gt(
        dprintf(fd, "ts=%s lvl=info node=%s pid=1 comp=t msg=\"%s\"\n", when, name, message), 0);
    close(fd);
}

static void put_raw(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_APPEND, 0600);

    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* The messages that come next, with blanks between. */
static const char *next_messages(struct log_merge *merge)
{
    static char all[4096];
    struct merged_line merged;
    size_t size = 0;

    all[0] = '\0';
    while (log_merge_next(merge, &merged)) {
        struct log_line line;
        bool ours = log_line_read(merged.text, merged.size, &line);

        size += (size_t)snprintf(all + size, sizeof all - size, "%s%.*s", size ? " " : "",
                                 ours ? (int)line.message.size : (int)merged.size,
                                 ours ? line.message.start : merged.text);
        ck_assert_uint_lt(size, sizeof all);
    }
    return all;
}

START_TEST(logs_come_in_the_order_of_time)
{
    static const char *const paths[] = {"a", "b", "c"};
    int dir = scratch_open();
    struct log_merge *merge;

    put(dir, "a", 1, "1");
    put(dir, "a", 4, "4");
    put(dir, "b", 2, "2");
    put(dir, "b", 3, "3");
    put(dir, "c", 3, "3c");
    merge = log_merge_create(dir, paths, 3, &plenty);
    ck_assert_str_eq(next_messages(merge), "1 2 3 3c 4");
    log_merge_destroy(merge);
    scratch_close(dir);
}
END_TEST

START_TEST(a_log_that_is_missing_empty_or_no_file_is_passed_over)
{
    static const char *const paths[] = {"missing", "empty", "folder", "link", "a"};
    int dir = scratch_open();
    struct log_merge *merge;

    put_raw(dir, "empty", "");
    put(dir, "a", 1, "1");
    ck_assert_int_eq(mkdirat(dir, "folder", 0700), 0);
    ck_assert_int_eq(symlinkat("/etc/passwd", dir, "link"), 0);
    merge = log_merge_create(dir, paths, 5, &plenty);
    ck_assert_str_eq(next_messages(merge), "1");
    ck_assert_uint_eq(log_merge_missing(merge), 3);
    ck_assert(log_merge_is_missing(merge, 0) && !log_merge_is_missing(merge, 1));
    log_merge_destroy(merge);
    scratch_close(dir);
}
END_TEST

/* A line of somebody else's (a kernel's printf) stays behind the line before it. */
START_TEST(a_foreign_line_stays_where_it_was_written)
{
    static const char *const paths[] = {"a", "b"};
    int dir = scratch_open();
    struct log_merge *merge;

    put(dir, "a", 1, "1");
    put_raw(dir, "a", "from-a-kernel\n");
    put(dir, "a", 3, "3");
    put(dir, "b", 2, "2");
    merge = log_merge_create(dir, paths, 2, &plenty);
    ck_assert_str_eq(next_messages(merge), "1 from-a-kernel 2 3");
    log_merge_destroy(merge);
    scratch_close(dir);
}
END_TEST

START_TEST(a_rotated_log_begins_with_its_older_file)
{
    static const char *const paths[] = {"a"};
    int dir = scratch_open();
    struct log_merge *merge;

    put(dir, "a.1", 1, "1");
    put(dir, "a", 2, "2");
    merge = log_merge_create(dir, paths, 1, &plenty);
    ck_assert_str_eq(next_messages(merge), "1 2");
    log_merge_destroy(merge);
    scratch_close(dir);
}
END_TEST

START_TEST(what_is_written_later_comes_later_also_over_a_rotation)
{
    static const char *const paths[] = {"a"};
    int dir = scratch_open();
    struct log_merge *merge;

    put(dir, "a", 1, "1");
    merge = log_merge_create(dir, paths, 1, &plenty);
    ck_assert_str_eq(next_messages(merge), "1");
    put(dir, "a", 2, "2");
    ck_assert_str_eq(next_messages(merge), "");
    log_merge_again(merge, 0);
    ck_assert_str_eq(next_messages(merge), "2");
    put(dir, "a", 3, "3");
    ck_assert_int_eq(renameat(dir, "a", dir, "a.1"), 0);
    put(dir, "a", 4, "4");
    log_merge_again(merge, 0);
    ck_assert_str_eq(next_messages(merge), "3 4");
    log_merge_destroy(merge);
    scratch_close(dir);
}
END_TEST

START_TEST(a_log_that_appears_later_is_read)
{
    static const char *const paths[] = {"a"};
    int dir = scratch_open();
    struct log_merge *merge = log_merge_create(dir, paths, 1, &plenty);

    ck_assert_str_eq(next_messages(merge), "");
    put(dir, "a", 1, "1");
    log_merge_again(merge, 0);
    ck_assert_str_eq(next_messages(merge), "1");
    log_merge_destroy(merge);
    scratch_close(dir);
}
END_TEST

START_TEST(an_unfinished_line_waits_for_its_end)
{
    static const char *const paths[] = {"a"};
    int dir = scratch_open();
    struct log_merge *merge = log_merge_create(dir, paths, 1, &plenty);

    put_raw(dir, "a", "first half");
    ck_assert_str_eq(next_messages(merge), "");
    put_raw(dir, "a", " second half\nrest");
    log_merge_again(merge, 0);
    ck_assert_str_eq(next_messages(merge), "first half second half");
    log_merge_take_partial(merge);
    log_merge_again(merge, 0);
    ck_assert_str_eq(next_messages(merge), "rest");
    log_merge_destroy(merge);
    scratch_close(dir);
}
END_TEST

START_TEST(a_line_longer_than_the_buffer_is_cut_and_nothing_is_lost)
{
    static const char *const paths[] = {"a"};
    const struct log_merge_limits tight = {.descriptors = 1, .bytes = 1};
    int dir = scratch_open();
    struct merged_line line;
    size_t size = 0, pieces = 0;
    struct log_merge *merge;
    char text[5002];

    memset(text, 'x', 5000);
    text[5000] = '\n';
    text[5001] = '\0';
    put_raw(dir, "a", text);
    merge = log_merge_create(dir, paths, 1, &tight);
    for (; log_merge_next(merge, &line); pieces++)
        size += line.size;
    ck_assert_uint_eq(size, 5000);
    ck_assert_uint_gt(pieces, 1);
    log_merge_destroy(merge);
    scratch_close(dir);
}
END_TEST

static unsigned open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* Many logs, few descriptors, small buffers: the same lines in the same order as sorting them would
 * give. */
START_TEST(any_number_of_logs_needs_few_descriptors)
{
    enum { LOGS = 100, LINES = 2000, MOST = 5 };
    const struct log_merge_limits tight = {.descriptors = MOST, .bytes = 1};
    uint64_t seed = seed_first(), state = seed, before = 0;
    int dir = scratch_open();
    unsigned descriptors, seen = 0;
    struct merged_line line;
    struct log_merge *merge;
    const char *paths[LOGS];
    char names[LOGS][8];

    for (int i = 0; i < LOGS; i++) {
        snprintf(names[i], sizeof names[i], "n%d", i);
        paths[i] = names[i];
    }
    for (unsigned second = 1; second <= LINES; second++)
        put(dir, names[random_below(&state, LOGS)], second, "x");
    merge = log_merge_create(dir, paths, LOGS, &tight);
    descriptors = open_descriptors();
    while (log_merge_next(merge, &line)) {
        claim(line.wall_ns == before + 1000000000, "seed %" PRIu64, seed);
        before = line.wall_ns;
        if (seen++ % 100 == 0)
            claim(open_descriptors() <= descriptors + MOST, "%u open", open_descriptors());
    }
    ck_assert_uint_eq(seen, LINES);
    log_merge_destroy(merge);
    scratch_close(dir);
}
END_TEST

/* --- groups ----------------------------------------------------------------------------------- */

static void add_line(struct log_groups *groups, const char *text, uint32_t rank)
{
    struct log_line line;

    ck_assert_msg(log_line_read(LINE(text), &line), "%s", text);
    log_groups_add(groups, &line, rank);
}

#define ERROR_LINE(second, comp, msg)                                                              \
    "ts=2026-11-23T08:07:" second "Z lvl=error node=x pid=1 comp=" comp " msg=\"" msg "\""

START_TEST(equal_messages_are_one_group_with_its_nodes)
{
    struct topology topology = topology_of("2x2x4");
    struct log_groups *groups;
    const struct log_group *list;
    struct buffer names = {0};
    uint64_t beyond;
    size_t count;

    groups = log_groups_create(&topology);
    add_line(groups, ERROR_LINE("10", "life", "child 3 died"), 3);
    add_line(groups, ERROR_LINE("11", "ring", "child 3 died"), 3);
    add_line(groups, ERROR_LINE("12", "life", "child 71 died"), 5);
    add_line(groups, ERROR_LINE("13", "life", "child 8 died"), 3);
    add_line(groups, ERROR_LINE("14", "life", "child 8 died"), 3);
    list = log_groups_sorted(groups, &count, &beyond);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(list[0].count, 4);
    ck_assert_str_eq(list[0].message, "child 3 died");
    ck_assert_str_eq(list[0].component, "life");
    ck_assert_uint_eq(node_set_count(&list[0].nodes), 2);
    node_set_format(&list[0].nodes, &names);
    buffer_append(&names, "", 1);
    ck_assert_str_eq((char *)names.data, "L6_0/L5_[0-1]/L4_0");
    ck_assert_uint_eq(list[0].last_ns - list[0].first_ns, UINT64_C(4000000000));
    ck_assert_uint_eq(list[1].count, 1);
    ck_assert_uint_eq(beyond, 0);
    buffer_free(&names);
    log_groups_destroy(groups);
}
END_TEST

START_TEST(what_goes_on_from_the_line_before_is_not_counted_again)
{
    struct topology topology = topology_of("1x1x1");
    struct log_groups *groups;
    uint64_t beyond;
    size_t count;

    groups = log_groups_create(&topology);
    add_line(groups, "ts=2026-11-23T08:07:19Z lvl=error node=x pid=1 comp=a msg=\"long\"", 0);
    add_line(groups, "ts=2026-11-23T08:07:19Z lvl=error node=x pid=1 comp=a part=2 msg=\"er\"", 0);
    log_groups_sorted(groups, &count, &beyond);
    ck_assert_uint_eq(count, 1);
    log_groups_destroy(groups);
}
END_TEST

START_TEST(different_messages_without_end_are_counted_and_not_kept)
{
    struct topology topology = topology_of("1x1x1");
    struct log_groups *groups;
    uint64_t beyond;
    size_t count;

    groups = log_groups_create(&topology);
    for (unsigned i = 0; i < LOG_GROUPS_MOST + 5; i++) {
        char text[128], word[8] = "aaaa";

        for (unsigned digit = 0, rest = i; digit < 4; digit++, rest /= 26)
            word[digit] = (char)('a' + rest % 26);
        snprintf(text, sizeof text, ERROR_LINE("10", "life", "%s"), word);
        add_line(groups, text, 0);
    }
    log_groups_sorted(groups, &count, &beyond);
    ck_assert_uint_eq(count, LOG_GROUPS_MOST);
    ck_assert_uint_eq(beyond, 5);
    log_groups_destroy(groups);
}
END_TEST

SUITE_MAIN("logs", a_line_that_was_written_is_read_back,
           random_messages_survive_writing_and_reading, what_is_no_line_of_ours_is_told_apart,
           a_line_as_json_has_a_member_a_word, numbers_do_not_make_another_message,
           logs_come_in_the_order_of_time, a_log_that_is_missing_empty_or_no_file_is_passed_over,
           a_foreign_line_stays_where_it_was_written, a_rotated_log_begins_with_its_older_file,
           what_is_written_later_comes_later_also_over_a_rotation, a_log_that_appears_later_is_read,
           an_unfinished_line_waits_for_its_end,
           a_line_longer_than_the_buffer_is_cut_and_nothing_is_lost,
           any_number_of_logs_needs_few_descriptors, equal_messages_are_one_group_with_its_nodes,
           what_goes_on_from_the_line_before_is_not_counted_again,
           different_messages_without_end_are_counted_and_not_kept)
