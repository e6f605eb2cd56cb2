/* The bytes around the messages: where each field lies, and that nothing may differ. */
#include <criterion/criterion.h>
#include <string.h>

#include "snapshot-format/internal.h"

Test(layout, the_prefix_is_as_documented)
{
    uint8_t bytes[SNAPSHOT_PREFIX_BYTES];
    const uint8_t expected[24] = "WANCOSNP\x01\0\0\0\0\0\0\0\x08\x07\x06\x05\x04\x03\x02";
    struct snapshot_prefix prefix = {.version = 1, .header_bytes = 0x2030405060708};
    snapshot_put_prefix(bytes, &prefix);
    cr_assert_arr_eq(bytes, expected, sizeof expected);

    struct snapshot_prefix read = {0};
    cr_assert_eq(snapshot_get_prefix(bytes, &read), SNAPSHOT_LAYOUT_OK);
    cr_assert_eq(read.header_bytes, prefix.header_bytes);
}

Test(layout, no_byte_of_the_prefix_may_differ)
{
    uint8_t bytes[SNAPSHOT_PREFIX_BYTES];
    struct snapshot_prefix prefix = {.version = 1, .header_bytes = 99}, read;
    snapshot_put_prefix(bytes, &prefix);
    for (size_t i = 0; i < sizeof bytes * 8; i++) {
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        enum snapshot_layout layout = snapshot_get_prefix(bytes, &read);
        cr_assert_eq(layout, i < 64             ? SNAPSHOT_LAYOUT_FOREIGN
                             : i > 64 && i < 96 ? SNAPSHOT_LAYOUT_NEWER
                                                : SNAPSHOT_LAYOUT_DAMAGED);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

Test(layout, the_trailer_is_as_documented)
{
    uint8_t bytes[SNAPSHOT_TRAILER_BYTES];
    const struct snapshot_trailer trailer = {1, 2, 3, 4, 0x0102030405060708};
    struct snapshot_trailer read;
    snapshot_put_trailer(bytes, &trailer);
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(bytes[(size_t)i * 8], i + 1);
    cr_assert_eq(bytes[32], 8);
    cr_assert_eq(bytes[39], 1);
    cr_assert_arr_eq(bytes + 56, "WANCOEND", 8);
    cr_assert_eq(snapshot_get_trailer(bytes, &read), SNAPSHOT_LAYOUT_OK);
    cr_assert_eq(memcmp(&read, &trailer, sizeof read), 0);
}

Test(layout, no_byte_of_the_trailer_may_differ)
{
    uint8_t bytes[SNAPSHOT_TRAILER_BYTES];
    const struct snapshot_trailer trailer = {1, 2, 3, 4, 5};
    struct snapshot_trailer read;
    snapshot_put_trailer(bytes, &trailer);
    for (size_t i = 0; i < sizeof bytes * 8; i++) {
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        cr_assert_eq(snapshot_get_trailer(bytes, &read), SNAPSHOT_LAYOUT_DAMAGED);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    bytes[0]++;
    bytes[63]++;
    cr_assert_eq(snapshot_get_trailer(bytes, &read), SNAPSHOT_LAYOUT_FOREIGN);
}

/* From xxHash's own documentation and test: the hash of nothing. */
Test(layout, the_hash_is_xxh3)
{
    cr_assert_eq(snapshot_hash("", 0), UINT64_C(0x2d06800538d394c2));
}
