/* An exception goes up the guest's stack in one go, without a search beforehand for what
 * catches it: the first frame whose call has a landing pad that catches is entered there,
 * and goes on or throws anew. Frames are left only then, so that all of them are still
 * there for a backtrace if the end of the stack is reached: an exception that nothing
 * catches ends the guest. */
#include "runtime/abi.h"
#include "runtime/personality.h"
#include "runtime/trap.h"

_Static_assert(sizeof(struct _Unwind_Exception) ==
                   sizeof(((struct rt_exn *)NULL)->exception),
               "an exception begins with what the unwinder needs");

_Noreturn void rt_throw(struct rt_exn *exn)
{
    rt_check_host_stack();
    rt_unwind_stack((struct _Unwind_Exception *)exn->exception, RT_EXCEPTION_CLASS);
}
