/* LLVM describes each call of rt_suspend in a section .llvm_stackmaps (the format is in
 * its document "Stack maps and patch points"): the functions with their numbers of
 * records, wide constants, and the records with the places of all values, 12 bytes each.
 * What the runtime needs of that takes less than a third of the room; it is sorted for
 * its search, and in a section whose ends linkers define. */
#include "compiler/sites.h"

#include <assert.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/out_of_memory.h"
#include "runtime/abi.h"

/* Sizes in LLVM's format. */
enum {
    HEADER = 16,
    FUNCTION = 24,
    CONSTANT = 8,
    RECORD = 16,
    LOCATION = 12,
    LIVE_OUT = 4
};

/* A statepoint's values come after its convention, its flags and their number. */
enum { LOCATIONS_BEFORE_VALUES = 3 };

enum location_kind { IN_REGISTER = 1, IN_MEMORY = 3, IS_SMALL = 4, IS_CONSTANT = 5 };

enum { X86_64_VECTORS = 17, AARCH64_VECTORS = 64 /* the first ones' numbers in DWARF */ };

struct stack_map {
    uint32_t section; /* of its function */
    uint64_t at;      /* in there: where its call returns to */
    uint32_t function;
    const uint8_t *record;
};

struct maps {
    uint8_t *object;
    bool is_aarch64;
    Elf64_Shdr *section, *relocation_section;
    uint8_t *bytes;          /* of the section */
    Elf64_Rela *relocations; /* of its functions, in their order */
    const Elf64_Sym *symbols;
    uint32_t n_functions, n_constants, n_maps;
    struct stack_map *maps;
};

/* What becomes of the maps. */
struct output {
    uint8_t *bytes;
    Elf64_Rela *bases; /* one for each group */
    uint32_t n_groups;
    size_t n_bytes;
    uint32_t *places; /* of the group in work */
    uint32_t n_places, n_places_of_sites;
    bool has_all; /* every value's place could be said */
};

static uint16_t read_u16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t read_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static size_t round_up(size_t n)
{
    return (n + 7) / 8 * 8;
}

/* ---- Reading ---- */

static Elf64_Shdr *section_at(uint8_t *object, uint32_t i)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)(void *)object;
    return (Elf64_Shdr *)(void *)(object + head->e_shoff) + i;
}

static bool find_section(struct maps *m)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)(void *)m->object;
    const Elf64_Shdr *names = section_at(m->object, head->e_shstrndx);
    for (uint32_t i = 0; i < head->e_shnum; i++) {
        Elf64_Shdr *section = section_at(m->object, i);
        const uint8_t *name = m->object + names->sh_offset + section->sh_name;
        if (strcmp((const char *)name, "." RT_SITES_SECTION) == 0)
            m->section = section;
        if (strcmp((const char *)name, ".rela." RT_SITES_SECTION) == 0)
            m->relocation_section = section;
    }
    m->is_aarch64 = head->e_machine == EM_AARCH64;
    return m->section && m->relocation_section;
}

static void read_header(struct maps *m)
{
    const Elf64_Shdr *symbols = section_at(m->object, m->relocation_section->sh_link);
    m->bytes = m->object + m->section->sh_offset;
    assert(m->bytes[0] == 3); /* the format's version */
    m->n_functions = read_u32(m->bytes + 4);
    m->n_constants = read_u32(m->bytes + 8);
    m->n_maps = read_u32(m->bytes + 12);
    m->relocations = (Elf64_Rela *)(void *)(m->object + m->relocation_section->sh_offset);
    m->symbols = (const Elf64_Sym *)(void *)(m->object + symbols->sh_offset);
}

static size_t record_bytes(const uint8_t *record)
{
    size_t n = round_up(RECORD + (size_t)read_u16(record + 14) * LOCATION);
    return round_up(n + 4 + (size_t)read_u16(record + n + 2) * LIVE_OUT);
}

/* The function's place in its section. */
static uint64_t function_start(const struct maps *m, uint32_t function)
{
    const Elf64_Rela *r = &m->relocations[function];
    return m->symbols[ELF64_R_SYM(r->r_info)].st_value + (uint64_t)r->r_addend;
}

static void read_records(struct maps *m)
{
    const uint8_t *function = m->bytes + HEADER;
    const uint8_t *record =
        function + (size_t)m->n_functions * FUNCTION + (size_t)m->n_constants * CONSTANT;
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n_functions; i++, function += FUNCTION) {
        const Elf64_Rela *r = &m->relocations[i];
        assert(r->r_offset == (uint64_t)(function - m->bytes));
        for (uint32_t left = read_u32(function + 16); left > 0; left--) {
            m->maps[n++] =
                (struct stack_map){.section = m->symbols[ELF64_R_SYM(r->r_info)].st_shndx,
                                   .at = function_start(m, i) + read_u32(record + 8),
                                   .function = i,
                                   .record = record};
            record += record_bytes(record);
        }
    }
    assert(n == m->n_maps);
}

static int compare_maps(const void *a, const void *b)
{
    const struct stack_map *x = a, *y = b;
    if (x->section != y->section)
        return x->section < y->section ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* ---- Places ---- */

/* Whether a signed number fits that many bits. */
static bool fits(int64_t value, unsigned bits)
{
    int64_t limit = INT64_C(1) << (bits - 1);
    return value >= -limit && value < limit;
}

static uint32_t place(enum rt_place_kind kind, uint32_t reg, int64_t low, unsigned n_bits)
{
    return (uint32_t)kind << RT_PLACE_KIND_SHIFT | reg << RT_PLACE_REGISTER_SHIFT |
           ((uint32_t)low & ((UINT32_C(1) << n_bits) - 1));
}

static uint32_t place_of_constant(struct output *out, int64_t value)
{
    if (fits(value, RT_PLACE_CONSTANT_BITS))
        return place(RT_PLACE_CONSTANT, 0, value, RT_PLACE_CONSTANT_BITS);
    memcpy(out->places + out->n_places, &value, sizeof value);
    out->n_places += 2;
    return place(RT_PLACE_WIDE, 0, out->n_places - 2, RT_PLACE_CONSTANT_BITS);
}

static uint32_t place_of(const struct maps *m, struct output *out,
                         const uint8_t *location)
{
    uint32_t reg = read_u16(location + 4);
    uint32_t bits = read_u32(location + 8);
    int32_t number;
    int64_t constant;
    memcpy(&number, &bits, sizeof number);
    uint32_t first_vector = m->is_aarch64 ? AARCH64_VECTORS : X86_64_VECTORS;
    if (reg >= first_vector)
        reg = reg - first_vector + RT_PLACE_VECTORS;
    out->has_all &= reg <= RT_PLACE_REGISTER_MASK; /* rt_suspend saves no other */
    switch ((enum location_kind)location[0]) {
    case IN_REGISTER:
        return place(RT_PLACE_REGISTER, reg, 0, 1);
    case IN_MEMORY:
        out->has_all &= number % 4 == 0 && fits(number / 4, RT_PLACE_OFFSET_BITS);
        return place(RT_PLACE_SLOT, reg, number / 4, RT_PLACE_OFFSET_BITS);
    case IS_SMALL:
        return place_of_constant(out, number);
    case IS_CONSTANT:
        memcpy(&constant,
               m->bytes + HEADER + (size_t)m->n_functions * FUNCTION +
                   (size_t)bits * CONSTANT,
               sizeof constant);
        return place_of_constant(out, constant);
    }
    out->has_all = false;
    return 0;
}

/* ---- Writing ---- */

static uint32_t n_values(const struct stack_map *map)
{
    return (uint32_t)read_u16(map->record + 14) - LOCATIONS_BEFORE_VALUES;
}

static struct rt_site make_site(const struct maps *m, struct output *out,
                                const struct stack_map *map, uint64_t base)
{
    struct rt_site site = {.end = (uint32_t)(map->at - base),
                           .func_index = read_u32(map->record),
                           .number = read_u32(map->record + 4),
                           .first_place = out->n_places_of_sites};
    const uint8_t *location =
        map->record + RECORD + (size_t)LOCATIONS_BEFORE_VALUES * LOCATION;
    for (uint32_t i = n_values(map); i > 0; i--, location += LOCATION)
        out->places[out->n_places_of_sites++] = place_of(m, out, location);
    return site;
}

/* Makes a group of maps in one section; wide constants follow the places of sites. */
static void put_group(const struct maps *m, struct output *out,
                      const struct stack_map *maps, uint32_t n)
{
    uint64_t base = function_start(m, maps->function);
    size_t sites_bytes = ((size_t)n + 1) * sizeof(struct rt_site);
    struct rt_site_group head = {.n_sites = n};
    uint8_t *at = out->bytes + out->n_bytes;
    out->bases[out->n_groups] = m->relocations[maps->function];
    out->bases[out->n_groups++].r_offset = out->n_bytes;
    out->n_places = out->n_places_of_sites = 0;
    for (uint32_t i = 0; i < n; i++)
        out->n_places += n_values(&maps[i]);
    for (uint32_t i = 0; i < n; i++) {
        struct rt_site site = make_site(m, out, &maps[i], base);
        memcpy(at + sizeof head + i * sizeof site, &site, sizeof site);
    }
    struct rt_site last = {.end = UINT32_MAX, .first_place = out->n_places_of_sites};
    memcpy(at + sizeof head + n * sizeof last, &last, sizeof last);
    memcpy(at + sizeof head + sites_bytes, out->places,
           out->n_places * sizeof *out->places);
    head.n_bytes = (uint32_t)round_up(sizeof head + sites_bytes +
                                      out->n_places * sizeof *out->places);
    memcpy(at, &head, sizeof head);
    out->n_bytes += head.n_bytes;
}

static void put_groups(const struct maps *m, struct output *out)
{
    for (uint32_t i = 0, end; i < m->n_maps; i = end) {
        for (end = i + 1; end < m->n_maps; end++)
            if (m->maps[end].section != m->maps[i].section)
                break;
        put_group(m, out, &m->maps[i], end - i);
    }
    assert(out->n_bytes <= m->section->sh_size);
}

/* The section gets its new name by leaving out the dot, is kept by linkers that remove
 * what nothing refers to, and may be written to where a loader has to. */
static void replace_section(struct maps *m, const struct output *out)
{
    enum { RETAIN = 1 << 21 }; /* SHF_GNU_RETAIN */
    memcpy(m->bytes, out->bytes, out->n_bytes);
    m->section->sh_name++;
    m->section->sh_size = out->n_bytes;
    m->section->sh_flags |= SHF_WRITE | RETAIN;
    memcpy(m->relocations, out->bases, out->n_groups * sizeof *out->bases);
    m->relocation_section->sh_size = out->n_groups * sizeof *out->bases;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through the struct */
bool make_sites(uint8_t *object)
{
    struct maps m = {.object = object};
    if (!find_section(&m))
        return true;
    read_header(&m);
    size_t n_bytes = m.section->sh_size;
    struct output out = {.bytes = calloc(1, n_bytes),
                         .places = malloc(n_bytes),
                         .bases = calloc(m.n_functions, sizeof *out.bases),
                         .has_all = true};
    m.maps = calloc(m.n_maps, sizeof *m.maps);
    if (!out.bytes || !out.places || !out.bases || !m.maps)
        out_of_memory();
    read_records(&m);
    qsort(m.maps, m.n_maps, sizeof *m.maps, compare_maps);
    put_groups(&m, &out);
    replace_section(&m, &out);
    free(out.bytes);
    free(out.places);
    free(out.bases);
    free(m.maps);
    return out.has_all;
}
