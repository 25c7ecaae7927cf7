#include "sockstep/probe.h"

#undef fork
#undef getaddrinfo

#include "probe/real.h"
#include "probe/recorder.h"
#include "probe/text.h"

/* The child's own session has begun when fork() returns in it (session.c: forked_child); the call is the
 * parent's. */
pid_t sockprobe_fork(const char *file, int line)
{
    struct moment call;
    pid_t pid;

    if (!call_begin_plain(&call, CALL_fork, file, line))
        return real.fork();
    pid = call_enter(&call) ? real.fork() : -1;
    if (pid == 0) {
        errno = call.error;
        return 0;
    }
    call_done(&call, pid);
    return (pid_t)call_leave(&call);
}

/* Returns EAI_... and not -1; errno counts only with EAI_SYSTEM. */
int sockprobe_getaddrinfo(const char *file, int line, const char *node, const char *service,
                          const struct addrinfo *hints, struct addrinfo **ret_list)
{
    struct moment call;
    struct text text;

    if (!call_begin_plain(&call, CALL_getaddrinfo, file, line))
        return real.getaddrinfo(node, service, hints, ret_list);
    text = text_into(call.set, sizeof call.set);
    text_put(&text, node == NULL ? "*" : node);
    if (service != NULL) {
        text_put(&text, ":");
        text_put(&text, service);
    }
    call.record.set_bytes = text_end(&text);
    call_done(&call, call_enter(&call) ? real.getaddrinfo(node, service, hints, ret_list) : EAI_SYSTEM);
    if (call.record.result != EAI_SYSTEM)
        call.record.error_number = 0;
    return (int)call_leave(&call);
}
