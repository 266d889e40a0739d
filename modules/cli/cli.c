#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/invocation.h"
#include "report/json_file.h"

/* A program may be started with 0, 1 or 2 closed; the next file opened would then be taken for one
 * of them. */
static void standard_descriptors_open(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0)
            return;
}

/* What everybody tries first. The name of the command, or NULL. */
static const char *familiar_word(const char *word)
{
    static const char *const words[][2] = {
        {"--help", "help"}, {"-h", "help"}, {"--version", "version"}, {"-V", "version"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i][0]) == 0)
            return words[i][1];
    return NULL;
}

int cli_unknown_command(const char *name)
{
    char *argv[] = {(char *)"linqu", (char *)name, NULL};
    struct invocation invocation;
    struct error err;

    invocation_parse(&invocation, 2, argv, &err);
    return cli_fail(EXIT_USAGE, "%s", err.text);
}

int version_command(const struct invocation *invocation)
{
    if (invocation->given[OPTION_JSON])
        return cli_finish_json(
            json_pack("{s:s, s:s}", "schema", "linqu.version/1", "version", LINQU_VERSION), 0);
    printf("linqu %s\n", LINQU_VERSION);
    return cli_finish(0);
}

int cli_main(int argc, char **argv)
{
    struct invocation invocation;
    struct error err;
    int exit_code;

    standard_descriptors_open();
    if (argc >= 2 && familiar_word(argv[1]))
        argv[1] = (char *)familiar_word(argv[1]);
    if (invocation_parse(&invocation, argc, argv, &err) < 0)
        return cli_fail(EXIT_USAGE, "%s", err.text);
    if (invocation.given[OPTION_HELP]) {
        help_of_command(stdout, invocation.command);
        exit_code = cli_finish(0);
    } else {
        exit_code = invocation.command->main(&invocation);
    }
    invocation_free(&invocation);
    return exit_code;
}
