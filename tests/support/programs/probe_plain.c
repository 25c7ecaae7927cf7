/* The same program without that line: run by itself, or with libsockprobe.so in LD_PRELOAD. */
#include "probe_acts.h"
