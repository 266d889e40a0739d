/* Memory that is not needed for a while. */

#ifndef SUPER_PAGES_H
#define SUPER_PAGES_H

#include <stddef.h>

/* A stretch of a shared mapping: all of it reads as zeros from now on, and its whole pages take no
 * memory until they are touched. */
void pages_give_back(void *memory, size_t size);

#endif
