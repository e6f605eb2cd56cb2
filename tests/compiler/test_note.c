/* Notes in files that are what they should be, and in files that are anything. */
#define _GNU_SOURCE
#include "compiler/note.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compiler/target.h"

/* The least that an executable with a note can be: header, names, note, sections. */
static struct file {
    Elf64_Ehdr elf;
    char names[32];
    struct rt_note note;
    Elf64_Shdr sections[3];
} file;

static char path[32], error[512];
static struct note note;

static void set_file(void)
{
    file = (struct file){
        .elf = {.e_type = ET_EXEC,
                .e_machine = EM_AARCH64,
                .e_shoff = offsetof(struct file, sections),
                .e_shentsize = sizeof(Elf64_Shdr),
                .e_shnum = 3,
                .e_shstrndx = 1},
        .names = "\0.names\0.wanco",
        .note = {.n_bytes = sizeof(struct rt_note),
                 .abi_version = RT_ABI_VERSION,
                 .resume_rules = 7,
                 .flags = RT_NOTE_CHECKPOINT,
                 .sha256 = {1, 2, 3},
                 .compiler = "wanco 0.1.0"},
        .sections = {{.sh_name = 0},
                     {.sh_name = 1,
                      .sh_type = SHT_STRTAB,
                      .sh_offset = offsetof(struct file, names),
                      .sh_size = sizeof file.names},
                     {.sh_name = 8,
                      .sh_type = SHT_PROGBITS,
                      .sh_offset = offsetof(struct file, note),
                      .sh_size = sizeof file.note}},
    };
    memcpy(file.elf.e_ident, ELFMAG, SELFMAG);
    file.elf.e_ident[EI_CLASS] = ELFCLASS64;
    file.elf.e_ident[EI_DATA] = ELFDATA2LSB;
    memcpy(file.note.magic, RT_NOTE_MAGIC, sizeof file.note.magic);
}

static int fd = -1;

static bool read_bytes(const void *bytes, size_t n_bytes)
{
    if (fd < 0)
        fd = memfd_create("note", MFD_CLOEXEC);
    cr_assert_eq(ftruncate(fd, (off_t)n_bytes), 0);
    cr_assert_eq(pwrite(fd, bytes, n_bytes, 0), (ssize_t)n_bytes);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return note_read(&note, path, error, sizeof error);
}

static void expect_refusal(const char *words)
{
    cr_expect_not(read_bytes(&file, sizeof file));
    cr_expect_not_null(strstr(error, words), "%s", error);
}

Test(note, it_is_found)
{
    set_file();
    cr_assert(read_bytes(&file, sizeof file), "%s", error);
    cr_expect(note_is_elf(path));
    cr_expect_eq(note.isa, isa_find("aarch64"));
    cr_expect_str_eq(note.kind, "executable");
    cr_expect_eq(note.note.resume_rules, 7);
    cr_expect_eq(note.note.flags, RT_NOTE_CHECKPOINT);
    cr_expect_arr_eq(note.note.sha256, file.note.sha256, sizeof note.note.sha256);
    cr_expect_str_eq(note.note.compiler, "wanco 0.1.0");
}

Test(note, kinds_and_isas_are_told)
{
    set_file();
    file.elf.e_type = ET_REL;
    file.elf.e_machine = EM_X86_64;
    cr_assert(read_bytes(&file, sizeof file));
    cr_expect_eq(note.isa, isa_find("x86_64"));
    cr_expect_str_eq(note.kind, "object");
    file.elf.e_type = ET_DYN;
    file.elf.e_machine = EM_RISCV;
    cr_assert(read_bytes(&file, sizeof file));
    cr_expect_null(note.isa);
    cr_expect_str_eq(note.kind, "shared library");
}

Test(note, other_files_are_refused)
{
    cr_expect_not(note_is_elf("/nonexistent"));
    cr_expect_not(note_is_elf("/tmp"));
    cr_expect_not(note_read(&note, "/nonexistent", error, sizeof error));
    cr_expect_str_eq(error, "/nonexistent: No such file or directory");
    cr_expect_not(note_read(&note, "/tmp", error, sizeof error));
    cr_expect_str_eq(error, "/tmp: it is not a regular file");
    set_file();
    file.elf.e_ident[EI_CLASS] = ELFCLASS32;
    expect_refusal("no executable");
    set_file();
    file.elf.e_shnum = 0;
    expect_refusal("no sections");
    set_file();
    file.names[9] = 'W';
    expect_refusal("no program that wanco compiled");
    set_file();
    file.note.magic[0] = 'w';
    expect_refusal("damaged");
    set_file();
    file.sections[2].sh_size--;
    expect_refusal("damaged");
    set_file();
    file.sections[2].sh_offset = UINT64_MAX;
    expect_refusal("damaged");
}

Test(note, the_compilers_name_ends)
{
    set_file();
    memset(file.note.compiler, 'x', sizeof file.note.compiler);
    cr_assert(read_bytes(&file, sizeof file));
    cr_expect_eq(strlen(note.note.compiler), sizeof file.note.compiler - 1);
}

/* Whatever the bytes are it ends, with a note or a line. */
Test(note, any_byte_may_be_anything)
{
    const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    set_file();
    for (size_t i = 0; i < sizeof file; i++)
        for (size_t v = 0; v < sizeof values; v++) {
            struct file changed = file;
            memcpy((uint8_t *)&changed + i, &values[v], 1);
            error[0] = '\0';
            cr_expect_neq(read_bytes(&changed, sizeof changed), error[0] != '\0');
        }
    for (size_t n = 0; n < sizeof file; n++)
        cr_expect_not(read_bytes(&file, n));
}
