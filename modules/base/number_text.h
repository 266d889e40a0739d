/* Numbers as people read them. Each answer stands in one of sixteen buffers that are used in turn.
 */

#ifndef BASE_NUMBER_TEXT_H
#define BASE_NUMBER_TEXT_H

#include <stdint.h>

/* "1,234,567" */
const char *with_commas(uint64_t number);
/* "3.2 MiB" */
const char *with_unit(uint64_t bytes);

#endif
