/* Unwinding the guest's stack: the platform's unwinder asks the personality about each
 * frame, and stops where the guest was entered. */
#ifndef RUNTIME_PERSONALITY_H
#define RUNTIME_PERSONALITY_H

#include <stdint.h>
#include <unwind.h>

/* An exception of the guest's (struct rt_exn); any other class suspends it. */
#define RT_EXCEPTION_CLASS UINT64_C(0x57414e434f455843)

/* Enters the frames with landing pads for this class. At the end of the stack the guest
 * is left: suspended, or by rt_trap_uncaught. */
_Noreturn void rt_unwind_stack(struct _Unwind_Exception *exception, uint64_t class);

_Unwind_Reason_Code rt_personality(int version, _Unwind_Action actions,
                                   _Unwind_Exception_Class class,
                                   struct _Unwind_Exception *exception,
                                   struct _Unwind_Context *context);

#endif
