/* ping_pong with the probe. */
#include <sockstep/probe.h>

#include "ping_pong.h"
