# Wanco. `make help` lists the targets. Everything built lands in $(BUILD).

BUILD ?= build
CC ?= cc
LLVM_CONFIG ?= llvm-config-19
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
       -Wvla -Wundef -Wwrite-strings -Wpointer-arith -Wcast-qual -Wimplicit-fallthrough \
       -Wformat=2 -Wdouble-promotion -Wredundant-decls
WERROR ?=
BASE_CFLAGS = -std=c17 -I. -MMD -MP $(WARN) $(WERROR)

# ---- Sources: the table of contents ----

FRONTEND = arena cursor diag decode load module opcodes types validate validate_module wasm_reader
CODEGEN =
DRIVER =
RUNTIME =

# ---- Compiler ----

LLVM_CFLAGS = $(patsubst -I%,-isystem %,$(filter -I%,$(shell $(LLVM_CONFIG) --cflags)))
LLVM_LIBS = $(shell $(LLVM_CONFIG) --ldflags --libs core --link-shared)

FRONTEND_OBJS = $(FRONTEND:%=$(BUILD)/compiler/%.o)
COMPILER_OBJS = $(FRONTEND_OBJS) $(CODEGEN:%=$(BUILD)/compiler/%.o) $(DRIVER:%=$(BUILD)/compiler/%.o)

all: $(BUILD)/bin/wanco

$(BUILD)/bin/wanco: $(COMPILER_OBJS)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LLVM_LIBS) -lpthread

$(BUILD)/compiler/%.o: compiler/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) $(CFLAGS) $(LLVM_CFLAGS) -c -o $@ $<

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all
