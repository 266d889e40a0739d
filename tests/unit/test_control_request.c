// links: users
#include "launch/control_request.h"

#include <string.h>

#include "suite.h"
#include "topology_fixture.h"

static struct topology topology;
static struct control_request request;
static struct error err;

static int read_request(const char *command, const char *arguments)
{
    struct msg_ctl_request message = {.command = wire_str_of(command),
                                      .arguments = wire_str_of(arguments)};

    topology = topology_of("2x2x2");
    err.text[0] = '\0';
    return control_request_read(&request, &message, &topology, &err);
}

START_TEST(an_exec_says_what_where_and_with_what)
{
    ck_assert_int_eq(read_request("exec",
                                  "{\"steps\": [\"dag\", \"/tmp/k.so\"], \"at\": \"L6_0/L5_1\","
                                  " \"kernel_path\": \"/opt\","
                                  " \"args\": [\"18446744073709551615\", \"2\"]}"),
                     0);
    ck_assert_int_eq(request.what, CONTROL_EXEC);
    ck_assert_uint_eq(request.step_count, 2);
    ck_assert_str_eq(request.steps[0], "dag");
    ck_assert_str_eq(request.steps[1], "/tmp/k.so");
    ck_assert_str_eq(request.kernel.at, "L6_0/L5_1");
    ck_assert_str_eq(request.kernel.path, "/opt");
    ck_assert_uint_eq(request.kernel.arg_count, 2);
    ck_assert_uint_eq(request.kernel.args[0], UINT64_MAX);
    ck_assert_uint_eq(request.kernel.args[1], 2);
    control_request_free(&request);
}
END_TEST

START_TEST(a_shutdown_says_how_and_a_discovery_nothing)
{
    ck_assert_int_eq(read_request("shutdown", "{\"timeout_s\": 7, \"force\": true}"), 0);
    ck_assert_int_eq(request.what, CONTROL_SHUTDOWN);
    ck_assert(request.force);
    ck_assert_uint_eq(request.timeout_ms, 7000);
    control_request_free(&request);
    ck_assert_int_eq(read_request("shutdown", "{}"), 0);
    ck_assert(!request.force && request.timeout_ms == 0);
    control_request_free(&request);
    ck_assert_int_eq(read_request("discover", "{}"), 0);
    ck_assert_int_eq(request.what, CONTROL_DISCOVER);
    control_request_free(&request);
}
END_TEST

static const struct {
    const char *command, *arguments, *sentence;
} wrong[] = {
    {"exec", "[]", "the arguments of exec are not a JSON object"},
    {"exec", "", "the arguments of exec are not a JSON object"},
    {"exec", "{}", "exec names neither a scenario nor a kernel"},
    {"exec", "{\"steps\": [\"dag\", \"dig\"]}", "there is no scenario dig"},
    {"exec", "{\"steps\": [7]}", "there is no scenario like that"},
    {"exec", "{\"steps\": [\"dag\"], \"at\": \"L6_1\"}", "--at: "},
    {"exec", "{\"steps\": [\"dag\"], \"args\": [1]}", "--arg 1 of exec is no text"},
    {"shutdown", "{\"timeout_s\": -1}", "--timeout takes 1 to 1000000 seconds"},
    {"shutdown", "{\"timeout_s\": 9223372036854775807}", "--timeout takes 1 to 1000000 seconds"},
    {"dance", "{}", "the launcher knows no request dance"},
};

START_TEST(what_is_wrong_is_a_sentence)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(read_request(wrong[i].command, wrong[i].arguments), -1);
        ck_assert_msg(strncmp(err.text, wrong[i].sentence, strlen(wrong[i].sentence)) == 0, "%s",
                      err.text);
    }
}
END_TEST

START_TEST(more_arguments_than_a_kernel_takes_are_refused)
{
    char text[4096] = "{\"steps\": [\"dag\"], \"args\": [\"0\"";

    for (int i = 0; i < 256; i++)
        strcat(text, ", \"1\"");
    ck_assert_int_eq(read_request("exec", strcat(text, "]}")), -1);
    ck_assert_str_eq(err.text, "a kernel takes at most 256 --arg, not 257");
}
END_TEST

SUITE_MAIN("control_request", an_exec_says_what_where_and_with_what,
           a_shutdown_says_how_and_a_discovery_nothing, what_is_wrong_is_a_sentence,
           more_arguments_than_a_kernel_takes_are_refused)
