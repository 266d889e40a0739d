/* Restartable sequences: memory in which the kernel notes the processor that a thread runs on. libc
 * registers it for every process. The kernel writes it each time that the process comes to run
 * again, which costs one that sleeps among thousands a page table walk and a cache line that nobody
 * reads. */

#ifndef SUPER_RSEQ_H
#define SUPER_RSEQ_H

/* Take it back, for this process and those that it forks. sched_getcpu() asks the kernel from then
 * on. Nothing happens where libc or the kernel has none. */
void rseq_leave(void);

#endif
