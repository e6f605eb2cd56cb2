/* What programs of C++ that throw need from a C++ library, and Debian's for WASI lacks:
 * the parts of the Itanium C++ ABI (exception handling) for Wasm that concern classes
 * with at most one base, and fundamental types. */
#ifndef TESTS_PROGRAMS_CXX_EXCEPTIONS_HPP
#define TESTS_PROGRAMS_CXX_EXCEPTIONS_HPP

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

namespace std
{
class type_info
{
  public:
    virtual ~type_info();
    const char *name_;
};
type_info::~type_info()
{
}
[[noreturn]] void terminate() noexcept
{
    abort();
}
} // namespace std

/* Virtual destructors name it, though nothing here is deleted. */
void operator delete(void *, size_t) noexcept
{
    abort();
}

/* Their vtables are what type infos that the compiler makes begin with. */
namespace __cxxabiv1
{
struct __fundamental_type_info : std::type_info {
    ~__fundamental_type_info() override;
};
struct __class_type_info : std::type_info {
    ~__class_type_info() override;
    virtual const std::type_info *base() const;
};
struct __si_class_type_info : __class_type_info {
    ~__si_class_type_info() override;
    const std::type_info *base() const override;
    const __class_type_info *base_;
};
__fundamental_type_info::~__fundamental_type_info()
{
}
__class_type_info::~__class_type_info()
{
}
const std::type_info *__class_type_info::base() const
{
    return nullptr;
}
__si_class_type_info::~__si_class_type_info()
{
}
const std::type_info *__si_class_type_info::base() const
{
    return base_;
}
} // namespace __cxxabiv1

namespace exceptions
{
/* Before the object that is thrown. */
struct Header {
    const std::type_info *type;
    bool is_class;
    void *(*destroy)(void *);
    Header *outer;                 /* of those that are being handled */
    int n_handlers;                /* negative: thrown again meanwhile */
    alignas(16) char unwinder[32]; /* what the program calls the exception is the address
                                      of this */
};
static Header *handled;

static Header *of(void *exception)
{
    return reinterpret_cast<Header *>(static_cast<char *>(exception) -
                                      offsetof(Header, unwinder));
}

[[noreturn]] static void raise(Header *header)
{
    __builtin_wasm_throw(0, header->unwinder);
}

static uintptr_t unsigned_leb(const uint8_t *&p)
{
    uintptr_t value = 0;
    for (int shift = 0;; shift += 7) {
        value |= static_cast<uintptr_t>(*p & 0x7f) << shift;
        if (!(*p++ & 0x80))
            return value;
    }
}

static intptr_t signed_leb(const uint8_t *&p)
{
    const uint8_t *start = p;
    uintptr_t value = unsigned_leb(p);
    int bits = 7 * static_cast<int>(p - start);
    return bits < 32 && (p[-1] & 0x40) ? static_cast<intptr_t>(value) - (1 << bits)
                                       : static_cast<intptr_t>(value);
}

static bool catches(const std::type_info *wanted, const Header *header)
{
    const std::type_info *type = header->type;
    if (wanted == nullptr || wanted == type)
        return true;
    while (header->is_class && type && type != wanted)
        type = static_cast<const __cxxabiv1::__class_type_info *>(type)->base();
    return type == wanted;
}
} // namespace exceptions

extern "C" {
using exceptions::Header;

/* What a landing pad and the function that decides for it say to each other. */
struct {
    uintptr_t pad;       /* its number */
    const uint8_t *lsda; /* of the function */
    uintptr_t selector;  /* the answer: of the handler; 0: clean up only */
} __wasm_lpad_context;

extern void *fundamental_vtable[] __asm__("_ZTVN10__cxxabiv123__fundamental_type_infoE");

void *__cxa_allocate_exception(size_t n_bytes)
{
    return static_cast<Header *>(calloc(1, sizeof(Header) + n_bytes)) + 1;
}

void __cxa_free_exception(void *object)
{
    free(static_cast<Header *>(object) - 1);
}

[[noreturn, gnu::noinline]] void __cxa_throw(void *object, std::type_info *type,
                                             void *(*destroy)(void *))
{
    Header *header = static_cast<Header *>(object) - 1;
    header->type = type;
    header->is_class = *reinterpret_cast<void **>(type) != fundamental_vtable + 2;
    header->destroy = destroy;
    exceptions::raise(header);
}

[[gnu::noinline]] void *__cxa_begin_catch(void *exception)
{
    Header *header = exceptions::of(exception);
    header->n_handlers = abs(header->n_handlers) + 1;
    if (exceptions::handled != header) {
        header->outer = exceptions::handled;
        exceptions::handled = header;
    }
    return header + 1;
}

void *__cxa_get_exception_ptr(void *exception)
{
    return exceptions::of(exception) + 1;
}

[[gnu::noinline]] void __cxa_end_catch()
{
    Header *header = exceptions::handled;
    bool goes_on = header->n_handlers < 0;
    header->n_handlers += goes_on ? 1 : -1;
    if (header->n_handlers != 0)
        return;
    exceptions::handled = header->outer;
    if (goes_on)
        return;
    if (header->destroy)
        header->destroy(header + 1);
    free(header);
}

[[noreturn, gnu::noinline]] void __cxa_rethrow()
{
    Header *header = exceptions::handled;
    header->n_handlers = -header->n_handlers;
    exceptions::raise(header);
}

/* Looks the pad up in the function's table of call sites, and the type in the actions of
 * its site. */
[[gnu::noinline]] int _Unwind_CallPersonality(void *exception)
{
    enum { OMITTED = 0xff };
    const uint8_t *p = __wasm_lpad_context.lsda;
    __wasm_lpad_context.selector = 0;
    if (p == nullptr)
        return 0;
    if (*p++ != OMITTED)
        exceptions::unsigned_leb(p);
    const std::type_info *const *types = nullptr;
    if (*p++ != OMITTED) {
        uintptr_t offset = exceptions::unsigned_leb(p);
        types = reinterpret_cast<const std::type_info *const *>(p + offset);
    }
    p++;
    uintptr_t n_bytes = exceptions::unsigned_leb(p);
    const uint8_t *actions = p + n_bytes;
    uintptr_t action = 0;
    for (uintptr_t site = 0; site <= __wasm_lpad_context.pad; site++) {
        exceptions::unsigned_leb(p);
        action = exceptions::unsigned_leb(p);
    }
    for (const uint8_t *a = actions + action - 1; action != 0;) {
        intptr_t type = exceptions::signed_leb(a);
        if (type > 0 && exceptions::catches(types[-type], exceptions::of(exception))) {
            __wasm_lpad_context.selector = static_cast<uintptr_t>(type);
            return 0;
        }
        const uint8_t *next = a;
        intptr_t distance = exceptions::signed_leb(next);
        if (distance == 0)
            return 0;
        a += distance;
    }
    return 0;
}

int __gxx_wasm_personality_v0()
{
    return 0;
}
void __cxa_pure_virtual()
{
    abort();
}
}

#endif
