#define _GNU_SOURCE
#include "compiler/out_of_memory.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

Test(out_of_memory, is_told_in_one_line, .exit_code = 1)
{
    out_of_memory();
}

/* operator new(size_t) */
Test(out_of_memory, ends_cxx_in_the_same_way, .exit_code = 1)
{
    void *(*allocate)(size_t);
    void *library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_GLOBAL);
    cr_assert_not_null(library);
    void *address = dlsym(library, "_Znwm");
    memcpy(&allocate, &address, sizeof allocate);
    out_of_memory_in_llvm();
    allocate(SIZE_MAX / 4);
}
