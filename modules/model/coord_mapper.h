/* How a node that nobody forked learns where it stands: from its address, from its environment, or
 * by being told. */

#ifndef MODEL_COORD_MAPPER_H
#define MODEL_COORD_MAPPER_H

#include "model/coord.h"

enum coord_source { COORD_FROM_IP, COORD_FROM_ENVIRONMENT, COORD_FIXED };

struct coord_mapper {
    enum coord_source source;
    uint8_t l6; // COORD_FROM_IP: the index that an IPv4 address does not hold
    const char *(*get)(const char *name); // COORD_FROM_ENVIRONMENT: getenv fits
    struct coord fixed;                   // COORD_FIXED
};

/* The coordinate that the mapper gives a node with the address `ip` (which only COORD_FROM_IP looks
 * at). */
int coord_mapper_apply(const struct coord_mapper *mapper, const char *ip, struct coord *coord,
                       struct error *err);

/* The host at "10.l5.l4.l3" below the given L6, or at "fd00::l6:l5:l4:l3" (hexadecimal, as such
 * addresses are), which names its L6 itself: the inverse of topology_simulated_ip() for a host. */
int coord_from_ip(const char *ip, uint8_t l6, struct coord *coord, struct error *err);

#endif
