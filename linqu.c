/* linqu: a hierarchical runtime, every level a real process. Everything is in modules/. */

#include "cli/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
