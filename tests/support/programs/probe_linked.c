/* The acts with the one line that makes a program visible. */
#include <sockstep/probe.h>

#include "probe_acts.h"
