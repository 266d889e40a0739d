/* What the option table says, as text for a terminal, as a manual page, and as a completion for
 * bash. */

#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/option_table.h"

void help_overview(FILE *out);
void help_of_command(FILE *out, const struct command_row *command);
void help_manual(FILE *out);
void help_completion(FILE *out);

#endif
