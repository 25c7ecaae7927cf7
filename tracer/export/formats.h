/* The formats, one file each; listed in export.c. */
#ifndef SOCKSTEP_EXPORT_FORMATS_H
#define SOCKSTEP_EXPORT_FORMATS_H

#include "export/export.h"

extern const struct export_format export_text;
extern const struct export_format export_ladder;

#endif
