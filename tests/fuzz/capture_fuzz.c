/* Any bytes as a capture file, plain or packed; every other length with a filter. */
#include "tests/fuzz/fuzz_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/capture.h"

static volatile uint8_t sink;

static void walk(struct capture *capture)
{
    struct capture_packet packet;
    struct err err = {0};
    uint64_t frame = 0;
    int result;
    while ((result = capture_next(capture, &packet, &err)) == 1) {
        if (packet.frame <= frame || capture_progress(capture) < 0 || capture_progress(capture) > 1)
            abort();
        frame = packet.frame;
        for (uint32_t i = 0; i < packet.captured_bytes; i++)
            sink ^= packet.bytes[i];
    }
    bool told = err.text[0] != '\0' && strchr(err.text, '\n') == NULL;
    if (result > 0 || (result < 0) != told)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    char path[64];
    struct err err = {0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd < 0 || (count != 0 && write(fd, bytes, count) != (ssize_t)count))
        abort();
    struct capture *capture = capture_open(path, count % 2 != 0 ? "tcp port 80 or ip6" : NULL, &err);
    if (capture == NULL && (err.text[0] == '\0' || strchr(err.text, '\n') != NULL))
        abort();
    if (capture != NULL)
        walk(capture);
    capture_close(capture);
    close(fd);
    return 0;
}
