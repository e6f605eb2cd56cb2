/* An exception goes up the guest's stack in one go, without a search beforehand for what
 * catches it: the first frame whose call has a landing pad that catches is entered there,
 * and goes on or throws anew. Frames are left only then, so that all of them are still
 * there for a backtrace if the end of the stack is reached: an exception that nothing
 * catches ends the guest. */
#include "runtime/throw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

#include "runtime/trap.h"

_Static_assert(sizeof(struct _Unwind_Exception) ==
                   sizeof(((struct rt_exn *)NULL)->exception),
               "an exception begins with what the unwinder needs");

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions,
                                _Unwind_Exception_Class class,
                                struct _Unwind_Exception *exception,
                                struct _Unwind_Context *context, void *argument)
{
    (void)version;
    (void)class;
    (void)context;
    (void)argument;
    if (actions & _UA_END_OF_STACK)
        rt_trap_uncaught((const struct rt_exn *)(void *)exception);
    return _URC_NO_REASON;
}

_Noreturn void rt_throw(struct rt_exn *exn)
{
    struct _Unwind_Exception *exception = (struct _Unwind_Exception *)exn->exception;
    rt_check_host_stack();
    memset(exception, 0, sizeof *exception);
    exception->exception_class = RT_EXCEPTION_CLASS;
    _Unwind_ForcedUnwind(exception, stop, NULL);
    /* It only comes back when a frame has no unwind table. */
    fputs("wanco: the guest's stack cannot be unwound\n", stderr);
    abort();
}
