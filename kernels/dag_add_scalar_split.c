/* z = x + s on a host, each of its chips a part. */

#define CHIP_KERNEL "dag_add_scalar_chip"
#define SECOND_IS_SCALAR
#include "split.h"
