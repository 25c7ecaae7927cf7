#include "probe/real.h"

struct real_functions real = {
#define REAL(name) .name = name,
#include "probe/real.def"
};
