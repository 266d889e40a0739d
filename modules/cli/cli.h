/* The command line: finds the command in the table, runs it, and says what went wrong in one
 * sentence. */

#ifndef CLI_CLI_H
#define CLI_CLI_H

/* Returns the exit code: docs/formats.md. */
int cli_main(int argc, char **argv);

#endif
