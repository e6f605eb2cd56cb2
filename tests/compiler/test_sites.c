/* Stack maps as LLVM writes them, and what becomes of them. */
#include "compiler/sites.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <string.h>

#include "runtime/abi.h"

enum { CODE = 1, COLD_CODE, MAPS, RELOCATIONS, SYMBOLS, NAMES, N_SECTIONS };

#define MAPS_BYTES 1024

/* An object with three functions: two in one section, that which comes later first. */
static struct object {
    Elf64_Ehdr elf;
    char names[48];
    uint8_t maps[MAPS_BYTES];
    Elf64_Rela relocations[3];
    Elf64_Sym symbols[4];
    Elf64_Shdr sections[N_SECTIONS];
} object;

static size_t n_put;

static void put(uint64_t value, size_t n_bytes)
{
    memcpy(object.maps + n_put, &value, n_bytes);
    n_put += n_bytes;
}

static void put_location(uint8_t kind, uint16_t reg, int32_t number)
{
    put(kind, 2);
    put(8, 2);
    put(reg, 2);
    put(0, 2);
    put((uint32_t)number, 4);
}

static void begin_record(uint64_t id, uint32_t at, uint16_t n_values)
{
    put(id, 8);
    put(at, 4);
    put(0, 2);
    put(n_values + 3u, 2);
    put_location(4, 0, 0);
    put_location(4, 0, 2);
    put_location(4, 0, n_values);
}

static void end_record(void)
{
    n_put = (n_put + 7) / 8 * 8;
    put(0, 4); /* no live-outs */
    n_put = (n_put + 7) / 8 * 8;
}

static void put_maps(int32_t slot_offset, uint16_t last_register)
{
    n_put = 0;
    put(3, 4);
    put(3, 4); /* functions */
    put(1, 4); /* constants */
    put(4, 4); /* records */
    for (uint64_t i = 0; i < 3; i++) {
        put(0, 8);
        put(16, 8);
        put(i == 0 ? 2 : 1, 8);
    }
    put(UINT64_C(0x123456789abcdef0), 8);
    begin_record(UINT64_C(0x80000005) << 32 | 9, 0x20, 2);
    put_location(1, 3, 0);
    put_location(3, 7, slot_offset);
    end_record();
    begin_record(UINT64_C(6) << 32 | 9, 0x10, 0);
    end_record();
    begin_record(UINT64_C(0) << 32 | 8, 0x8, 3);
    put_location(4, 0, -5);
    put_location(5, 0, 0);
    put_location(4, 0, INT32_MAX);
    end_record();
    begin_record(UINT64_C(1) << 32 | 8, 0x4, 1);
    put_location(1, last_register, 0);
    end_record();
}

static void make_object(uint16_t machine)
{
    object = (struct object){
        .elf = {.e_machine = machine,
                .e_shoff = offsetof(struct object, sections),
                .e_shnum = N_SECTIONS,
                .e_shstrndx = NAMES},
        .names = "\0.rela.llvm_stackmaps",
        .symbols = {{0}, {.st_shndx = CODE, .st_value = 0x200}, {.st_shndx = COLD_CODE}},
    };
    put_maps(-8, 18);
    const struct {
        uint32_t symbol, addend;
    } starts[] = {{1, 0}, {2, 0x40}, {1, 0x100}};
    for (uint64_t i = 0; i < 3; i++)
        object.relocations[i] =
            (Elf64_Rela){.r_offset = 16 + 24 * i,
                         .r_info = ELF64_R_INFO(starts[i].symbol, R_X86_64_64),
                         .r_addend = starts[i].addend};
    object.sections[MAPS] = (Elf64_Shdr){.sh_name = 6,
                                         .sh_offset = offsetof(struct object, maps),
                                         .sh_size = n_put,
                                         .sh_flags = SHF_ALLOC};
    object.sections[RELOCATIONS] =
        (Elf64_Shdr){.sh_name = 1,
                     .sh_type = SHT_RELA,
                     .sh_link = SYMBOLS,
                     .sh_info = MAPS,
                     .sh_offset = offsetof(struct object, relocations),
                     .sh_size = sizeof object.relocations};
    object.sections[SYMBOLS].sh_offset = offsetof(struct object, symbols);
    object.sections[NAMES].sh_offset = offsetof(struct object, names);
}

static const struct rt_site_group *group_at(size_t at)
{
    return (const struct rt_site_group *)(const void *)(object.maps + at);
}

Test(sites, are_sorted_within_each_section)
{
    make_object(EM_X86_64);
    cr_assert(make_sites((uint8_t *)&object));
    const struct rt_site_group *first = group_at(0), *second = group_at(first->n_bytes);
    cr_assert_eq(first->n_sites, 3);
    cr_assert_eq(second->n_sites, 1);
    const uint32_t ends[] = {0x10, 0x20, 0x104}, places[] = {0, 0, 2, 3};
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect_eq(first->sites[i].end, ends[i]);
        cr_expect_eq(first->sites[i].func_index, i < 2 ? 9u : 8u);
    }
    for (uint32_t i = 0; i < 4; i++)
        cr_expect_eq(first->sites[i].first_place, places[i]);
    cr_expect_eq(first->sites[1].number, RT_SITE_HAS_INSTANCE | 5);
    cr_expect_eq(second->sites[0].end, 8);
    cr_expect_eq(object.sections[MAPS].sh_size, first->n_bytes + second->n_bytes);
}

Test(sites, section_is_one_that_linkers_keep_and_name_the_ends_of)
{
    make_object(EM_X86_64);
    cr_assert(make_sites((uint8_t *)&object));
    cr_expect_str_eq(object.names + object.sections[MAPS].sh_name, RT_SITES_SECTION);
    cr_expect_eq(object.sections[MAPS].sh_flags & (1 << 21), 1 << 21);
}

Test(sites, bases_are_relocated)
{
    make_object(EM_X86_64);
    cr_assert(make_sites((uint8_t *)&object));
    cr_assert_eq(object.sections[RELOCATIONS].sh_size, 2 * sizeof(Elf64_Rela));
    cr_expect_eq(object.relocations[0].r_offset, 0);
    cr_expect_eq(ELF64_R_SYM(object.relocations[0].r_info), 1);
    cr_expect_eq(object.relocations[0].r_addend, 0);
    cr_expect_eq(object.relocations[1].r_offset, group_at(0)->n_bytes);
    cr_expect_eq(object.relocations[1].r_addend, 0x40);
}

/* Behind a group's sites. */
static const uint32_t *places_of(const struct rt_site_group *group)
{
    return (const uint32_t *)(const void *)&group->sites[group->n_sites + 1];
}

Test(sites, places_say_what_locations_did)
{
    make_object(EM_X86_64);
    cr_assert(make_sites((uint8_t *)&object));
    const struct rt_site_group *first = group_at(0);
    const uint32_t *places = places_of(first);
    cr_expect_eq(places[0], 3u << RT_PLACE_REGISTER_SHIFT);
    cr_expect_eq(places[1], (uint32_t)RT_PLACE_SLOT << RT_PLACE_KIND_SHIFT |
                                7u << RT_PLACE_REGISTER_SHIFT | 0xfffffe);
    cr_expect_eq(places[2], 33u << RT_PLACE_REGISTER_SHIFT);
    const uint32_t *constants = places_of(group_at(first->n_bytes));
    cr_expect_eq(constants[0],
                 (uint32_t)RT_PLACE_CONSTANT << RT_PLACE_KIND_SHIFT | 0x3ffffffb);
    cr_expect_eq(constants[1], (uint32_t)RT_PLACE_WIDE << RT_PLACE_KIND_SHIFT | 3);
    cr_expect_eq(constants[2], (uint32_t)RT_PLACE_WIDE << RT_PLACE_KIND_SHIFT | 5);
    const uint64_t expected[] = {UINT64_C(0x123456789abcdef0), INT32_MAX};
    cr_expect_arr_eq(constants + 3, expected, sizeof expected);
}

/* DWARF numbers its floating-point registers from 64 on. */
Test(sites, aarch64_has_its_own_registers)
{
    make_object(EM_AARCH64);
    put_maps(0, 72);
    cr_assert(make_sites((uint8_t *)&object));
    cr_expect_eq(places_of(group_at(0))[2], 40u << RT_PLACE_REGISTER_SHIFT);
}

Test(sites, slot_too_far_away_is_an_error)
{
    make_object(EM_X86_64);
    put_maps((1 << 25) - 4, 15);
    cr_expect(make_sites((uint8_t *)&object));
    make_object(EM_X86_64);
    put_maps(1 << 25, 15);
    cr_expect_not(make_sites((uint8_t *)&object));
    make_object(EM_X86_64);
    put_maps(-6, 15);
    cr_expect_not(make_sites((uint8_t *)&object));
}

/* One of AVX-512, which rt_suspend does not save. */
Test(sites, other_register_is_an_error)
{
    make_object(EM_X86_64);
    put_maps(0, 67);
    cr_expect_not(make_sites((uint8_t *)&object));
}

Test(sites, object_without_stack_maps_stays_as_it_is)
{
    make_object(EM_X86_64);
    object.names[6] = '_';
    struct object before = object;
    cr_expect(make_sites((uint8_t *)&object));
    cr_expect_arr_eq(&object, &before, sizeof object);
}
