/* linqu: a hierarchical runtime, every level a real process. Everything is in modules/. */

#include "cli/cli.h"
#include "super/near_libc.h"
#include "super/title.h"

int main(int argc, char **argv)
{
    near_libc_open();
    title_take(argc, argv);
    return cli_main(argc, argv);
}
