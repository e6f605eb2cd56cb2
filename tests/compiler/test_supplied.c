/* Tables in files that are what they should be, and in files whose addresses lead
 * elsewhere. */
#define _GNU_SOURCE
#include "compiler/supplied.h"

#include <ar.h>
#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BASE UINT64_C(0x400000)

/* The least that an executable with a table can be. */
static struct file {
    Elf64_Ehdr elf;
    Elf64_Phdr segments[2];
    char names[64];
    Elf64_Sym symbols[3];
    Elf64_Shdr sections[3];
    uint64_t rows[3][4];
    char text[32]; /* ends with the file, and with a terminator */
} file;

#define ADDRESS(member) (BASE + offsetof(struct file, member))

static val_type i32[] = {TYPE_I32};
static struct func_type types[] = {{.params = i32, .n_params = 1}};
static struct func funcs[] = {{.type_index = 0, .import_index = 0},
                              {.type_index = 0, .import_index = 1}};
static struct import imports[] = {
    {.module = {"env", 3}, .name = {"f", 1}, .kind = EXTERN_FUNC, .index = 0},
    {.module = {"wasi_snapshot_preview1", 22},
     .name = {"proc_exit", 9},
     .kind = EXTERN_FUNC,
     .index = 1},
};
static const struct module module = {
    .types = types,
    .n_types = 1,
    .imports = imports,
    .n_imports = 2,
    .funcs = funcs,
    .n_funcs = 2,
    .n_imported_funcs = 2,
};
static char error[256];

static void set_file(void)
{
    file = (struct file){
        .elf = {.e_phoff = offsetof(struct file, segments),
                .e_phnum = 2,
                .e_shoff = offsetof(struct file, sections),
                .e_shnum = 3},
        .segments = {{.p_type = PT_NOTE, .p_vaddr = BASE, .p_filesz = sizeof file},
                     {.p_type = PT_LOAD,
                      .p_vaddr = BASE,
                      .p_filesz = sizeof file,
                      .p_memsz = sizeof file}},
        .names = "\0wanco_host_function\0wanco_host_functions",
        .symbols = {{.st_name = 0},
                    {.st_name = 1, .st_value = 1},
                    {.st_name = 21, .st_value = ADDRESS(rows)}},
        .sections = {{.sh_type = SHT_NULL},
                     {.sh_type = SHT_SYMTAB,
                      .sh_link = 2,
                      .sh_offset = offsetof(struct file, symbols),
                      .sh_size = sizeof file.symbols},
                     {.sh_type = SHT_STRTAB,
                      .sh_offset = offsetof(struct file, names),
                      .sh_size = sizeof file.names}},
        .rows = {{ADDRESS(text), ADDRESS(text), ADDRESS(text) + 10, 7},
                 {ADDRESS(text), ADDRESS(text) + 28, ADDRESS(text) + 6, 7}},
        .text = "env\0g\0v(i)\0i(i)",
    };
    file.text[28] = 'f';
}

TestSuite(supplied, .init = set_file);

static bool check(size_t n_bytes)
{
    char path[32];
    int fd = memfd_create("executable", MFD_CLOEXEC);
    cr_assert_eq(write(fd, &file, n_bytes), (ssize_t)n_bytes);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    error[0] = '\0';
    bool ok = check_supplied(path, &module, error, sizeof error);
    close(fd);
    cr_expect_eq(ok, error[0] == '\0');
    return ok;
}

Test(supplied, a_row_of_the_imports_name_and_type)
{
    cr_expect(check(sizeof file), "%s", error);
}

Test(supplied, no_row_of_that_name)
{
    file.text[28] = 'h';
    cr_expect_not(check(sizeof file));
    cr_expect_str_eq(error, "at offset 0x0: unknown import: env.f is not in the "
                            "wanco_host_functions given with --link");
    file.text[28] = 'f';
    memset(file.rows[0], 0, sizeof file.rows[0]); /* the end of the table */
    cr_expect_not(check(sizeof file));
}

Test(supplied, a_row_of_another_type)
{
    file.rows[1][2] = ADDRESS(text) + 11;
    cr_expect_not(check(sizeof file));
    cr_expect_str_eq(error, "at offset 0x0: incompatible import type: env.f is i(i) in "
                            "the wanco_host_functions given with --link");
}

Test(supplied, addresses_that_lead_nowhere)
{
    uint64_t *const addresses[] = {&file.elf.e_phoff,
                                   &file.elf.e_shoff,
                                   &file.segments[1].p_vaddr,
                                   &file.segments[1].p_offset,
                                   &file.sections[1].sh_offset,
                                   &file.sections[1].sh_size,
                                   &file.sections[2].sh_offset,
                                   &file.symbols[2].st_value,
                                   &file.rows[1][1]};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        for (uint64_t k = 1; k <= 16; k++) {
            *addresses[i] = UINT64_MAX / 16 * k;
            cr_expect_not(check(sizeof file), "address %zu", i);
            set_file();
        }
        *addresses[i] = sizeof file - 1;
        cr_expect_not(check(sizeof file), "address %zu", i);
        set_file();
    }
    file.sections[1].sh_link = 3;
    cr_expect_not(check(sizeof file));
}

Test(supplied, cut_off)
{
    for (size_t n_bytes = 0; n_bytes < sizeof file; n_bytes++)
        cr_expect_not(check(n_bytes), "%zu bytes", n_bytes);
}

Test(supplied, no_file)
{
    cr_expect_not(check_supplied("/nowhere/file", &module, error, sizeof error));
}

/* ---- Before they are linked ---- */

static char paths[2][32];

/* A file with these bytes, after what begins an archive's only member. */
static void put_link(int number, const char *head, size_t n_bytes)
{
    int fd = memfd_create("object", MFD_CLOEXEC);
    cr_assert_eq(write(fd, head, strlen(head)), (ssize_t)strlen(head));
    cr_assert_eq(write(fd, &file, n_bytes), (ssize_t)n_bytes);
    snprintf(paths[number], sizeof paths[number], "/proc/self/fd/%d", fd);
}

static bool can_link(uint32_t n)
{
    char *const list[] = {paths[0], paths[1]};
    error[0] = '\0';
    bool ok = check_links(list, n, isa_find("aarch64"), error, sizeof error);
    cr_expect_eq(ok, error[0] == '\0');
    return ok;
}

static void set_object(void)
{
    set_file();
    memcpy(file.elf.e_ident, ELFMAG "\2", SELFMAG + 1);
    file.elf.e_machine = EM_AARCH64;
    file.elf.e_type = ET_REL;
    file.symbols[2].st_shndx = 1;
}

TestSuite(links, .init = set_object);

#define ARCHIVE(size) ARMAG "a.o/            0           0     0     644     " size "`\n"

Test(links, just_one_has_a_table)
{
    put_link(0, "", sizeof file);
    put_link(1, "", sizeof file);
    cr_expect(can_link(1));
    cr_expect_not(can_link(2));
    cr_expect_not_null(strstr(error, "each have a table wanco_host_functions"));
    file.symbols[2].st_shndx = SHN_UNDEF;
    put_link(1, "", sizeof file);
    cr_expect(can_link(2));
}

Test(links, are_of_the_isa)
{
    file.elf.e_machine = EM_X86_64;
    put_link(0, "", sizeof file);
    cr_expect_not(can_link(1));
    cr_expect_not_null(strstr(error, "is not of aarch64"));
    put_link(0, ARCHIVE("9999999999"), sizeof file); /* its only member is cut off */
    cr_expect(can_link(1));
    put_link(0, ARCHIVE("64        "), sizeof file);
    cr_expect_not(can_link(1));
    cr_expect_not_null(strstr(error, "is not of aarch64"));
}

Test(links, are_no_libraries)
{
    file.elf.e_type = ET_DYN;
    put_link(0, "", sizeof file);
    cr_expect_not(can_link(1));
    cr_expect_not_null(strstr(error, "give libraries with --plugin"));
}

Test(links, what_is_damaged_is_left_to_the_linker)
{
    file.sections[1].sh_offset = UINT64_MAX;
    put_link(0, "", sizeof file);
    put_link(1, "", 3);
    cr_expect(can_link(2));
    put_link(0, ARCHIVE("-1        "), sizeof file);
    cr_expect(can_link(1));
    strcpy(paths[0], "/nowhere/file");
    cr_expect(can_link(1));
}
