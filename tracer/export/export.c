/* The one visible list of formats. */
#include "export/export.h"

#include <string.h>

#include "export/formats.h"

const struct export_format *const export_formats[] = {
    &export_text,
    &export_ladder,
    &export_jsonl,
    &export_csv,
    &export_mermaid,
    &export_svg,
    &export_chrome,
    &export_cast,
    &export_html,
    &export_worksheet,
    &export_gift,
    &export_moodle,
    &(const struct export_format){.name = NULL},
};

const struct export_format *export_find(const char *name)
{
    for (size_t i = 0; export_formats[i]->name != NULL; i++)
        if (strcmp(export_formats[i]->name, name) == 0)
            return export_formats[i];
    return NULL;
}
