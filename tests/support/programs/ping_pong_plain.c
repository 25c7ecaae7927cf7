/* ping_pong without it. */
#include "ping_pong.h"
