/* How deep scopes nest, nested activations included: depth 0 is the outermost activation, 1 to 8
 * are scopes in it. */

#ifndef CORE_DEPTH_H
#define CORE_DEPTH_H

enum { DEPTH_MAX = 8, RING_DEPTHS = DEPTH_MAX + 1 };

#endif
