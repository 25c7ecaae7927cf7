#include "probe/real.h"

bool real_preloaded;

struct real_functions real = {
#define REAL(name) .name = name,
#include "probe/real.def"
};
