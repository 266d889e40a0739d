#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/timestamp.h"
#include "suite.h"

static struct log_record record_of(const char *message, const char *fields)
{
    return (struct log_record){.wall_ns = UINT64_C(1795421239412345678),
                               .level = LOG_WARN,
                               .node = "L6_0/L5_3/L4_1/L3_7",
                               .pid = 20190,
                               .component = "ring",
                               .message = message,
                               .fields = fields};
}

static char *format(const char *message, const char *fields)
{
    struct log_record record = record_of(message, fields);
    static struct buffer out; // until the next call

    buffer_clear(&out);
    log_format(&out, &record);
    buffer_append(&out, "", 1);
    return (char *)out.data;
}

#define HEAD                                                                                       \
    "ts=2026-11-23T08:07:19.412345678Z lvl=warn node=L6_0/L5_3/L4_1/L3_7 pid=20190 comp=ring"

START_TEST(a_record_is_one_logfmt_line)
{
    ck_assert_str_eq(format("ring full", "task=1:7 used=8 cap=8"),
                     HEAD " msg=\"ring full\" task=1:7 used=8 cap=8\n");
    ck_assert_str_eq(format("", NULL), HEAD " msg=\"\"\n");
}
END_TEST

START_TEST(what_would_break_the_line_or_the_terminal_is_escaped)
{
    ck_assert_str_eq(format("a\"b\\c\nd\re\tf\x1b[31m\x7f", NULL),
                     HEAD " msg=\"a\\\"b\\\\c\\nd\\re\\tf\\x1b[31m\\x7f\"\n");
    ck_assert_str_eq(format("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", NULL),
                     HEAD " msg=\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"\n");
    ck_assert_str_eq(format("\xc2\x9b \xff \xc3( \xed\xa0\x80 \xc0\xaf \xe2\x82", NULL), HEAD
                     " msg=\"\\xc2\\x9b \\xff \\xc3( \\xed\\xa0\\x80 \\xc0\\xaf \\xe2\\x82\"\n");
}
END_TEST

/* Takes the message and the fields of all parts together again. */
static void join(const char *lines, char *message, char *fields)
{
    unsigned part = 0;

    *message = *fields = '\0';
    for (const char *line = lines, *end; *line; line = end + 1) {
        const char *at = line + strlen(HEAD);
        char expected[32];

        end = strchr(line, '\n');
        claim(end != NULL, "no newline");
        claim(end + 1 - line <= LIMIT_LOG_LINE, "%.600s", line);
        claim(strncmp(line, HEAD, strlen(HEAD)) == 0, "%.600s", line);
        part++;
        if (part > 1) {
            snprintf(expected, sizeof expected, " part=%u", part);
            claim(strncmp(at, expected, strlen(expected)) == 0, "%.600s", line);
            at += strlen(expected);
        }
        if (!strncmp(at, " msg=\"", 6)) {
            at += 6;
            while (*at != '"') {
                if (*at == '\\')
                    strncat(message, at++, 1);
                strncat(message, at++, 1);
                claim(at < end, "%.600s", line);
            }
            at++;
        }
        strncat(fields, at, (size_t)(end - at));
    }
}

START_TEST(a_long_message_goes_on_in_further_lines_and_loses_nothing)
{
    static char text[8192], message[32768], fields[8192];

    for (uint64_t seed = seed_first(), end = seed + seed_count(300); seed < end; seed++) {
        static const char *const pieces[] = {"a", "bc ", "\n", "\xc3\xa9", "\"", "\xff"};
        static const char *const escaped[] = {"a", "bc ", "\\n", "\xc3\xa9", "\\\"", "\\xff"};
        static char expected[32768], expected_fields[8192];
        uint64_t random = seed;
        uint32_t count = random_below(&random, 2000);

        *text = *expected = *expected_fields = '\0';
        for (uint32_t i = 0; i < count; i++) {
            uint32_t piece = random_below(&random, 6);

            strcat(text, pieces[piece]);
            strcat(expected, escaped[piece]);
        }
        for (uint32_t i = random_below(&random, 30); i > 0; i--)
            sprintf(expected_fields + strlen(expected_fields), " k%u=\"v \\\" %u\"", i,
                    (unsigned)random_next(&random));
        join(format(text, expected_fields), message, fields);
        claim(!strcmp(message, expected), "seed %" PRIu64, seed);
        claim(!strcmp(fields, expected_fields), "seed %" PRIu64 ": %s", seed, fields);
    }
}
END_TEST

START_TEST(a_field_longer_than_a_line_is_kept_as_text)
{
    static char long_field[2000], message[8192], fields[8192];
    char *lines;

    memset(long_field, 'p', sizeof long_field - 1);
    memcpy(long_field, "path=", 5);
    lines = format("no room", long_field);
    join(lines, message, fields);
    ck_assert_str_eq(fields, "");
    ck_assert_int_eq(strncmp(message, "no room", 7), 0);
    ck_assert_str_eq(message + 7, long_field);
}
END_TEST

START_TEST(level_names_read_back_to_their_level)
{
    enum log_level level;

    for (unsigned i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        ck_assert_int_eq(log_level_parse(log_level_name((enum log_level)i), &level), 0);
        ck_assert_uint_eq((unsigned)level, i);
    }
    ck_assert_int_eq(log_level_parse("warning", &level), -1);
    ck_assert_int_eq(log_level_parse("", &level), -1);
}
END_TEST

/* Against the C library's calendar, every day from 1970 to 2554 (where nanoseconds end). */
START_TEST(timestamps_agree_with_the_calendar)
{
    const uint64_t second_ns = 1000000000, day_ns = 86400 * second_ns;
    uint64_t random = seed_first();

    for (uint64_t day = 0; day < UINT64_MAX / day_ns; day++) {
        uint64_t wall_ns = day * day_ns + random_next(&random) % day_ns;
        time_t seconds = (time_t)(wall_ns / second_ns);
        char text[TIMESTAMP_SIZE], date[24], expected[40];
        struct tm tm;

        gmtime_r(&seconds, &tm);
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(expected, sizeof expected, "%s.%09uZ", date, (unsigned)(wall_ns % second_ns));
        claim(timestamp_format(wall_ns, text) == (int)strlen(expected), "%s", expected);
        claim(!strcmp(text, expected), "%s is not %s", text, expected);
    }
}
END_TEST

SUITE_MAIN("log", a_record_is_one_logfmt_line, what_would_break_the_line_or_the_terminal_is_escaped,
           a_long_message_goes_on_in_further_lines_and_loses_nothing,
           a_field_longer_than_a_line_is_kept_as_text, level_names_read_back_to_their_level,
           timestamps_agree_with_the_calendar)
