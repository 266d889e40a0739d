/* The functions of libc that every wake-up of a node needs, once more in the executable: libc's own
 * are spread over many pages, and each costs a process that sleeps among thousands page table
 * entries that are made anew (see docs/design/tree.md). They are what the C library and POSIX say
 * they are, for the executable and the libraries that are linked into it; kernels have libc's. */

#ifndef SUPER_NEAR_LIBC_H
#define SUPER_NEAR_LIBC_H

/* To be called first: before, clock_gettime() works as a system call, which takes longer. */
void near_libc_open(void);

#endif
