#include "probe/thread.h"

#include "probe/raw.h"

_Thread_local int32_t thread_known_id;

int32_t thread_id_ask(void)
{
    thread_known_id = raw_tid();
    return thread_known_id;
}

void thread_forget(void)
{
    thread_known_id = 0;
}
