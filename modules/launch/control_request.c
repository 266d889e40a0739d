#include "launch/control_request.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "launch/launcher.h"
#include "scenario/scenario.h"

enum { TIMEOUT_S_MOST = 1000000 }; // of a stop: eleven days

static const json_t *argument(const struct control_request *request, const char *name)
{
    return json_object_get(request->arguments, name);
}

static int read_shutdown(struct control_request *request, struct error *err)
{
    json_int_t timeout_s = json_integer_value(argument(request, "timeout_s"));

    if (timeout_s < 0 || timeout_s > TIMEOUT_S_MOST)
        return error_set(err, "--timeout takes 1 to %d seconds", TIMEOUT_S_MOST);
    request->timeout_ms = (uint64_t)timeout_s * 1000;
    request->force = json_is_true(argument(request, "force"));
    return 0;
}

static bool is_step(const char *name)
{
    return name && (work_is_kernel(name) || scenario_find(name));
}

static int read_steps(struct control_request *request, struct error *err)
{
    const json_t *names = argument(request, "steps"), *name;
    size_t i;

    request->step_count = json_array_size(names);
    if (!request->step_count)
        return error_set(err, "exec names neither a scenario nor a kernel");
    request->steps = memory_new(request->step_count, sizeof *request->steps);
    json_array_foreach(names, i, name)
    {
        request->steps[i] = json_string_value(name);
        if (!is_step(request->steps[i]))
            return error_set(err, "there is no scenario %s",
                             request->steps[i] ? request->steps[i] : "like that");
    }
    return 0;
}

/* Numbers come as texts, for JSON's are smaller. */
static int read_args(struct control_request *request, struct error *err)
{
    const json_t *args = argument(request, "args"), *arg;
    size_t count = json_array_size(args), i;
    uint64_t *numbers;

    if (count > LIMIT_KERNEL_ARGS)
        return error_set(err, "a kernel takes at most %d --arg, not %zu", LIMIT_KERNEL_ARGS, count);
    numbers = memory_new(count, sizeof *numbers);
    request->kernel.args = numbers;
    request->kernel.arg_count = count;
    json_array_foreach(args, i, arg)
    {
        if (!json_is_string(arg))
            return error_set(err, "--arg %zu of exec is no text", i + 1);
        numbers[i] = strtoull(json_string_value(arg), NULL, 10);
    }
    return 0;
}

static int read_exec(struct control_request *request, const struct topology *topology,
                     struct error *err)
{
    struct error why;
    uint32_t rank;

    request->kernel.at = json_string_value(argument(request, "at"));
    request->kernel.path = json_string_value(argument(request, "kernel_path"));
    if (request->kernel.at && topology_parse_path(topology, request->kernel.at, &rank, &why) < 0)
        return error_set(err, "--at: %s", why.text);
    return read_steps(request, err) < 0 ? -1 : read_args(request, err);
}

static int read_command(struct control_request *request, const char *command,
                        const struct topology *topology, struct error *err)
{
    if (!json_is_object(request->arguments))
        return error_set(err, "the arguments of %s are not a JSON object", command);
    if (strcmp(command, "shutdown") == 0) {
        request->what = CONTROL_SHUTDOWN;
        return read_shutdown(request, err);
    }
    if (strcmp(command, "exec") == 0) {
        request->what = CONTROL_EXEC;
        return read_exec(request, topology, err);
    }
    request->what = CONTROL_DISCOVER;
    if (strcmp(command, "discover") != 0)
        return error_set(err, "the launcher knows no request %s", command);
    return 0;
}

int control_request_read(struct control_request *request, const struct msg_ctl_request *message,
                         const struct topology *topology, struct error *err)
{
    char command[32];

    *request = (struct control_request){0};
    if (message->arguments.size)
        request->arguments = json_loadb(message->arguments.text, message->arguments.size, 0, NULL);
    wire_str_copy(message->command, command, sizeof command);
    if (read_command(request, command, topology, err) == 0)
        return 0;
    control_request_free(request);
    return -1;
}

void control_request_free(struct control_request *request)
{
    json_decref(request->arguments);
    free(request->steps);
    free((void *)request->kernel.args);
    *request = (struct control_request){0};
}
