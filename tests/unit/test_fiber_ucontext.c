/* The same claims for the switch that is used where there is no machine code for it. */

#define FIBER_UCONTEXT 1
#include "fiber/fiber.c"
#include "fiber/switch.c"
#include "test_fiber.c"
