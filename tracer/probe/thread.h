/* What the probe keeps for each thread. */
#ifndef SOCKSTEP_PROBE_THREAD_H
#define SOCKSTEP_PROBE_THREAD_H

#include <stdint.h>

extern _Thread_local int32_t thread_known_id; /* 0: not asked */

int32_t thread_id_ask(void);

/* gettid(2), asked once */
static inline int32_t thread_id(void)
{
    return __builtin_expect(thread_known_id != 0, 1) ? thread_known_id : thread_id_ask();
}

void thread_forget(void); /* in the child of a fork: it is another thread now */

#endif
