#include "model/coord_mapper.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/printable.h"

static const char ipv4_prefix[] = "10.", ipv6_prefix[] = "fd00::";

static int digit_value(char c, unsigned base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;

    return value < (int)base ? value : -1;
}

/* Read the indices from L`from` down to L3, with `separator` between them and nothing behind. */
static int parse_indices(const char *at, enum level from, char separator, unsigned base,
                         uint32_t limit, struct coord *coord)
{
    for (int level = (int)from;; level--) {
        uint32_t value = 0, digits = 0;

        for (; digit_value(*at, base) >= 0; at++, digits++) {
            value = value * base + (uint32_t)digit_value(*at, base);
            if (value >= limit || value >= level_index_limit((enum level)level))
                return -1;
        }
        if (!digits)
            return -1;
        coord->index[level] = (uint16_t)value;
        if (level == LEVEL_HOST)
            return *at ? -1 : 0;
        if (*at++ != separator)
            return -1;
    }
}

int coord_from_ip(const char *ip, uint8_t l6, struct coord *coord, struct error *err)
{
    struct coord got = {.level = LEVEL_HOST, .index = {[LEVEL_CLOS2] = l6}};
    char shown[PRINTABLE_SIZE];
    int result = -1;

    if (!strncmp(ip, ipv4_prefix, strlen(ipv4_prefix)))
        result = parse_indices(ip + strlen(ipv4_prefix), LEVEL_CLOS1, '.', 10, 256, &got);
    else if (!strncasecmp(ip, ipv6_prefix, strlen(ipv6_prefix)))
        result = parse_indices(ip + strlen(ipv6_prefix), LEVEL_CLOS2, ':', 16, 65536, &got);
    if (result < 0)
        return error_set(
            err,
            "%s is no address of a host: those read 10.l5.l4.l3, or fd00::l6:l5:l4:l3 in "
            "hexadecimal, with l4 to l6 below 256",
            printable(ip, strlen(ip), shown));
    *coord = got;
    return 0;
}

int coord_mapper_apply(const struct coord_mapper *mapper, const char *ip, struct coord *coord,
                       struct error *err)
{
    if (mapper->source == COORD_FROM_IP)
        return coord_from_ip(ip, mapper->l6, coord, err);
    if (mapper->source == COORD_FROM_ENVIRONMENT)
        return coord_from_environment(mapper->get, coord, err);
    assert(mapper->source == COORD_FIXED);
    *coord = mapper->fixed;
    return 0;
}
