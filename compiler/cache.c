/* The cache is one directory: an executable per key, and those that are being copied into
 * it, which are renamed to their keys when they are whole. So processes never see half of
 * one and need no lock: two that compile the same module replace each other's equal
 * result. */
#define _GNU_SOURCE
#include "compiler/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <llvm-c/blake3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NEW_PREFIX "new."
enum { STALE_SECONDS = 24 * 60 * 60 };

/* The length first, so that no two lists of parts hash the same bytes. */
static void hash_part(llvm_blake3_hasher *h, const void *bytes, size_t n_bytes)
{
    uint64_t length = n_bytes;
    llvm_blake3_hasher_update(h, &length, sizeof length);
    llvm_blake3_hasher_update(h, bytes, n_bytes);
}

/* Size and time of change stand for the content of a file that is installed, not edited.
 */
static void hash_identity(llvm_blake3_hasher *h, const char *path)
{
    struct stat st;
    int64_t identity[3] = {-1};
    if (stat(path, &st) == 0) {
        identity[0] = st.st_size;
        identity[1] = st.st_mtim.tv_sec;
        identity[2] = st.st_mtim.tv_nsec;
    }
    hash_part(h, identity, sizeof identity);
}

static void hash_directory(llvm_blake3_hasher *h, const char *dir)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            hash_part(h, entries[i]->d_name, strlen(entries[i]->d_name));
            hash_identity(h, path);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* What can't be read counts as empty: it can't be linked either. */
static void hash_file(llvm_blake3_hasher *h, const char *path)
{
    uint8_t bytes[4096];
    uint64_t length = 0;
    FILE *file = fopen(path, "re");
    for (size_t n = 1; file && n > 0; length += n) {
        n = fread(bytes, 1, sizeof bytes, file);
        llvm_blake3_hasher_update(h, bytes, n);
    }
    if (file)
        fclose(file);
    llvm_blake3_hasher_update(h, &length, sizeof length);
}

void cache_key(const struct cache_inputs *inputs, char key[CACHE_KEY_BYTES])
{
    llvm_blake3_hasher h;
    llvm_blake3_hasher_init(&h);
    hash_identity(&h, "/proc/self/exe");
    hash_directory(&h, inputs->library_dir);
    hash_part(&h, inputs->options, strlen(inputs->options));
    for (uint32_t i = 0; i < inputs->n_links; i++)
        hash_file(&h, inputs->links[i]);
    hash_part(&h, inputs->bytes, inputs->n_bytes);

    uint8_t digest[LLVM_BLAKE3_OUT_LEN];
    llvm_blake3_hasher_finalize(&h, digest, sizeof digest);
    _Static_assert(CACHE_KEY_BYTES == 2 * sizeof digest + 1, "two digits a byte");
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(key + 2 * i, 3, "%02x", (unsigned)digest[i]);
}

/* The base directory of user-specific caches: the XDG specification ignores a relative
 * path. */
static bool base_dir(char *buffer, size_t buffer_bytes)
{
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int n = -1;
    if (xdg && xdg[0] == '/')
        n = snprintf(buffer, buffer_bytes, "%s", xdg);
    else if (home && home[0] == '/')
        n = snprintf(buffer, buffer_bytes, "%s/.cache", home);
    return n >= 0 && (size_t)n < buffer_bytes;
}

/* What is in the cache gets executed: nobody else may be able to put it there. */
static bool is_ours_alone(const char *dir)
{
    struct stat st;
    return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool cache_dir(char *buffer, size_t buffer_bytes)
{
    char base[PATH_MAX];
    if (!base_dir(base, sizeof base))
        return false;
    int n = snprintf(buffer, buffer_bytes, "%s/wanco", base);
    if (n < 0 || (size_t)n >= buffer_bytes)
        return false;
    mkdir(base, 0700);
    mkdir(buffer, 0700);
    return is_ours_alone(buffer);
}

static bool is_stale(int dir, const char *name, time_t now)
{
    struct stat st;
    return strncmp(name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0 &&
           fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           now - st.st_mtime > STALE_SECONDS;
}

/* What processes that were killed have left. */
static void remove_stale(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return;
    time_t now = time(NULL);
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (is_stale(dirfd(dir), entry->d_name, now))
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

static bool copy(int from, int to)
{
    enum { PART_BYTES = 1 << 30 };
    ssize_t n;
    do
        n = sendfile(to, from, NULL, PART_BYTES);
    while (n > 0);
    return n == 0;
}

void cache_keep(const char *dir, const char *key, int executable)
{
    char made[PATH_MAX], kept[PATH_MAX];
    int n = snprintf(made, sizeof made, "%s/" NEW_PREFIX "XXXXXX", dir);
    int n_kept = snprintf(kept, sizeof kept, "%s/%s", dir, key);
    if (n < 0 || n >= PATH_MAX || n_kept < 0 || n_kept >= PATH_MAX)
        return;
    remove_stale(dir);
    int fd = mkostemp(made, O_CLOEXEC);
    if (fd < 0)
        return;
    bool is_whole = copy(executable, fd) && fchmod(fd, 0700) == 0;
    is_whole = close(fd) == 0 && is_whole;
    if (!is_whole || rename(made, kept) != 0)
        unlink(made);
}
