/* rt_wasi_restore of what no program has written. */
#define _GNU_SOURCE
#include <sys/socket.h>

#include "tests/runtime/wasi_moved.h"

TestSuite(wasi_restore_hostile, .init = wasi_setup, .fini = wasi_teardown);

static void change_path(const char *path, size_t n_bytes)
{
    ProtobufCBinaryData *to = &saved->descriptors[5]->path;
    free(to->data);
    to->data = malloc(n_bytes + 1);
    memcpy(to->data, path, n_bytes);
    to->len = n_bytes;
}

Test(wasi_restore_hostile, hostile_paths)
{
    static char long_path[2 * PATH_MAX];
    const char *paths[] = {"",     "/etc/passwd", "..",   "../outside/secret",
                           "a/..", "a/../file",   "./..", "/"};
    wasi_create_file("file", "secret");
    save();
    for (size_t i = 0; i < N(paths); i++) {
        change_path(paths[i], strlen(paths[i]));
        expect_refused("the snapshot is damaged: the path of a file");
    }
    change_path("file\0/..", 8);
    expect_refused("the snapshot is damaged: the path of a file");
    memset(long_path, 'x', sizeof long_path);
    change_path(long_path, sizeof long_path);
    expect_refused("the snapshot is damaged: the path of a file");
    change_path(long_path, 1000);
    cr_expect_not(restore());
    change_path("file", 4);
    cr_expect(restore());
}

Test(wasi_restore_hostile, hostile_descriptors)
{
    wasi_create_file("file", "content");
    save();
    Wanco__Snapshot__Descriptor *d = saved->descriptors[5], good = *d;
    const uint32_t numbers[] = {0, 3, 1u << 20, UINT32_MAX};
    for (size_t i = 0; i < N(numbers); i++) {
        d->number = numbers[i];
        expect_refused("the snapshot is damaged: the number of a descriptor");
    }
    *d = good, d->preopen = 2;
    expect_refused("the snapshot is damaged: a file is in no directory");
    *d = good, d->rights_base |= UINT64_C(1) << 30;
    expect_refused("the snapshot is damaged: the rights of a descriptor");
    *d = good, d->rights_inheriting = UINT64_MAX;
    expect_refused("the snapshot is damaged: the rights of a descriptor");
    *d = good, d->fdflags = 32;
    expect_refused("the snapshot is damaged: the state of a descriptor");
    *d = good, d->offset = UINT64_C(1) << 63;
    expect_refused("the snapshot is damaged: the state of a descriptor");
    *d = good, d->access = 0;
    expect_refused("the snapshot is damaged: how a file is open");
    *d = good, d->access = 4;
    expect_refused("the snapshot is damaged: how a file is open");
    *d = good, d->kind = KIND(OTHER);
    expect_refused("the snapshot is damaged: a descriptor of unknown kind");
    *d = good, d->kind = KIND(SOCKET);
    expect_refused("the snapshot is damaged: the type of a socket");
    d->filetype = WASI_TYPE_SOCKET_STREAM;
    expect_refused("the snapshot is damaged: a socket of unknown kind");
    d->socket = WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__LISTENER;
    expect_refused("the snapshot is damaged: a socket of unknown kind");
    *d = good, d->lost = 77;
    expect_refused("the snapshot is damaged: an error");
    *d = good, d->identity->unlinked = true;
    expect_refused("the snapshot is damaged: the number of an unlinked file");
    d->unlinked_file = 1;
    expect_refused("the snapshot is damaged: the number of an unlinked file");
    d->identity->unlinked = false;
    *d = good, d->kind = (Wanco__Snapshot__Descriptor__Kind)99;
    expect_refused("the snapshot is damaged: a descriptor of unknown kind");
    *d = good, d->kind = KIND(STREAM), d->stream = 3;
    expect_refused("the snapshot is damaged: the number of a stream");
    *d = good, d->kind = KIND(STREAM), d->stream = 2;
    expect_refused("the snapshot is damaged: a stream is there twice");
    *d = good, d->kind = KIND(PREOPEN), d->preopen = 2;
    expect_refused("the snapshot is damaged: the number of a directory");
    *d = good, d->identity = NULL;
    expect_refused("the snapshot is damaged: the size of a file");
    *d = good, d->filetype = WASI_TYPE_DIRECTORY;
    expect_refused("'/rw/file' is of another type now: put back what the guest has open");
    *d = good, d->number = 1000;
    cr_expect(restore());
}

Test(wasi_restore_hostile, hostile_listings)
{
    uint32_t room = wasi_room(512);
    wasi_create_file("a", "");
    cr_assert_eq(rt_wasi_fd_readdir(guest, RW, room, 512, 0, wasi_room(4)), WASI_OK);
    save();
    Wanco__Snapshot__Listing *listing = saved->descriptors[RW]->listing, good = *listing;
    listing->n_inodes--;
    expect_refused("the snapshot is damaged: a directory's entries");
    *listing = good, listing->filetypes.len--;
    expect_refused("the snapshot is damaged: a directory's entries");
    *listing = good, listing->filetypes.data[0] = 8;
    expect_refused("the snapshot is damaged: a directory's entry");
    *listing = good, listing->filetypes.data[0] = 3;
    listing->names[0].data[0] = 0;
    expect_refused("the snapshot is damaged: a directory's entry");
    listing->names[0].data[0] = 'x';
    saved->descriptors[5]->listing = listing;
    expect_refused("the snapshot is damaged: a directory's entries");
    saved->descriptors[5]->listing = NULL;
    cr_expect(restore());
}

Test(wasi_restore_hostile, hostile_strings)
{
    save();
    saved->args[0].data[2] = 0;
    expect_refused("the snapshot is damaged: an argument or variable holds a 0");
    saved->args[0].data[2] = 'x';
    saved->preopens[0]->guest_name.data[1] = 0;
    expect_refused("the snapshot is damaged: the name of a directory");
    memcpy(saved->preopens[0]->guest_name.data, "\n\x1b", 2);
    expect_refused("the guest's directories must be given again: add --dir HOST::??w");
    saved->n_preopens = 0;
    grants.n_preopens = 0;
    expect_refused("the snapshot is damaged: the number of a directory");
    saved->n_descriptors = 0;
    saved->clocks = NULL;
    cr_expect(restore());
}

/* Any bytes that are a message end in an error or a guest. */
Test(wasi_restore_hostile, random_damage)
{
    uint32_t dir, seed = 1;
    int pair[2];
    wasi_create_file("file", "content");
    wasi_create_file("unlinked", "content");
    cr_assert_eq(rt_wasi_path_unlink_file(guest, RW, PATH("unlinked")), WASI_OK);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(rt_wasi_inherit(wasi, pair[0], &dir), WASI_OK);
    cr_assert_eq(wasi_open_to_read(RW, ".", &dir), WASI_OK);
    cr_assert_eq(rt_wasi_fd_readdir(guest, dir, wasi_room(512), 512, 0, wasi_room(4)),
                 WASI_OK);
    save();
    size_t n = wanco__snapshot__wasi__get_packed_size(saved);
    uint8_t *good = malloc(n), *bytes = malloc(n);
    wanco__snapshot__wasi__pack(saved, good);
    for (int i = 0; i < 3000; i++) {
        memcpy(bytes, good, n);
        for (int change = 0; change <= i % 3; change++) {
            seed = seed * 1103515245 + 12345;
            bytes[(seed >> 8) % n] = (uint8_t)(seed >> 24);
        }
        wanco__snapshot__wasi__free_unpacked(saved, NULL);
        saved = wanco__snapshot__wasi__unpack(NULL, n, bytes);
        if (saved && restore())
            rt_wasi_destroy(wasi);
    }
    guest->private->wasi = wasi = NULL;
    cr_expect(host_holds("rw/file", "content"));
    cr_expect(host_holds("ro/file", "constant"));
    free(good);
    free(bytes);
}
