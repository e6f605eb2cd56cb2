/* The personality of all generated functions: what the unwinder asks about each of their
 * frames.
 *
 * A forced unwind, which is how the guest is suspended, enters the landing pad of every
 * call in progress that has one for it: that writes the frame's record and resumes
 * unwinding. An exception (runtime/throw.c) enters the first pad that catches. Which pad
 * belongs to a call is in the function's exception table, the "language-specific data
 * area" that LLVM writes in the layout of the Itanium C++ ABI: encodings of two optional
 * pointers, then the call sites in ascending order, then what their pads are for. */
#include "runtime/personality.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/trap.h"

/* Pointer encodings (Linux Standard Base, core, 10.5.1). */
enum {
    FORMAT_POINTER = 0x00,
    FORMAT_ULEB128 = 0x01,
    FORMAT_U16 = 0x02,
    FORMAT_U32 = 0x03,
    FORMAT_U64 = 0x04,
    FORMAT_SLEB128 = 0x09,
    FORMAT_S16 = 0x0a,
    FORMAT_S32 = 0x0b,
    FORMAT_S64 = 0x0c,
    FORMAT_MASK = 0x0f,
    ENCODING_OMIT = 0xff
};

static uint64_t read_leb128(const uint8_t **at, bool is_signed)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (is_signed && (byte & 0x40) && shift < 64)
        value |= UINT64_MAX << shift;
    return value;
}

static uint64_t read_fixed(const uint8_t **at, size_t n_bytes)
{
    uint64_t value = 0;
    memcpy(&value, *at, n_bytes); /* both ISAs are little-endian */
    *at += n_bytes;
    return value;
}

/* The table's numbers are offsets and lengths, never negative. */
static uint64_t read_encoded(const uint8_t **at, uint8_t encoding)
{
    switch (encoding & FORMAT_MASK) {
    case FORMAT_ULEB128:
        return read_leb128(at, false);
    case FORMAT_SLEB128:
        return read_leb128(at, true);
    case FORMAT_U16:
    case FORMAT_S16:
        return read_fixed(at, 2);
    case FORMAT_U32:
    case FORMAT_S32:
        return read_fixed(at, 4);
    default: /* FORMAT_POINTER, FORMAT_U64, FORMAT_S64 */
        return read_fixed(at, 8);
    }
}

/* Whether a pad is for exceptions, or for suspending the frame. Its actions are a list: a
 * number above 0 catches, 0 cleans up, which is how generated code calls suspending; then
 * the distance to the next, or 0. No list: it cleans up. */
static bool is_pad_for(bool exceptions, const uint8_t *actions, uint64_t first)
{
    if (first == 0)
        return !exceptions;
    const uint8_t *at = actions + first - 1;
    for (;;) {
        bool catches = (int64_t)read_leb128(&at, true) > 0;
        const uint8_t *next = at;
        int64_t distance = (int64_t)read_leb128(&next, true);
        if (catches == exceptions)
            return true;
        if (distance == 0)
            return false;
        at += distance;
    }
}

/* The landing pad of the call at ip that is for that, or 0. start is the function's, and
 * the base of its pads: LLVM gives no other. */
static uintptr_t find_landing_pad(const uint8_t *table, uintptr_t start, uintptr_t ip,
                                  bool exceptions)
{
    uint8_t encoding = *table++; /* of the base of landing pads */
    uintptr_t base = start;
    if (encoding != ENCODING_OMIT)
        base = (uintptr_t)read_encoded(&table, encoding);
    encoding = *table++; /* of types to catch */
    if (encoding != ENCODING_OMIT)
        read_leb128(&table, false);
    else if (exceptions)
        return 0;        /* the function catches nothing */
    encoding = *table++; /* of call sites */
    uint64_t n_bytes = read_leb128(&table, false);
    const uint8_t *end = table + n_bytes;
    while (table < end) {
        uint64_t from = read_encoded(&table, encoding);
        uint64_t length = read_encoded(&table, encoding);
        uint64_t pad = read_encoded(&table, encoding);
        uint64_t action = read_leb128(&table, false);
        if (ip - start < from)
            break;
        if (ip - start - from < length)
            return pad == 0 || !is_pad_for(exceptions, end, action)
                       ? 0
                       : base + (uintptr_t)pad;
    }
    return 0;
}

_Unwind_Reason_Code rt_personality(int version, _Unwind_Action actions,
                                   _Unwind_Exception_Class class,
                                   struct _Unwind_Exception *exception,
                                   struct _Unwind_Context *context)
{
    const uint8_t *table = (const uint8_t *)_Unwind_GetLanguageSpecificData(context);
    bool is_thrown = class == RT_EXCEPTION_CLASS;
    if (version != 1)
        return _URC_FATAL_PHASE1_ERROR;
    if (table == NULL || !(actions & _UA_FORCE_UNWIND) ||
        !(actions & _UA_CLEANUP_PHASE) || (actions & _UA_END_OF_STACK))
        return _URC_CONTINUE_UNWIND;
    /* A return address is behind its call. */
    uintptr_t pad = find_landing_pad(table, _Unwind_GetRegionStart(context),
                                     _Unwind_GetIP(context) - 1, is_thrown);
    if (pad == 0)
        return _URC_CONTINUE_UNWIND;
    _Unwind_SetGR(context, __builtin_eh_return_data_regno(0), (uintptr_t)exception);
    _Unwind_SetGR(context, __builtin_eh_return_data_regno(1), is_thrown);
    _Unwind_SetIP(context, pad);
    return _URC_INSTALL_CONTEXT;
}

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions,
                                _Unwind_Exception_Class class,
                                struct _Unwind_Exception *exception,
                                struct _Unwind_Context *context, void *argument)
{
    (void)version;
    (void)context;
    (void)argument;
    if (!(actions & _UA_END_OF_STACK))
        return _URC_NO_REASON;
    if (class == RT_EXCEPTION_CLASS)
        rt_trap_uncaught((const struct rt_exn *)(void *)exception);
    rt_leave_suspended();
}

_Noreturn void rt_unwind_stack(struct _Unwind_Exception *exception, uint64_t class)
{
    memset(exception, 0, sizeof *exception);
    exception->exception_class = class;
    _Unwind_ForcedUnwind(exception, stop, NULL);
    /* It only comes back when a frame has no unwind table. */
    fputs("wanco: the guest's stack cannot be unwound\n", stderr);
    abort();
}
