/* Looks a module's imports up in a table of a static executable, as that lies in the
 * file: nothing of it is relocated when it is started. The linker has just written the
 * file, but out of objects of the user's, so every address is compared with its bounds.
 * The objects themselves are looked at before, for what the linker would say at length.
 */
#define _GNU_SOURCE
#include "compiler/supplied.h"

#include <ar.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/host.h"
#include "compiler/layout.h"
#include "wanco/host.h"

#define TABLE "wanco_host_functions"

struct image {
    const uint8_t *bytes;
    uint64_t n_bytes;
};

/* The structure at an offset of the file, or NULL. */
static const void *at_offset(const struct image *image, uint64_t at, uint64_t n_bytes)
{
    return at <= image->n_bytes && n_bytes <= image->n_bytes - at ? image->bytes + at
                                                                  : NULL;
}

/* Copies the structure at an offset of the file; false if it is not all there. */
static bool read_at(const struct image *image, uint64_t at, void *to, uint64_t n_bytes)
{
    const void *from = at_offset(image, at, n_bytes);
    if (from != NULL)
        memcpy(to, from, n_bytes);
    return from != NULL;
}

/* What lies at an address when the program has started, or NULL. *n_left: how many bytes
 * the file has from there on. */
static const void *at_address(const struct image *image, uint64_t address,
                              uint64_t *n_left)
{
    Elf64_Ehdr elf;
    Elf64_Phdr segment;
    memcpy(&elf, image->bytes, sizeof elf);
    for (uint16_t i = 0; i < elf.e_phnum; i++) {
        if (!read_at(image, elf.e_phoff + i * sizeof segment, &segment, sizeof segment))
            return NULL;
        uint64_t from = address - segment.p_vaddr;
        if (segment.p_type != PT_LOAD || from >= segment.p_filesz)
            continue;
        *n_left = segment.p_filesz - from;
        return at_offset(image, segment.p_offset + from, *n_left);
    }
    return NULL;
}

/* The string at an address of the program, or NULL. */
static const char *string_at(const struct image *image, uint64_t address)
{
    uint64_t n_left = 0;
    const char *chars = at_address(image, address, &n_left);
    return chars != NULL && memchr(chars, '\0', n_left) != NULL ? chars : NULL;
}

/* The table's symbol in a section of symbols; false if there is none. */
static bool search_symbols(const struct image *image, const Elf64_Shdr *symbols,
                           const Elf64_Shdr *names, Elf64_Sym *symbol)
{
    const char *text = at_offset(image, names->sh_offset, names->sh_size);
    const uint8_t *at = at_offset(image, symbols->sh_offset, symbols->sh_size);
    if (text == NULL || at == NULL)
        return false;
    for (uint64_t i = 0; i < symbols->sh_size / sizeof *symbol; i++) {
        memcpy(symbol, at + i * sizeof *symbol, sizeof *symbol);
        if (symbol->st_name < names->sh_size &&
            names->sh_size - symbol->st_name >= sizeof TABLE &&
            memcmp(text + symbol->st_name, TABLE, sizeof TABLE) == 0)
            return true;
    }
    return false;
}

static bool find_table(const struct image *image, Elf64_Sym *symbol)
{
    Elf64_Ehdr elf;
    Elf64_Shdr section, names;
    memcpy(&elf, image->bytes, sizeof elf);
    for (uint16_t i = 0; i < elf.e_shnum; i++) {
        if (!read_at(image, elf.e_shoff + i * sizeof section, &section, sizeof section))
            return false;
        if (section.sh_type != SHT_SYMTAB || section.sh_link >= elf.e_shnum)
            continue;
        return read_at(image, elf.e_shoff + section.sh_link * sizeof names, &names,
                       sizeof names) &&
               search_symbols(image, &section, &names, symbol);
    }
    return false;
}

static bool is_name(const struct name *name, const char *text)
{
    return text != NULL && strlen(text) == name->length &&
           memcmp(name->chars, text, name->length) == 0;
}

/* The signature in the row that an import names, or NULL. A row has four addresses, as
 * struct wanco_host_function has on both ISAs. */
static const char *find_signature(const struct image *image, uint64_t table,
                                  const struct import *import)
{
    uint64_t row[sizeof(struct wanco_host_function) / sizeof(uint64_t)], n_left = 0;
    for (;; table += sizeof row) {
        const void *at = table != 0 ? at_address(image, table, &n_left) : NULL;
        if (at == NULL || n_left < sizeof row)
            return NULL;
        memcpy(row, at, sizeof row);
        if (row[0] == 0)
            return NULL;
        if (is_name(&import->module, string_at(image, row[0])) &&
            is_name(&import->name, string_at(image, row[1])))
            return string_at(image, row[2]);
    }
}

static bool check_import(const struct image *image, uint64_t table,
                         const struct module *m, const struct import *import, char *error,
                         size_t error_bytes)
{
    const char *signature = find_signature(image, table, import);
    const char *what = signature == NULL ? "unknown import" : "incompatible import type";
    if (signature != NULL &&
        signature_matches(signature, module_func_type(m, import->index)))
        return true;
    int n = snprintf(error, error_bytes, "at offset 0x%x: %s: %.*s.%.*s is ",
                     import->offset, what, (int)import->module.length,
                     import->module.chars, (int)import->name.length, import->name.chars);
    if (n >= 0 && (size_t)n < error_bytes)
        snprintf(error + n, error_bytes - (size_t)n, "%s%s " TABLE " given with --link",
                 signature != NULL ? signature : "not", " in the");
    return false;
}

/* False if there is no file that is long enough for an ELF file. */
static bool map_file(const char *path, struct image *image)
{
    struct stat info;
    void *mapped = MAP_FAILED;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &info) == 0 && info.st_size >= (off_t)sizeof(Elf64_Ehdr)) {
        image->n_bytes = (uint64_t)info.st_size;
        mapped = mmap(NULL, image->n_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    image->bytes = mapped;
    return mapped != MAP_FAILED;
}

static void unmap_file(const struct image *image)
{
    munmap((void *)(uintptr_t)image->bytes, image->n_bytes);
}

bool check_supplied(const char *path, const struct module *m, char *error,
                    size_t error_bytes)
{
    struct image image;
    if (!map_file(path, &image)) {
        snprintf(error, error_bytes, "the linker has made no executable");
        return false;
    }
    Elf64_Sym symbol;
    uint64_t table = find_table(&image, &symbol) ? symbol.st_value : 0;
    bool ok = true;
    for (uint32_t i = 0; ok && i < m->n_imports; i++)
        ok = m->imports[i].kind != EXTERN_FUNC || find_host_func(&m->imports[i]) ||
             check_import(&image, table, m, &m->imports[i], error, error_bytes);
    unmap_file(&image);
    return ok;
}

/* ---- Before they are linked ---- */

struct links {
    const struct isa *isa;
    const char *path;       /* the file at hand */
    const char *with_table; /* the first that has one, or NULL */
    char *error;
    size_t error_bytes;
};

/* An object, alone or in an archive. */
static bool check_object(struct links *l, const struct image *image)
{
    Elf64_Ehdr elf;
    Elf64_Sym symbol;
    if (image->n_bytes < sizeof elf)
        return true;
    memcpy(&elf, image->bytes, sizeof elf);
    if (memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0)
        return true;
    if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != l->isa->machine) {
        snprintf(l->error, l->error_bytes,
                 "%s is not of %s, which the executable is for: compile it for that",
                 l->path, l->isa->name);
        return false;
    }
    if (elf.e_type != ET_REL) {
        snprintf(l->error, l->error_bytes,
                 "%s is neither an object nor an archive: give libraries with --plugin",
                 l->path);
        return false;
    }
    if (!find_table(image, &symbol) || symbol.st_shndx == SHN_UNDEF)
        return true;
    if (l->with_table != NULL)
        snprintf(l->error, l->error_bytes,
                 "%s and %s each have a table " TABLE ": put their rows into one",
                 l->with_table, l->path);
    bool is_first = l->with_table == NULL;
    l->with_table = l->path;
    return is_first;
}

static bool check_archive(struct links *l, const struct image *image)
{
    struct ar_hdr head;
    uint64_t at = SARMAG;
    while (read_at(image, at, &head, sizeof head)) {
        char size[sizeof head.ar_size + 1] = "";
        memcpy(size, head.ar_size, sizeof head.ar_size);
        struct image object = {.n_bytes = strtoull(size, NULL, 10)};
        object.bytes = at_offset(image, at + sizeof head, object.n_bytes);
        if (object.bytes == NULL)
            return true;
        if (!check_object(l, &object))
            return false;
        at += sizeof head + object.n_bytes + object.n_bytes % 2;
    }
    return true;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through the struct */
bool check_links(char *const *paths, uint32_t n, const struct isa *isa, char *error,
                 size_t error_bytes)
{
    struct links l = {.isa = isa, .error = error, .error_bytes = error_bytes};
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++) {
        struct image image;
        l.path = paths[i];
        if (!map_file(l.path, &image))
            continue;
        ok = memcmp(image.bytes, ARMAG, SARMAG) == 0 ? check_archive(&l, &image)
                                                     : check_object(&l, &image);
        unmap_file(&image);
    }
    return ok;
}
