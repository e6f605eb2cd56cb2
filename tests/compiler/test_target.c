#include "compiler/target.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

Test(target, names_and_aliases)
{
    cr_expect_str_eq(isa_find("x86_64")->triple, "x86_64-unknown-linux-gnu");
    cr_expect_str_eq(isa_find("aarch64")->triple, "aarch64-unknown-linux-gnu");
    cr_expect_eq(isa_find("amd64"), isa_find("x86_64"));
    cr_expect_eq(isa_find("x86-64"), isa_find("x86_64"));
    cr_expect_eq(isa_find("arm64"), isa_find("aarch64"));
}

Test(target, other_names_are_unknown)
{
    cr_expect_null(isa_find(""));
    cr_expect_null(isa_find("x86"));
    cr_expect_null(isa_find("X86_64"));
    cr_expect_null(isa_find("riscv64"));
}

Test(target, the_list_names_every_isa)
{
    char list[64];
    snprintf(list, sizeof list, "%s", isa_names());
    for (char *name = strtok(list, ", "); name; name = strtok(NULL, ", ")) {
        cr_assert_not_null(isa_find(name), "%s", name);
        cr_expect_str_eq(isa_find(name)->name, name);
        cr_expect(isa_find(name)->cpu[0]);
    }
}

Test(target, the_host_is_this_machine)
{
    struct utsname system;
    cr_assert_eq(uname(&system), 0);
    cr_expect_str_eq(isa_host()->name, system.machine);
}
