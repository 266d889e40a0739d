/* A process whose memory lies close together: heap behind data, stack and mappings side by side.
 * Each 2 MiB that a process touches anywhere takes a page table of its own, and each 1 GiB and 512
 * GiB one more above it. Every node has them all: in memory, and on a virtual machine that shadows
 * page tables in time, at each wake-up of one among thousands (see docs/design/tree.md). */

#ifndef SUPER_COMPACT_LAYOUT_H
#define SUPER_COMPACT_LAYOUT_H

/* Begin again as the same program with the same words, its address space not randomized; returns
 * where that has been done, or cannot be (a sandbox forbids it, there is no /proc). Call it before
 * anything is read, opened or forked. What this process runs later is randomized as usual. */
void compact_layout_take(void);

#endif
