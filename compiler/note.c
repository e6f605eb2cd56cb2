/* Finds the section RT_NOTE_SECTION in an ELF file. The file may be anything, so every
 * offset is compared with its length, and it is read, not mapped: it may be cut off
 * meanwhile. */
#define _GNU_SOURCE
#include "compiler/note.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/target.h"

struct reader {
    int fd;
    uint64_t n_bytes;
    const char *path;
    char *error;
    size_t error_bytes;
};

__attribute__((format(printf, 2, 3))) static bool fail(const struct reader *r,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = snprintf(r->error, r->error_bytes, "%s: ", r->path);
    if (n >= 0 && (size_t)n < r->error_bytes)
        vsnprintf(r->error + n, r->error_bytes - (size_t)n, format, args);
    va_end(args);
    return false;
}

static bool read_at(const struct reader *r, void *to, uint64_t n_bytes, uint64_t at)
{
    return at <= r->n_bytes && n_bytes <= r->n_bytes - at &&
           pread(r->fd, to, n_bytes, (off_t)at) == (ssize_t)n_bytes;
}

static bool read_section(const struct reader *r, const Elf64_Ehdr *elf, uint64_t number,
                         Elf64_Shdr *section)
{
    return number < elf->e_shnum &&
           read_at(r, section, sizeof *section,
                   elf->e_shoff + number * sizeof(Elf64_Shdr)); /* < 2^64 + 2^22 */
}

static bool is_named(const struct reader *r, const Elf64_Shdr *names,
                     const Elf64_Shdr *section, const char *name)
{
    char found[sizeof RT_NOTE_SECTION];
    return section->sh_name < names->sh_size &&
           names->sh_size - section->sh_name >= sizeof found &&
           read_at(r, found, sizeof found, names->sh_offset + section->sh_name) &&
           memcmp(found, name, sizeof found) == 0;
}

static bool read_note(const struct reader *r, const Elf64_Shdr *section,
                      struct rt_note *note)
{
    if (section->sh_type != SHT_PROGBITS || section->sh_size < sizeof *note ||
        !read_at(r, note, sizeof *note, section->sh_offset) ||
        memcmp(note->magic, RT_NOTE_MAGIC, sizeof note->magic) != 0)
        return fail(r, "its description of the module is damaged");
    note->compiler[sizeof note->compiler - 1] = '\0';
    return true;
}

static bool find_note(const struct reader *r, const Elf64_Ehdr *elf, struct rt_note *note)
{
    Elf64_Shdr names, section;
    if (elf->e_shentsize != sizeof section || elf->e_shoff > r->n_bytes ||
        !read_section(r, elf, elf->e_shstrndx, &names))
        return fail(r, "it has no sections, so nothing tells what it was made from");
    for (uint64_t i = 0; i < elf->e_shnum; i++) {
        if (!read_section(r, elf, i, &section))
            return fail(r, "it is damaged or truncated");
        if (is_named(r, &names, &section, RT_NOTE_SECTION))
            return read_note(r, &section, note);
    }
    return fail(r, "it is no program that wanco compiled");
}

static const char *kind_of(uint16_t type)
{
    return type == ET_REL ? "object" : type == ET_DYN ? "shared library" : "executable";
}

static bool read_file(struct note *note, struct reader *r)
{
    Elf64_Ehdr elf;
    struct stat info;
    if (r->fd < 0 || fstat(r->fd, &info) != 0)
        return fail(r, "%s", strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fail(r, "it is not a regular file");
    r->n_bytes = (uint64_t)info.st_size;
    if (!read_at(r, &elf, sizeof elf, 0) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
        elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(r, "it is no executable of an ISA that wanco knows");
    note->isa = elf.e_machine == EM_X86_64    ? isa_find("x86_64")
                : elf.e_machine == EM_AARCH64 ? isa_find("aarch64")
                                              : NULL;
    note->kind = kind_of(elf.e_type);
    return find_note(r, &elf, &note->note);
}

/* Not one that would wait for a writer. */
static int open_file(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

bool note_is_elf(const char *path)
{
    char magic[SELFMAG];
    int fd = open_file(path);
    bool yes = fd >= 0 && read(fd, magic, sizeof magic) == (ssize_t)sizeof magic &&
               memcmp(magic, ELFMAG, sizeof magic) == 0;
    if (fd >= 0)
        close(fd);
    return yes;
}

bool note_read(struct note *note, const char *path, char *error, size_t error_bytes)
{
    error[0] = '\0';
    struct reader r = {
        .fd = open_file(path), .path = path, .error = error, .error_bytes = error_bytes};
    bool ok = read_file(note, &r);
    if (r.fd >= 0)
        close(r.fd);
    return ok;
}
