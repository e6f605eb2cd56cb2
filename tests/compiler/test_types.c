#include "compiler/types.h"

#include <criterion/criterion.h>

Test(types, names_are_those_of_the_text_format)
{
    cr_expect_str_eq(type_name(TYPE_I32), "i32");
    cr_expect_str_eq(type_name(TYPE_I64), "i64");
    cr_expect_str_eq(type_name(TYPE_F32), "f32");
    cr_expect_str_eq(type_name(TYPE_F64), "f64");
    cr_expect_str_eq(type_name(TYPE_V128), "v128");
    cr_expect_str_eq(type_name(TYPE_FUNCREF), "funcref");
    cr_expect_str_eq(type_name(TYPE_EXTERNREF), "externref");
    cr_expect_str_eq(type_name(TYPE_UNKNOWN), "unknown");
    cr_expect_str_eq(type_name(TYPE_FUNCREF | TYPE_NON_NULL), "(ref func)");
    cr_expect_str_eq(type_name(TYPE_EXTERNREF | TYPE_BOTTOM), "(ref null noextern)");
    cr_expect_str_eq(type_name(type_of_index(7)), "(ref null 7)");
    cr_expect_str_eq(type_name(TYPE_EXNREF), "exnref");
    cr_expect_str_eq(type_name(TYPE_EXNREF | TYPE_NON_NULL), "(ref exn)");
    cr_expect_str_eq(type_name(TYPE_EXNREF | TYPE_BOTTOM), "(ref null noexn)");
    cr_expect_str_eq(extern_kind_name(EXTERN_FUNC), "function");
    cr_expect_str_eq(extern_kind_name(EXTERN_TABLE), "table");
    cr_expect_str_eq(extern_kind_name(EXTERN_MEMORY), "memory");
    cr_expect_str_eq(extern_kind_name(EXTERN_GLOBAL), "global");
    cr_expect_str_eq(extern_kind_name(EXTERN_TAG), "tag");
}

Test(types, only_references_are_references)
{
    cr_expect(type_is_ref(TYPE_FUNCREF) && type_is_ref(TYPE_EXTERNREF) &&
              type_is_ref(TYPE_EXNREF));
    cr_expect_not(type_is_ref(TYPE_I64) || type_is_ref(TYPE_V128) ||
                  type_is_ref(TYPE_UNKNOWN));
}
