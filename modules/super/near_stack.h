/* One stack for all nodes, close to the libraries' data: the usual one lies at the other end of the
 * address space (super/compact_layout.h says why that matters). A node begins at its top, however
 * deep in its parent's calls it was forked: what they had there is of no use to it. */

#ifndef SUPER_NEAR_STACK_H
#define SUPER_NEAR_STACK_H

/* Map it, as large as the usual one may become; once, before the first node is forked. Without
 * memory for it nodes stay on the stack they have. */
void near_stack_make(void);

/* Go on in `function`, which does not return, at the top of that stack. All that lies on any stack
 * is lost. */
_Noreturn void near_stack_enter(void (*function)(void));

#endif
