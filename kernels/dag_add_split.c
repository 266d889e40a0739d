/* z = x + y on a host, each of its chips a part. */

#define CHIP_KERNEL "dag_add_chip"
#include "split.h"
