/* edit_snapshot IN OUT EDIT...: writes a snapshot that is like IN but for some fields of
 * its header, with all hashes right: what somebody would make to deceive a program.
 *
 * An EDIT is PATH=NUMBER, PATH=xHEX for bytes, or PATH- to drop a message or an element.
 * A PATH is made of fields and numbers of elements, as in stacks.0.frames.1.words.0. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "snapshot-format/snapshot.h"

/* A field, or an element of one that is repeated. */
struct place {
    const ProtobufCFieldDescriptor *field;
    ProtobufCMessage *owner;
    uint8_t *value;
    bool is_element;
};

static size_t *n_elements(const struct place *p)
{
    return (size_t *)(void *)((uint8_t *)p->owner + p->field->quantifier_offset);
}

static size_t value_bytes(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return sizeof(uint64_t);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(ProtobufCMessage *);
    default:
        return sizeof(uint32_t);
    }
}

/* False if there is no such place. */
static bool find(ProtobufCMessage *message, char *path, struct place *p)
{
    char *rest = NULL;
    for (char *word = strtok_r(path, ".", &rest); word != NULL;) {
        p->owner = message;
        p->field =
            protobuf_c_message_descriptor_get_field_by_name(message->descriptor, word);
        if (p->field == NULL)
            return false;
        p->value = (uint8_t *)message + p->field->offset;
        word = strtok_r(NULL, ".", &rest);
        p->is_element = word != NULL && p->field->label == PROTOBUF_C_LABEL_REPEATED;
        if (p->is_element) {
            size_t element = strtoul(word, NULL, 10);
            if (element >= *n_elements(p))
                return false;
            p->value = *(uint8_t **)(void *)p->value + element * value_bytes(p->field);
            word = strtok_r(NULL, ".", &rest);
        }
        if (word == NULL)
            return true;
        if (p->field->type != PROTOBUF_C_TYPE_MESSAGE)
            return false;
        message = *(ProtobufCMessage **)(void *)p->value;
        if (message == NULL)
            return false;
    }
    return false;
}

static void drop(const struct place *p)
{
    size_t n_bytes = value_bytes(p->field);
    if (!p->is_element) {
        memset(p->value, 0, n_bytes);
        if (p->field->label == PROTOBUF_C_LABEL_REPEATED)
            *n_elements(p) = 0;
        return;
    }
    uint8_t *first = *(uint8_t **)(void *)((uint8_t *)p->owner + p->field->offset);
    uint8_t *end = first + *n_elements(p) * n_bytes;
    memmove(p->value, p->value + n_bytes, (size_t)(end - p->value) - n_bytes);
    --*n_elements(p);
}

static bool set(const struct place *p, const char *value)
{
    bool is_all = p->field->label == PROTOBUF_C_LABEL_REPEATED && !p->is_element;
    if (p->field->type == PROTOBUF_C_TYPE_MESSAGE || is_all)
        return false;
    if (p->field->type != PROTOBUF_C_TYPE_BYTES) {
        uint64_t number = strtoull(value, NULL, 0);
        memcpy(p->value, &number, value_bytes(p->field)); /* little-endian */
        return true;
    }
    ProtobufCBinaryData *bytes = (ProtobufCBinaryData *)(void *)p->value;
    bytes->len = strlen(value) / 2; /* its first character is x */
    bytes->data = calloc(bytes->len + 1, 1);
    for (size_t i = 0; bytes->data != NULL && i < bytes->len; i++) {
        char digits[3] = {value[1 + 2 * i], value[2 + 2 * i], 0};
        bytes->data[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return bytes->data != NULL && *value == 'x';
}

static bool edit(ProtobufCMessage *header, char *text)
{
    struct place place = {.field = NULL};
    char *equals = strchr(text, '=');
    char *end = equals != NULL ? equals : text + strlen(text) - 1;
    if (equals == NULL && (end < text || *end != '-'))
        return false;
    *end = '\0';
    if (!find(header, text, &place))
        return false;
    if (equals != NULL)
        return set(&place, equals + 1);
    drop(&place);
    return true;
}

/* The content of all memories, parallel to the header's. NULL with error set. */
static struct snapshot_memory *load(const struct snapshot *s, char *error, size_t n)
{
    const Wanco__Snapshot__Header *header = snapshot_header(s);
    struct snapshot_memory *memories = calloc(header->n_memories + 1, sizeof *memories);
    for (uint32_t i = 0; memories != NULL && i < header->n_memories; i++) {
        uint64_t n_bytes = snapshot_memory_bytes(header->memories[i]);
        uint8_t *base = mmap(NULL, n_bytes + 1, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memories[i] = (struct snapshot_memory){.base = base, .n_bytes = n_bytes};
        if (base == MAP_FAILED || !snapshot_load_memory(s, i, base, 1, error, n))
            return NULL;
    }
    return memories;
}

int main(int argc, char **argv)
{
    char error[512] = "out of memory";
    if (argc < 3) {
        fprintf(stderr, "usage: edit_snapshot IN OUT EDIT...\n");
        return 2;
    }
    struct snapshot *s = snapshot_open(argv[1], error, sizeof error);
    struct snapshot_memory *memories = s != NULL ? load(s, error, sizeof error) : NULL;
    if (memories == NULL) {
        fprintf(stderr, "edit_snapshot: %s\n", error);
        return 1;
    }
    /* Whose content is this process's own. */
    Wanco__Snapshot__Header *header =
        (Wanco__Snapshot__Header *)(uintptr_t)snapshot_header(s);
    for (int i = 3; i < argc; i++)
        if (!edit(&header->base, argv[i])) {
            fprintf(stderr, "edit_snapshot: cannot edit %s\n", argv[i]);
            return 1;
        }
    if (snapshot_write(argv[2], header, memories, NULL, NULL, error, sizeof error))
        return 0;
    fprintf(stderr, "edit_snapshot: %s\n", error);
    return 1;
}
