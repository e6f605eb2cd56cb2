/* libFuzzer target: any bytes make snapshot_open end, with a snapshot or with one line;
 * what it accepts can be loaded, shown, and held against a module. Hashes guard
 * everything, so the same bytes are tried once more with hashes that fit them. They may
 * be an executable, too. */
#define _GNU_SOURCE
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compiler/fit.h"
#include "compiler/inspect.h"
#include "compiler/note.h"
#include "snapshot-format/internal.h"
#include "tests/compiler/wasm_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

enum { MAX_LOADED_PAGES = 16 };

static uint64_t get64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

/* Lengths are kept where they lie within the file. */
static void repair(uint8_t *bytes, size_t n_bytes)
{
    uint8_t *end = bytes + n_bytes - SNAPSHOT_TRAILER_BYTES;
    uint64_t room = n_bytes - SNAPSHOT_PREFIX_BYTES - SNAPSHOT_TRAILER_BYTES;
    uint64_t header_bytes = get64(bytes + 16), at = get64(end);
    if (header_bytes > room)
        header_bytes = room;
    if (at < SNAPSHOT_PREFIX_BYTES + header_bytes || at > SNAPSHOT_PREFIX_BYTES + room)
        at = SNAPSHOT_PREFIX_BYTES + header_bytes;
    const struct snapshot_trailer trailer = {
        .directory_offset = at,
        .directory_bytes = SNAPSHOT_PREFIX_BYTES + room - at,
        .header_hash = snapshot_hash(bytes + SNAPSHOT_PREFIX_BYTES, header_bytes),
        .directory_hash = snapshot_hash(bytes + at, SNAPSHOT_PREFIX_BYTES + room - at),
        .file_bytes = n_bytes};
    snapshot_put_prefix(bytes,
                        &(struct snapshot_prefix){SNAPSHOT_FORMAT_VERSION, header_bytes});
    snapshot_put_trailer(end, &trailer);
}

static void load(const struct snapshot *s, char *error, size_t error_bytes)
{
    const Wanco__Snapshot__Header *h = snapshot_header(s);
    for (uint32_t m = 0; m < h->n_memories; m++) {
        if (h->memories[m]->n_pages > MAX_LOADED_PAGES)
            continue;
        uint8_t *base = calloc(h->memories[m]->n_pages + 1, SNAPSHOT_WASM_PAGE_BYTES);
        assert(base != NULL);
        snapshot_load_memory(s, m, base, 1, error, error_bytes);
        free(base);
    }
}

/* The module of seeds/suspended.wsnap:
 *
 *     (module (memory 1) (table 3 funcref) (elem (i32.const 1) $in) (data "a")
 *       (global (mut i64) (i64.const 7))
 *       (func $in (param i32) (result i64) (local i64)
 *         (loop (local.set 1 (i64.add (local.get 1) (i64.const 1))) (br_if 0 (local.get
 * 0))) (local.get 1)) (func (export "run") (param i32) (result i64) (i64.add (i64.const
 * 5) (call_indirect (param i32) (result i64) (local.get 0) (i32.const 1))))) */
static const struct module *suspended_module(void)
{
    static struct wasm w;
    if (w.m.bytes == NULL) {
        wasm_begin(&w);
        wasm_put(&w,
                 "01 06 01 60 01 7f 01 7e 03 03 02 00 00 04 04 01 70 00 03 05 03 01 00 01"
                 "06 06 01 7e 01 42 07 0b 07 07 01 03 72 75 6e 00 01 09 07 01 00 41 01 0b"
                 "01 00 0a 23 02 14 01 01 7e 03 40 20 01 42 01 7c 21 01 20 00 0d 00 0b"
                 "20 01 0b 0c 00 42 05 20 00 41 01 11 00 00 7c 0b 0b 04 01 01 01 61");
        bool ok = wasm_load(&w);
        assert(ok);
    }
    return &w.m;
}

/* What `wanco inspect` and `wanco verify` do. */
static void look_at(const struct snapshot *s, char *error, size_t error_bytes)
{
    FILE *nowhere = fopen("/dev/null", "we");
    assert(nowhere != NULL);
    inspect_print(nowhere, "-", s, true, true);
    inspect_print_json(nowhere, s, true);
    fclose(nowhere);
    snapshot_fits(snapshot_header(s), suspended_module(), 1, error, error_bytes);
}

static void try_bytes(const uint8_t *bytes, size_t n_bytes)
{
    char path[32], error[512] = "";
    int fd = memfd_create("snapshot", MFD_CLOEXEC);
    assert(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert(pwrite(fd, bytes, n_bytes, 0) == (ssize_t)n_bytes);
    struct snapshot *s = snapshot_open(path, error, sizeof error);
    assert((s != NULL) == (error[0] == '\0') && strchr(error, '\n') == NULL);
    if (s != NULL) {
        snapshot_check_blocks(s, 1, error, sizeof error);
        load(s, error, sizeof error);
        look_at(s, error, sizeof error);
    }
    snapshot_close(s);
    struct note note;
    note_read(&note, path, error, sizeof error);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    try_bytes(bytes, n_bytes);
    if (n_bytes < SNAPSHOT_PREFIX_BYTES + SNAPSHOT_TRAILER_BYTES)
        return 0;
    uint8_t *copy = malloc(n_bytes);
    assert(copy != NULL);
    memcpy(copy, bytes, n_bytes);
    repair(copy, n_bytes);
    try_bytes(copy, n_bytes);
    free(copy);
    return 0;
}
