/* Names of types. */
#include "compiler/types.h"

#include <stdio.h>

/* A reference type that has no name of its own. */
static const char *ref_text(val_type t, char text[TYPE_TEXT_BYTES])
{
    const char *null = t & TYPE_NON_NULL ? "" : "null ";
    bool is_bottom = type_heap(t) == TYPE_NO_HEAP;
    const char *top = type_code(t) == TYPE_FUNCREF     ? "func"
                      : type_code(t) == TYPE_EXTERNREF ? "extern"
                                                       : "exn";
    if (type_has_index(t))
        snprintf(text, TYPE_TEXT_BYTES, "(ref %s%u)", null, type_index(t));
    else
        snprintf(text, TYPE_TEXT_BYTES, "(ref %s%s%s)", null, is_bottom ? "no" : "", top);
    return text;
}

const char *type_text(val_type t, char text[TYPE_TEXT_BYTES])
{
    switch (t) {
    case TYPE_I32:
        return "i32";
    case TYPE_I64:
        return "i64";
    case TYPE_F32:
        return "f32";
    case TYPE_F64:
        return "f64";
    case TYPE_V128:
        return "v128";
    case TYPE_FUNCREF:
        return "funcref";
    case TYPE_EXTERNREF:
        return "externref";
    case TYPE_EXNREF:
        return "exnref";
    default:
        return type_is_ref(t) ? ref_text(t, text) : "unknown";
    }
}

const char *extern_kind_name(enum extern_kind kind)
{
    switch (kind) {
    case EXTERN_FUNC:
        return "function";
    case EXTERN_TABLE:
        return "table";
    case EXTERN_MEMORY:
        return "memory";
    case EXTERN_GLOBAL:
        return "global";
    case EXTERN_TAG:
        return "tag";
    }
    return "unknown";
}
