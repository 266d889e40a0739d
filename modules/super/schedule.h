/* When a process runs among thousands that want to. */

#ifndef SUPER_SCHEDULE_H
#define SUPER_SCHEDULE_H

#include <stdint.h>

/* Short turns, which come before those of processes that take long ones: for who must act in time
 * and has little to do. Inherited; a kernel before 6.12 knows no turns of one's own and ignores it. */
void schedule_short_turns(void);

/* Usual turns again; from SCHEDULE_MANY processes on behind whatever else runs on this machine, so
 * that tools answer while all of them are busy. */
enum { SCHEDULE_MANY = 256, SCHEDULE_NICE = 10 };
void schedule_as_one_of(uint32_t processes);

#endif
