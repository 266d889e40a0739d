/* The program's code in one large page that all processes of a run share. With small pages every
 * process has page table entries of its own for each page of code; on a virtual machine that shadows
 * page tables, each wake-up of one among thousands of processes has those filled again, page by
 * page. */

#ifndef SUPER_LARGE_TEXT_H
#define SUPER_LARGE_TEXT_H

#include <stdbool.h>

/* Move the executable's code and constants into large pages, for this process and all that it forks
 * later. To be called before there are threads. False where that cannot be done (no large page is
 * free, a kernel before 6.1, an executable that was linked without alignment to large pages): then
 * all is as before.
 * Tools that look code up by the mapped file, as perf does, do not find it any more. */
bool large_text_take(void);

/* Make code and constants of each library one mapping, as those of the executable are: a fork
 * copies mappings one by one, and those of files under a lock that all processes share. The price is
 * that constants may be executed. */
void large_text_join_libraries(void);

#endif
