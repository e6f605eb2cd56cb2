/* Throwing an exception of the guest's: rt_throw of abi.h. */
#ifndef RUNTIME_THROW_H
#define RUNTIME_THROW_H

#include <stdint.h>

/* By it rt_personality tells exceptions from what suspends the guest. */
#define RT_EXCEPTION_CLASS UINT64_C(0x57414e434f455843)

#endif
