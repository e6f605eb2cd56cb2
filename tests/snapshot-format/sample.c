/* The sample's content, and the files tests keep it in. */
#define _GNU_SOURCE
#include "tests/snapshot-format/sample.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TEXT(text)                                                                       \
    {                                                                                    \
        sizeof(text) - 1, (uint8_t *)(uintptr_t)(text)                                   \
    }

#define MESSAGE(name, TYPE, ...)                                                         \
    name = (__typeof__(name))                                                            \
    {                                                                                    \
        .base = {.descriptor = &wanco__snapshot__##TYPE##__descriptor}, __VA_ARGS__      \
    }

static Wanco__Snapshot__Header header;
static Wanco__Snapshot__Producer producer;
static Wanco__Snapshot__Module modules[2];
static Wanco__Snapshot__Instance instances[2];
static Wanco__Snapshot__Link links[2];
static Wanco__Snapshot__Table tables[2];
static Wanco__Snapshot__Memory memories[SAMPLE_MEMORIES];
static Wanco__Snapshot__Entry entry;
static Wanco__Snapshot__Stack stack;
static Wanco__Snapshot__Frame frames[3];
static Wanco__Snapshot__FunctionName names[2];
static Wanco__Snapshot__Wasi wasi;
static Wanco__Snapshot__Preopen preopens[2];
static Wanco__Snapshot__Descriptor descriptors[5];
static Wanco__Snapshot__FileIdentity identity;
static Wanco__Snapshot__Listing listing;
static Wanco__Snapshot__Clocks clocks;

static Wanco__Snapshot__Module *module_list[] = {&modules[0], &modules[1]};
static Wanco__Snapshot__Instance *instance_list[] = {&instances[0], &instances[1]};
static Wanco__Snapshot__Link *link_list[] = {&links[0], &links[1]};
static Wanco__Snapshot__Table *table_list[] = {&tables[0], &tables[1]};
static Wanco__Snapshot__Memory *memory_list[] = {&memories[0], &memories[1]};
static Wanco__Snapshot__Stack *stack_list[] = {&stack};
static Wanco__Snapshot__Frame *frame_list[] = {&frames[0], &frames[1], &frames[2]};
static Wanco__Snapshot__FunctionName *name_list[] = {&names[0], &names[1]};
static Wanco__Snapshot__Preopen *preopen_list[] = {&preopens[0], &preopens[1]};
static Wanco__Snapshot__Descriptor *descriptor_list[] = {
    &descriptors[0], &descriptors[1], &descriptors[2], &descriptors[3], &descriptors[4]};

static void set_modules(void)
{
    static uint8_t hashes[2][SNAPSHOT_SHA256_BYTES];
    memset(hashes[0], 0xa5, sizeof hashes[0]);
    memset(hashes[1], 0x5a, sizeof hashes[1]);
    MESSAGE(producer, producer, .program = (char *)(uintptr_t) "wanco 0.1.0",
            .isa = (char *)(uintptr_t) "x86_64");
    MESSAGE(modules[0], module, .sha256 = {sizeof hashes[0], hashes[0]},
            .name = TEXT("library"), .resume_rules = 1);
    MESSAGE(modules[1], module, .sha256 = {sizeof hashes[1], hashes[1]},
            .name = TEXT("app"), .resume_rules = 1);
}

static void set_instances(void)
{
    static uint32_t indices[] = {0, 2, 3, 4, 5, 6, 9};
    static uint8_t types[] = {0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f};
    static uint64_t words[] = {UINT32_MAX, UINT64_MAX, 0x7fc00001, 1, 2, 3, 0, 0};
    static uint64_t lengths[] = {3, 1, 1000}, elements[] = {0, 0, 0}, one[] = {7};
    static uint32_t dropped[] = {0, 3};
    words[6] = elements[1] = snapshot_funcref(0, 12);
    MESSAGE(tables[0], table, .index = 1, .element_type = 0x70,
            .max_elements = SNAPSHOT_NO_LIMIT, .n_run_lengths = COUNT(lengths),
            .run_lengths = lengths, .n_run_words = COUNT(elements),
            .run_words = elements);
    MESSAGE(tables[1], table, .index = 2, .element_type = 0x6f, .max_elements = 7,
            .n_run_lengths = 1, .run_lengths = one, .n_run_words = 1,
            .run_words = elements);
    MESSAGE(links[0], link, .kind = WANCO__SNAPSHOT__LINK__KIND__FUNC, .index = 1,
            .exported_index = 12);
    MESSAGE(links[1], link, .kind = WANCO__SNAPSHOT__LINK__KIND__MEMORY);
    MESSAGE(instances[0], instance, .module = 0);
    MESSAGE(instances[1], instance, .module = 1, .n_links = COUNT(link_list),
            .links = link_list, .n_global_indices = COUNT(indices),
            .global_indices = indices, .global_types = {COUNT(types), types},
            .n_global_words = COUNT(words), .global_words = words,
            .n_tables = COUNT(table_list), .tables = table_list,
            .n_dropped_datas = COUNT(dropped), .dropped_datas = dropped,
            .n_dropped_elems = 1, .dropped_elems = dropped + 1);
    MESSAGE(memories[0], memory, .instance = 0, .index = 0, .n_pages = 2, .max_pages = 2);
    MESSAGE(memories[1], memory, .instance = 1, .index = 1, .n_pages = 1,
            .max_pages = SNAPSHOT_NO_LIMIT);
}

static void set_stack(void)
{
    static uint8_t argument[] = {0x7f}, outer_types[] = {0x7f, 0x7b, 0x70};
    static uint8_t host_types[] = {0x7f, 0x7f, 0x7f, 0x7f};
    static uint64_t argument_words[] = {20}, outer_words[] = {5, 6, 7, 0};
    static uint64_t host_words[] = {16, 32, 1, 48}, state[] = {1500000000};
    static uint32_t locals[] = {0, 4};
    MESSAGE(entry, entry, .stage = WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT, .instance = 1,
            .export = TEXT("fib"), .argument_types = {1, argument}, .n_argument_words = 1,
            .argument_words = argument_words);
    MESSAGE(frames[0], frame, .instance = 1, .func_index = 40, .code_offset = 1234,
            .kind = WANCO__SNAPSHOT__FRAME__KIND__CALL, .n_local_indices = COUNT(locals),
            .local_indices = locals, .types = {COUNT(outer_types), outer_types},
            .n_words = COUNT(outer_words), .words = outer_words);
    MESSAGE(frames[1], frame, .instance = 0, .func_index = 12, .code_offset = 99,
            .kind = WANCO__SNAPSHOT__FRAME__KIND__CALL);
    MESSAGE(frames[2], frame, .instance = 0, .func_index = 3,
            .kind = WANCO__SNAPSHOT__FRAME__KIND__HOST_CALL,
            .types = {COUNT(host_types), host_types}, .n_words = COUNT(host_words),
            .words = host_words, .n_host_state = COUNT(state), .host_state = state);
    MESSAGE(stack, stack, .n_frames = COUNT(frame_list), .frames = frame_list);
    MESSAGE(names[0], function_name, .instance = 0, .func_index = 3,
            .name = TEXT("poll_oneoff"));
    MESSAGE(names[1], function_name, .instance = 1, .func_index = 40,
            .name = TEXT("fib"));
}

static void set_descriptors(void)
{
    static ProtobufCBinaryData entries[] = {TEXT("."), TEXT("x")};
    static uint64_t inodes[] = {17, 18};
    static uint8_t filetypes[] = {3, 4};
    MESSAGE(identity, file_identity, .n_bytes = 1 << 20, .mtime_ns = -1, .unlinked = 1);
    MESSAGE(listing, listing, .n_names = COUNT(entries), .names = entries,
            .n_inodes = COUNT(inodes), .inodes = inodes,
            .filetypes = {COUNT(filetypes), filetypes});
    MESSAGE(descriptors[0], descriptor, .number = 1,
            .kind = WANCO__SNAPSHOT__DESCRIPTOR__KIND__STREAM, .stream = 1, .filetype = 2,
            .rights_base = 0x40);
    MESSAGE(descriptors[1], descriptor, .number = 3,
            .kind = WANCO__SNAPSHOT__DESCRIPTOR__KIND__PREOPEN, .preopen = 0,
            .filetype = 3, .rights_base = 0x3fffffff, .rights_inheriting = 0x3fffffff);
    MESSAGE(descriptors[2], descriptor, .number = 5,
            .kind = WANCO__SNAPSHOT__DESCRIPTOR__KIND__FILE, .preopen = 1,
            .path = TEXT("a/b\xff.txt"), .filetype = 4, .fdflags = 1, .offset = 1000,
            .rights_base = 2, .identity = &identity, .access = 3);
    MESSAGE(descriptors[3], descriptor, .number = 6,
            .kind = WANCO__SNAPSHOT__DESCRIPTOR__KIND__DIRECTORY, .path = TEXT("d"),
            .filetype = 3, .listing = &listing);
    MESSAGE(descriptors[4], descriptor, .number = 1000,
            .kind = WANCO__SNAPSHOT__DESCRIPTOR__KIND__SOCKET, .filetype = 6);
}

static void set_wasi(void)
{
    static ProtobufCBinaryData args[] = {TEXT("app"), TEXT(""), TEXT("\xff")};
    static ProtobufCBinaryData env[] = {TEXT("K=V")};
    MESSAGE(preopens[0], preopen, .guest_name = TEXT("/"));
    MESSAGE(preopens[1], preopen, .guest_name = TEXT("/data"), .read_only = 1);
    MESSAGE(clocks, clocks, .realtime = 1700000000000000000, .monotonic = 123456789,
            .process_cputime = 1000, .thread_cputime = 999);
    set_descriptors();
    MESSAGE(wasi, wasi, .n_args = COUNT(args), .args = args, .n_env = COUNT(env),
            .env = env, .n_preopens = COUNT(preopen_list), .preopens = preopen_list,
            .n_descriptors = COUNT(descriptor_list), .descriptors = descriptor_list,
            .clocks = &clocks);
}

Wanco__Snapshot__Header *sample_header(void)
{
    set_modules();
    set_instances();
    set_stack();
    set_wasi();
    MESSAGE(header, header, .producer = &producer, .written_ns = 1700000001000000000,
            .n_modules = COUNT(module_list), .modules = module_list,
            .n_instances = COUNT(instance_list), .instances = instance_list,
            .entry = &entry, .n_stacks = 1, .stacks = stack_list,
            .n_memories = COUNT(memory_list), .memories = memory_list,
            .n_names = COUNT(name_list), .names = name_list, .wasi = &wasi);
    return &header;
}

static Wanco__Snapshot__Header *header_with_feature(uint32_t feature)
{
    static uint32_t features[1];
    Wanco__Snapshot__Header *h = sample_header();
    features[0] = feature;
    h->n_required_features = COUNT(features);
    h->required_features = features;
    return h;
}

/* A socket that listens, a pipe, a file without a name, and a directory that is gone. */
Wanco__Snapshot__Header *sample_header_with_moves(void)
{
    static ProtobufCBinaryData listeners[] = {TEXT("[::1]:80"), TEXT("127.0.0.1:8080")};
    static Wanco__Snapshot__UnlinkedFile file;
    static Wanco__Snapshot__UnlinkedFile *files[] = {&file};
    Wanco__Snapshot__Header *h = header_with_feature(SNAPSHOT_FEATURE_MOVES);
    MESSAGE(file, unlinked_file, .content = TEXT("nameless"));
    h->wasi->n_listeners = COUNT(listeners);
    h->wasi->listeners = listeners;
    h->wasi->n_unlinked_files = COUNT(files);
    h->wasi->unlinked_files = files;
    descriptors[1].kind = WANCO__SNAPSHOT__DESCRIPTOR__KIND__PIPE;
    descriptors[1].access = 2;
    descriptors[2].unlinked_file = 1;
    descriptors[3].lost = 44;
    descriptors[4].socket = WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__LISTENER;
    descriptors[4].listener = 1;
    return h;
}

Wanco__Snapshot__Header *sample_header_with_page_sizes(void)
{
    Wanco__Snapshot__Header *h = header_with_feature(SNAPSHOT_FEATURE_PAGE_SIZES);
    memories[1].page_bytes = 1;
    memories[1].n_pages = SNAPSHOT_WASM_PAGE_BYTES;
    return h;
}

/* The second refers to the first; frame 1 has both, and null. */
Wanco__Snapshot__Header *sample_header_with_exceptions(void)
{
    static Wanco__Snapshot__Exception exceptions[2];
    static Wanco__Snapshot__Exception *list[] = {&exceptions[0], &exceptions[1]};
    static uint8_t types[] = {0x7b, 0x70}, exnrefs[] = {0x69, 0x69, 0x69};
    static uint64_t words[] = {1, 2, 0}, causes[] = {1, 0}, refs[] = {1, 2, 0};
    Wanco__Snapshot__Header *h = header_with_feature(SNAPSHOT_FEATURE_EXCEPTIONS);
    words[2] = snapshot_funcref(0, 12);
    MESSAGE(exceptions[0], exception, .instance = 0, .tag_index = 3,
            .types = {COUNT(types), types}, .n_words = COUNT(words), .words = words);
    MESSAGE(exceptions[1], exception, .instance = 1, .types = {COUNT(causes), exnrefs},
            .n_words = COUNT(causes), .words = causes);
    h->n_exceptions = COUNT(list);
    h->exceptions = list;
    frames[1].types = (ProtobufCBinaryData){COUNT(exnrefs), exnrefs};
    frames[1].n_words = COUNT(refs);
    frames[1].words = refs;
    return h;
}

static uint8_t *map(uint64_t n_bytes)
{
    void *base =
        mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(base != MAP_FAILED);
    return base;
}

const struct snapshot_memory *sample_memories(void)
{
    static struct snapshot_memory result[SAMPLE_MEMORIES];
    const struct {
        unsigned memory, page;
    } used[] = {{0, 0}, {0, 1}, {0, 31}, {1, 4}};
    if (result[0].base == NULL) {
        uint8_t *bases[] = {map(2 * SNAPSHOT_WASM_PAGE_BYTES),
                            map(SNAPSHOT_WASM_PAGE_BYTES)};
        for (size_t i = 0; i < COUNT(used); i++)
            for (unsigned n = 0; n < SNAPSHOT_PAGE_BYTES; n += 5)
                bases[used[i].memory][used[i].page * SNAPSHOT_PAGE_BYTES + n] =
                    (uint8_t)(n * (i + 3) >> 2);
        result[0] = (struct snapshot_memory){.base = bases[0],
                                             .n_bytes = 2 * SNAPSHOT_WASM_PAGE_BYTES};
        result[1] = (struct snapshot_memory){.base = bases[1],
                                             .n_bytes = SNAPSHOT_WASM_PAGE_BYTES};
    }
    return result;
}

bool sample_equals(const Wanco__Snapshot__Header *other,
                   const Wanco__Snapshot__Header *sample)
{
    size_t n = wanco__snapshot__header__get_packed_size(sample);
    if (wanco__snapshot__header__get_packed_size(other) != n)
        return false;
    uint8_t *a = malloc(n), *b = malloc(n);
    assert(a != NULL && b != NULL);
    wanco__snapshot__header__pack(sample, a);
    wanco__snapshot__header__pack(other, b);
    bool equal = memcmp(a, b, n) == 0;
    free(a);
    free(b);
    return equal;
}

/* ---- Files ---- */

static char directory[] = "/tmp/snapshot-test-XXXXXX";
static char path[sizeof directory + 16];

static void remove_directory(void)
{
    unlink(path);
    rmdir(directory);
}

const char *sample_directory(void)
{
    if (path[0] == '\0') {
        char *made = mkdtemp(directory);
        assert(made != NULL);
        snprintf(path, sizeof path, "%s/a.wsnap", directory);
        atexit(remove_directory);
    }
    return directory;
}

const char *sample_path(void)
{
    sample_directory();
    return path;
}

int sample_files(void)
{
    DIR *dir = opendir(sample_directory());
    int n = 0;
    assert(dir != NULL);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2;
}

void sample_write(enum snapshot_compression compression)
{
    char error[512] = "";
    const struct snapshot_options options = {.compression = compression};
    if (!snapshot_write(sample_path(), sample_header(), sample_memories(), &options, NULL,
                        error, sizeof error)) {
        fprintf(stderr, "%s\n", error);
        abort();
    }
}

void sample_store(const uint8_t *bytes, size_t n_bytes)
{
    int fd = open(sample_path(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n = fd < 0 ? -1 : write(fd, bytes, n_bytes);
    assert(n == (ssize_t)n_bytes);
    close(fd);
}

uint8_t *sample_load(const char *from, size_t *n_bytes)
{
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    assert(size >= 0);
    uint8_t *bytes = malloc((size_t)size + 1);
    assert(bytes != NULL);
    ssize_t n = pread(fd, bytes, (size_t)size, 0);
    assert(n == size);
    close(fd);
    *n_bytes = (size_t)size;
    return bytes;
}
