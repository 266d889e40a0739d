// links: users
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/invocation.h"
#include "cli/suggest.h"
#include "cli/topology_load.h"
#include "suite.h"
#include "topology_fixture.h"
#include "topo/ring_layout.h"

static struct error err;

/* Parse words that stand for a command line; they are cut at blanks. */
static int parse(struct invocation *invocation, const char *words)
{
    static char copy[512];
    static char *argv[32];
    int argc = 0;

    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return invocation_parse(invocation, argc, argv, &err);
}

static void refused(const char *words, const char *expected)
{
    struct invocation invocation;

    ck_assert_msg(parse(&invocation, words) == -1, "%s is taken", words);
    ck_assert_msg(strstr(err.text, expected) != NULL, "%s: %s", words, err.text);
    ck_assert_msg(!strchr(err.text, '\n'), "%s: %s", words, err.text);
}

/* --- the table -------------------------------------------------------------------------------- */

START_TEST(every_command_and_option_is_explained)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command_row *command = &command_table[i];

        ck_assert_uint_eq(command->id, i);
        ck_assert_msg(command->name[0] && strlen(command->summary) > 8, "%s", command->name);
        ck_assert_msg(command->main != NULL, "%s", command->name);
        ck_assert(command->least_arguments <= command->most_arguments);
    }
    for (size_t i = 0; i < option_table_count; i++) {
        const struct option_row *row = &option_table[i];

        ck_assert_msg(row->commands != 0, "--%s belongs to no command", row->name);
        ck_assert_msg(strlen(row->help) > 10, "--%s", row->name);
        ck_assert_msg(row->help[strlen(row->help) - 1] != '.', "--%s ends with a period",
                      row->name);
        ck_assert_msg((row->kind == OPTION_FLAG) == (row->argument == NULL), "--%s", row->name);
    }
}
END_TEST

START_TEST(no_command_has_two_options_of_one_name_or_letter)
{
    for (size_t i = 0; i < option_table_count; i++) {
        for (size_t j = i + 1; j < option_table_count; j++) {
            const struct option_row *a = &option_table[i], *b = &option_table[j];

            if (!(a->commands & b->commands))
                continue;
            ck_assert_msg(strcmp(a->name, b->name) != 0, "--%s twice", a->name);
            ck_assert_msg(a->id != b->id, "--%s and --%s have one id", a->name, b->name);
            ck_assert_msg(!a->letter || a->letter != b->letter, "-%c: --%s and --%s", a->letter,
                          a->name, b->name);
        }
    }
}
END_TEST

START_TEST(one_name_means_one_option_everywhere)
{
    for (size_t i = 0; i < option_table_count; i++)
        for (size_t j = 0; j < option_table_count; j++)
            ck_assert_msg((option_table[i].id == option_table[j].id) ==
                              (strcmp(option_table[i].name, option_table[j].name) == 0),
                          "--%s", option_table[i].name);
}
END_TEST

START_TEST(every_default_is_a_value_that_the_option_takes)
{
    struct invocation invocation;
    char words[64];

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        snprintf(words, sizeof words, "linqu %s --help", command_table[i].name);
        ck_assert_msg(parse(&invocation, words) == 0, "%s: %s", words, err.text);
        invocation_free(&invocation);
    }
}
END_TEST

/* What `print` writes, in memory. */
static char *printed(void (*print)(FILE *out))
{
    size_t size;
    char *text;
    FILE *out = open_memstream(&text, &size);

    print(out);
    fclose(out);
    return text;
}

static void print_every_command(FILE *out)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        help_of_command(out, &command_table[i]);
}

/* As the manual page escapes it. */
static const char *roff_of(const char *text)
{
    static char roff[256];
    size_t at = 0;

    for (; *text; text++)
        at += (size_t)snprintf(roff + at, sizeof roff - at, *text == '-' ? "\\-" : "%c", *text);
    return roff;
}

START_TEST(help_manual_and_completion_have_every_option)
{
    char *help = printed(print_every_command), *manual = printed(help_manual);
    char *completion = printed(help_completion);

    for (size_t i = 0; i < option_table_count; i++) {
        const struct option_row *row = &option_table[i];
        char plain[64];

        snprintf(plain, sizeof plain, "--%s", row->name);
        ck_assert_msg(strstr(help, plain) != NULL, "help lacks %s", plain);
        ck_assert_msg(strstr(completion, plain) != NULL, "completion lacks %s", plain);
        ck_assert_msg(row->id == OPTION_HELP || strstr(manual, roff_of(plain)) != NULL,
                      "manual lacks %s", plain);
    }
    for (size_t i = 0; i < exit_table_count; i++)
        ck_assert_msg(strstr(manual, roff_of(exit_table[i].meaning)) != NULL, "%s",
                      exit_table[i].term);
    free(help);
    free(manual);
    free(completion);
}
END_TEST

START_TEST(help_keeps_to_eighty_columns)
{
    char *help = printed(print_every_command), *overview = printed(help_overview);
    char *texts[] = {help, overview};

    for (size_t i = 0; i < 2; i++)
        for (char *line = strtok(texts[i], "\n"); line; line = strtok(NULL, "\n"))
            ck_assert_msg(strlen(line) <= 80, "%zu columns: %s", strlen(line), line);
    free(help);
    free(overview);
}
END_TEST

/* --- parsing ---------------------------------------------------------------------------------- */

START_TEST(options_and_arguments_come_in_any_order)
{
    struct invocation invocation;

    ck_assert_int_eq(parse(&invocation, "linqu run topology -t 2x2 dag --seed=7 --json"), 0);
    ck_assert_int_eq(invocation.command->id, COMMAND_RUN);
    ck_assert_uint_eq(invocation.argument_count, 2);
    ck_assert_str_eq(invocation.arguments[1], "dag");
    ck_assert_str_eq(invocation.text[OPTION_TOPOLOGY], "2x2");
    ck_assert_uint_eq(invocation.number[OPTION_SEED], 7);
    ck_assert(invocation.given[OPTION_JSON] && !invocation.given[OPTION_QUIET]);
    ck_assert_uint_eq(invocation.number[OPTION_KEEP], 5);
    ck_assert(!invocation.given[OPTION_START_TIMEOUT]); // its default depends on the topology
    ck_assert_str_eq(invocation.line, "linqu run topology -t 2x2 dag --seed=7 --json");
    invocation_free(&invocation);
}
END_TEST

START_TEST(long_options_may_be_shortened_while_they_are_unique)
{
    struct invocation invocation;

    ck_assert_int_eq(parse(&invocation, "linqu run --topo 2x2 --phys x --start 5m"), 0);
    ck_assert_str_eq(invocation.text[OPTION_TOPOLOGY], "2x2");
    ck_assert_uint_eq(invocation.number[OPTION_START_TIMEOUT], 300);
    invocation_free(&invocation);
    refused("linqu run --st 5", "more than one option");
}
END_TEST

START_TEST(the_command_line_is_written_so_that_a_shell_reads_it_back)
{
    char *argv[] = {(char *)"/usr/bin/linqu", (char *)"run",  (char *)"-t", (char *)"L6:1 L3:2",
                    (char *)"--name",         (char *)"it's", NULL};
    struct invocation invocation;

    ck_assert_int_eq(invocation_parse(&invocation, 6, argv, &err), 0);
    ck_assert_str_eq(invocation.line, "linqu run -t 'L6:1 L3:2' --name 'it'\\''s'");
    invocation_free(&invocation);
}
END_TEST

START_TEST(wrong_command_lines_get_one_sentence)
{
    refused("linqu", "name a command");
    refused("linqu frobnicate", "no command 'frobnicate'");
    refused("linqu statsu", "`linqu status`");
    refused("linqu shutdwon", "`linqu shutdown`");
    refused("linqu run --topologie 2x2", "did you mean --topology?");
    refused("linqu run --dryrun", "did you mean --dry-run?");
    refused("linqu status --follow", "has no option '--follow'");
    refused("linqu run --nonsense", "`linqu help run`");
    refused("linqu run -X", "no option -X");
    refused("linqu run -t", "--topology needs an argument");
    refused("linqu run --keep", "--keep needs an argument: --keep N");
    refused("linqu run --json=yes", "--json takes no argument");
    refused("linqu run --keep -1", "number from 0");
    refused("linqu run --keep 99999999999999999999", "number from 0");
    refused("linqu run --keep 5x", "not '5x'");
    refused("linqu run --start-timeout abc", "not 'abc'");
    refused("linqu run --start-timeout 0", "from 1 to");
    refused("linqu run --start-timeout 2d", "from 1 to 86400");
    refused("linqu status one two", "no use for 'two'");
    refused("linqu doctor x", "no use for 'x'");
    refused("linqu exec", "needs [RUN] SCENARIO|KERNEL...");
    refused("linqu topology show", "needs show|check SPEC");
}
END_TEST

START_TEST(times_have_units)
{
    uint64_t seconds = 0;
    static const char *const wrong[] = {"",
                                        "x",
                                        "-1",
                                        "5 s",
                                        "5ms",
                                        "1.5s",
                                        "5ss",
                                        "99999999999999999999",
                                        "18446744073709551615h"};

    ck_assert(seconds_parse("30", &seconds) == 0 && seconds == 30);
    ck_assert(seconds_parse("30s", &seconds) == 0 && seconds == 30);
    ck_assert(seconds_parse("5m", &seconds) == 0 && seconds == 300);
    ck_assert(seconds_parse("2h", &seconds) == 0 && seconds == 7200);
    ck_assert(seconds_parse("1d", &seconds) == 0 && seconds == 86400);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(seconds_parse(wrong[i], &seconds) == -1, "%s", wrong[i]);
}
END_TEST

START_TEST(distance_counts_the_letters_to_change)
{
    ck_assert_uint_eq(edit_distance("status", "status"), 0);
    ck_assert_uint_eq(edit_distance("statsu", "status"), 1);
    ck_assert_uint_eq(edit_distance("stats", "status"), 1);
    ck_assert_uint_eq(edit_distance("", "abc"), 3);
    ck_assert_uint_eq(edit_distance("kitten", "sitting"), 3);
    ck_assert_uint_ge(edit_distance("this-word-is-longer-than-any-of-ours-is", "x"), 32);
}
END_TEST

START_TEST(only_what_is_near_is_suggested)
{
    static const char *const words[] = {"status", "shutdown", "exec"};

    ck_assert_str_eq(suggest("stat", words, 3), "status");
    ck_assert_str_eq(suggest("exce", words, 3), "exec");
    ck_assert_ptr_null(suggest("banana", words, 3));
    ck_assert_ptr_null(suggest("", words, 3));
    ck_assert_ptr_null(suggest("x", words, 3));
}
END_TEST

/* --- options that may come several times ------------------------------------------------------ */

START_TEST(an_option_given_several_times_is_kept_each_time)
{
    struct invocation invocation;

    ck_assert_int_eq(
        parse(&invocation, "linqu run -t 2x2 --arg 1 ./a.so --arg=-2 --arg 0x3 --at L5_0"), 0);
    ck_assert_uint_eq(invocation.all[OPTION_ARG].count, 3);
    ck_assert_str_eq(invocation.all[OPTION_ARG].items[0], "1");
    ck_assert_str_eq(invocation.all[OPTION_ARG].items[1], "-2");
    ck_assert_str_eq(invocation.all[OPTION_ARG].items[2], "0x3");
    ck_assert_uint_eq(invocation.all[OPTION_AT].count, 1);
    ck_assert_uint_eq(invocation.all[OPTION_KERNEL_PATH].count, 0);
    ck_assert_uint_eq(invocation.argument_count, 1);
    invocation_free(&invocation);
}
END_TEST

START_TEST(ring_capacities_of_the_command_line_win_over_the_topologys_one_by_one)
{
    struct topology topology = topology_of("2x2");
    struct invocation invocation;

    topology.settings.task_ring_slots[LEVEL_POD] = 2;
    topology.settings.buffer_ring_bytes[LEVEL_CLOS1] = 64;
    ck_assert_int_eq(parse(&invocation, "linqu run --ring-capacity buffer=32K "
                                        "--ring-capacity L4:task=4,buffer=16K"),
                     0);
    ck_assert_int_eq(topology_take_capacities(&topology, &invocation, &err), 0);
    ck_assert_uint_eq(ring_slots(&topology, LEVEL_POD), 4);
    ck_assert_uint_eq(ring_bytes(&topology, LEVEL_POD), 16384);
    ck_assert_uint_eq(ring_bytes(&topology, LEVEL_CLOS1), 32768);
    ck_assert_uint_eq(ring_slots(&topology, LEVEL_CLOS1), RING_SLOTS_USUAL);
    invocation_free(&invocation);
    ck_assert_int_eq(parse(&invocation, "linqu doctor --ring-capacity task=3"), 0);
    ck_assert_int_eq(topology_take_capacities(&topology, &invocation, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "--ring-capacity: task='3'"));
    invocation_free(&invocation);
}
END_TEST

SUITE_MAIN("cli", ring_capacities_of_the_command_line_win_over_the_topologys_one_by_one,
           an_option_given_several_times_is_kept_each_time, every_command_and_option_is_explained,
           no_command_has_two_options_of_one_name_or_letter, one_name_means_one_option_everywhere,
           every_default_is_a_value_that_the_option_takes,
           help_manual_and_completion_have_every_option, help_keeps_to_eighty_columns,
           options_and_arguments_come_in_any_order,
           long_options_may_be_shortened_while_they_are_unique,
           the_command_line_is_written_so_that_a_shell_reads_it_back,
           wrong_command_lines_get_one_sentence, times_have_units,
           distance_counts_the_letters_to_change, only_what_is_near_is_suggested)
