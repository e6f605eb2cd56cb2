# Wanco. `make help` lists the targets. Everything built lands in $(BUILD); `make V=1` shows commands.

BUILD ?= build
PREFIX ?= /usr/local
CC = cc
LLVM_CONFIG ?= llvm-config-19
CLANG ?= clang-19
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
PROTOC_C ?= protoc-c
CFLAGS ?= -O2 -g
WERROR ?=
WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
       -Wvla -Wundef -Wwrite-strings -Wpointer-arith -Wcast-qual -Wimplicit-fallthrough \
       -Wformat=2 -Wdouble-promotion -Wredundant-decls
VERSION = 0.1.0
GENERATED = $(BUILD)/generated
BASE_CFLAGS = -std=c17 -I. -Iruntime/include -isystem $(GENERATED) -DWANCO_VERSION='"$(VERSION)"' -MMD -MP $(WARN) $(WERROR)
Q = $(if $(V),,@)
say = @printf '  %-6s %s\n' $(1) $(2)

# All cores, unless the command line says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# ---- Sources: the table of contents ----

FRONTEND = advance arena bodies bulk components cursor decode diag dispatch host liveness load module names opcodes \
           out_of_memory points report short_loops suspension type_reader type_section types utf8 validate \
           validate_control validate_memory validate_module wasm_reader
CODEGEN = codegen codegen_advance codegen_bulk codegen_call codegen_clean codegen_control codegen_dispatch codegen_entry \
          codegen_exceptions codegen_function codegen_initialize codegen_loop codegen_memory codegen_module \
          codegen_numeric codegen_points codegen_resume codegen_simd codegen_simd_numeric codegen_static \
          codegen_suspend codegen_table codegen_tail codegen_thunk codegen_trip dead_loads distances emit extend \
          iteration layout loops partition pipeline progress reroll reroll_parts sites symbols value_set ways_out
DRIVER = cache checkpoint_command compile_command fit input inspect inspect_command inspect_json \
         inspect_text json link main note options run_command supplied target validate_command \
         verify_command workdir
RUNTIME = backtrace builder call capture capture_stack checkpoint embed embed_instance error exn_choice exn_heap \
          host image imports instance invoke mapped memory no_host_functions options personality plugins \
          points_taken restore restore_check resume safepoint signals site start status table throw trap types wasi \
          wasi_clock wasi_dir wasi_env wasi_errno wasi_fd wasi_fd_table wasi_filestat wasi_guest wasi_io wasi_listen \
          wasi_name wasi_path wasi_path_open wasi_path_resolve wasi_poll wasi_proc wasi_random wasi_restore \
          wasi_restore_file wasi_save wasi_sock wasi_suspend wasi_unlinked
RUNTIME_ARCH = arch_aarch64 arch_x86_64 # each in the runtime of its ISA
SNAPSHOT = blocks check_directory check_header layout map pages parallel read sha256 store write

# Criterion programs, tests/NAME.c, each for the source of the same name.
COMPILER_TESTS = test_advance test_arena test_bodies test_bulk test_cache test_checkpoint_command test_components test_cursor \
                 test_dead_loads test_decode test_diag test_dispatch test_distances test_extend test_fit test_host test_input \
                 test_inspect test_inspect_command test_iteration test_json test_layout test_link test_liveness \
                 test_liveness_random test_load test_loops test_module test_names test_note test_opcodes \
                 test_options test_out_of_memory test_partition test_points test_progress test_report test_reroll test_run_command \
                 test_short_loops test_sites test_supplied test_suspension test_suspension_random test_symbols \
                 test_target test_type_reader test_type_section test_types test_utf8 test_validate \
                 test_validate_command test_validate_control test_validate_memory test_validate_module \
                 test_value_set test_verify_command test_wasm_reader test_ways_out test_workdir
RUNTIME_TESTS = test_abi test_backtrace test_builder test_call test_capture test_checkpoint test_exn_choice \
                test_exn_heap test_host test_image test_imports test_instance test_invoke test_mapped test_memory \
                test_options test_personality test_points_taken test_restore test_restore_check test_resume \
                test_safepoint test_signals test_site test_status test_table test_throw test_trap test_types \
                test_wasi test_wasi_calls test_wasi_clock test_wasi_dir test_wasi_env test_wasi_fd \
                test_wasi_filestat test_wasi_guest test_wasi_io test_wasi_listen test_wasi_path test_wasi_path_open \
                test_wasi_path_resolve test_wasi_poll test_wasi_proc test_wasi_random test_wasi_restore \
                test_wasi_restore_file test_wasi_restore_hostile test_wasi_save test_wasi_sock test_wasi_suspend \
                test_wasi_unlinked
SNAPSHOT_TESTS = test_blocks test_check_directory test_check_header test_layout test_map test_pages test_parallel \
                 test_read test_sha256 test_store test_write
SNAPSHOT_TEST_SUPPORT = sample
RUNTIME_TEST_SUPPORT = guest suspendable wasi_fixture

all: compiler runtime ## build the compiler and the runtime of both ISAs (default)

# ---- The machine: installs what is missing, once, and notes what it found ----

ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/machine.mk
endif

$(BUILD)/machine.mk: scripts/setup scripts/describe-machine
	$(Q)scripts/setup
	@mkdir -p $(@D)
	$(Q)CC='$(CC)' LLVM_CONFIG='$(LLVM_CONFIG)' scripts/describe-machine >$@.tmp
	$(Q)mv $@.tmp $@

# ---- Snapshots: a library for the compiler and the runtime ----

SNAPSHOT_MESSAGES = $(GENERATED)/snapshot-format/snapshot.pb-c
SNAPSHOT_LIBRARY = $(BUILD)/snapshot-format.a
SNAPSHOT_LIBS = $(SNAPSHOT_LIBRARY) -lprotobuf-c -lzstd

$(SNAPSHOT_MESSAGES).h: snapshot-format/snapshot.proto
	@mkdir -p $(GENERATED)
	$(call say,PROTOC,$<)
	$(Q)$(PROTOC_C) --c_out=$(GENERATED) $<

$(SNAPSHOT_MESSAGES).c: $(SNAPSHOT_MESSAGES).h ; @touch $@

$(BUILD)/snapshot-format/%.o: snapshot-format/%.c $(SNAPSHOT_MESSAGES).h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/snapshot-format/snapshot.pb-c.o: $(SNAPSHOT_MESSAGES).c
	@mkdir -p $(@D)
	$(Q)$(CC) -isystem $(GENERATED) $(CFLAGS) -c -o $@ $<

$(SNAPSHOT_LIBRARY): $(SNAPSHOT:%=$(BUILD)/snapshot-format/%.o) $(BUILD)/snapshot-format/snapshot.pb-c.o
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# ---- Compiler ----

FRONTEND_OBJS = $(FRONTEND:%=$(BUILD)/compiler/%.o)
COMPILER_OBJS = $(FRONTEND_OBJS) $(CODEGEN:%=$(BUILD)/compiler/%.o) $(DRIVER:%=$(BUILD)/compiler/%.o)

compiler: $(BUILD)/bin/wanco

# Exported, since libraries use those names, and so LLVM's malloc, too. A sanitizer brings its own.
ALLOCATOR = $(if $(findstring -fsanitize,$(CFLAGS)),,$(JEMALLOC))

$(BUILD)/bin/wanco: $(COMPILER_OBJS) $(SNAPSHOT_LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(COMPILER_OBJS) $(SNAPSHOT_LIBS) $(LLVM_LIBS) $(ALLOCATOR) -lpthread

$(BUILD)/compiler/%.o: compiler/%.c $(SNAPSHOT_MESSAGES).h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(LLVM_CFLAGS) -c -o $@ $<

# ---- Runtime: for each ISA an archive, and beside it all that linking an executable needs ----

CC_$(HOST_ISA) = $(CC)
AR_$(HOST_ISA) = $(AR)
CC_$(CROSS_ISA) = $(CROSS_ISA)-linux-gnu-gcc
AR_$(CROSS_ISA) = $(CROSS_ISA)-linux-gnu-ar
ISAS = $(HOST_ISA) $(CROSS_ISA)
RUNTIME_CFLAGS = -O2 -g -ffile-prefix-map=$(CURDIR)=. -ffunction-sections -fdata-sections \
                 -fasynchronous-unwind-tables -fno-plt -fno-stack-protector \
                 -fPIC -fno-semantic-interposition # for libwanco.so too
LIBRARIES = $(foreach file,libwanco_rt.a dynamic/libwanco.so libc.a,$(ISAS:%=$(BUILD)/lib/wanco/%/$(file)))

runtime: $(LIBRARIES)

runtime_of = $(RUNTIME) $(filter %_$(1),$(RUNTIME_ARCH)) $(SNAPSHOT:%=snapshot-format/%) snapshot-format/snapshot.pb-c

define runtime_rules
$(BUILD)/objects/$(1)/%.o: runtime/%.c $(SNAPSHOT_MESSAGES).h
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC_$(1)) $$(BASE_CFLAGS) $$(RUNTIME_CFLAGS) -c -o $$@ $$<

$(BUILD)/objects/$(1)/snapshot-format/%.o: snapshot-format/%.c $(SNAPSHOT_MESSAGES).h
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC_$(1)) $$(BASE_CFLAGS) $$(RUNTIME_CFLAGS) -c -o $$@ $$<

$(BUILD)/objects/$(1)/snapshot-format/snapshot.pb-c.o: $(SNAPSHOT_MESSAGES).c
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) -isystem $(GENERATED) $$(RUNTIME_CFLAGS) -c -o $$@ $$<

$(BUILD)/lib/wanco/$(1)/libwanco_rt.a: $(patsubst %,$(BUILD)/objects/$(1)/%.o,$(call runtime_of,$(1)))
	@mkdir -p $$(@D)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR_$(1)) rcsD $$@ $$^

# Without main. It exports what modules and embedders need. In a folder of its own: -L must not find the
# archives beside it.
$(BUILD)/lib/wanco/$(1)/dynamic/libwanco.so: $(BUILD)/lib/wanco/$(1)/libwanco_rt.a runtime/libwanco.map
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) -shared -o $$@ $(patsubst %,$(BUILD)/objects/$(1)/%.o,$(filter-out start no_host_functions,$(call runtime_of,$(1)))) \
	    -Wl,-soname,libwanco.so -Wl,--version-script,runtime/libwanco.map -lffi -lprotobuf-c -lzstd -lpthread

$(BUILD)/lib/wanco/$(1)/libc.a: scripts/make-bundle
	$$(Q)scripts/make-bundle $$(@D) $$(CC_$(1)) && touch $$@
endef
$(foreach isa,$(ISAS),$(eval $(call runtime_rules,$(isa))))

# ---- Tests ----

COMPILER_TEST_BINS = $(COMPILER_TESTS:%=$(BUILD)/tests/compiler/%)
RUNTIME_TEST_BINS = $(RUNTIME_TESTS:%=$(BUILD)/tests/runtime/%)
SNAPSHOT_TEST_BINS = $(SNAPSHOT_TESTS:%=$(BUILD)/tests/snapshot-format/%)
UNIT_TEST_BINS = $(COMPILER_TEST_BINS) $(RUNTIME_TEST_BINS) $(SNAPSHOT_TEST_BINS)
UNIT_TEST_SUITE = $(if $(HAVE_CRITERION),test-units,skip-units)
SUITES = checks $(UNIT_TEST_SUITE) test-bench test-commands test-errors test-programs test-checkpoints test-restore-errors \
         test-wasi test-stress test-random test-real test-demo spec spec-stress-sample spec-hops

# Only what a test uses is linked: the front end's tests start without LLVM.
$(BUILD)/tests/compiler.a: $(filter-out %/main.o,$(COMPILER_OBJS))
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/%.o: tests/%.c $(SNAPSHOT_MESSAGES).h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(LLVM_CFLAGS) -c -o $@ $<

$(COMPILER_TEST_BINS): %: %.o $(BUILD)/tests/compiler.a $(SNAPSHOT_LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/tests/compiler.a -Wl,--as-needed $(SNAPSHOT_LIBS) $(LLVM_LIBS) -lcriterion -lpthread

# The runtime once more, for this machine and with the tests' flags; without main.
RUNTIME_TEST_OBJS = $(filter-out %/start.o,$(RUNTIME:%=$(BUILD)/tests/runtime/objects/%.o)) \
                    $(patsubst %,$(BUILD)/tests/runtime/objects/%.o,$(filter %_$(HOST_ISA),$(RUNTIME_ARCH))) \
                    $(RUNTIME_TEST_SUPPORT:%=$(BUILD)/tests/runtime/%.o)

$(BUILD)/tests/runtime/objects/%.o: runtime/%.c $(SNAPSHOT_MESSAGES).h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/tests/runtime.a: $(RUNTIME_TEST_OBJS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(RUNTIME_TEST_BINS): %: %.o $(BUILD)/tests/runtime.a $(SNAPSHOT_LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/tests/runtime.a $(SNAPSHOT_LIBS) -lcriterion -lffi -lpthread

SNAPSHOT_TEST_SUPPORT_OBJS = $(SNAPSHOT_TEST_SUPPORT:%=$(BUILD)/tests/snapshot-format/%.o)

$(SNAPSHOT_TEST_BINS): %: %.o $(SNAPSHOT_TEST_SUPPORT_OBJS) $(SNAPSHOT_LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(SNAPSHOT_TEST_SUPPORT_OBJS) $(SNAPSHOT_LIBS) -lcriterion -lpthread

# Their cleanups are landing pads, and their frames are left, which ASan does not expect.
$(BUILD)/tests/runtime/suspendable.o $(BUILD)/tests/runtime/test_personality.o $(BUILD)/tests/runtime/test_throw.o: \
    override CFLAGS += -fexceptions -fno-sanitize=all

# The golden files of a new format version: made once, committed, and never made again.
golden: $(BUILD)/tests/snapshot-format/write_golden ## write the golden files that are missing
	$(Q)$< tests/snapshot-format/golden

$(addprefix $(BUILD)/tests/snapshot-format/,edit_snapshot write_golden): %: %.o $(SNAPSHOT_TEST_SUPPORT_OBJS) $(SNAPSHOT_LIBRARY)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(SNAPSHOT_TEST_SUPPORT_OBJS) $(SNAPSHOT_LIBS) -lpthread

# What test_link makes executables of: the hand-made guest as an object of each ISA.
define guest_rules
$(BUILD)/tests/guest-$(1).o: tests/runtime/guest.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) $$(BASE_CFLAGS) -O1 -fasynchronous-unwind-tables -Dguest_module=wanco_module -c -o $$@ $$<
endef
$(foreach isa,$(ISAS),$(eval $(call guest_rules,$(isa))))
$(BUILD)/tests/compiler/test_link: | runtime $(ISAS:%=$(BUILD)/tests/guest-%.o)

test: all units ## run every test; the last line is the sum
	$(Q)scripts/run-suites $(MAKE) --no-print-directory -- $(SUITES)

units: $(if $(HAVE_CRITERION),$(UNIT_TEST_BINS))

checks: $(SNAPSHOT_MESSAGES).h ## check layers, headers, that tests mirror sources and name every opcode
	$(Q)CC='$(CC)' LLVM_CFLAGS='$(LLVM_CFLAGS) -isystem $(GENERATED)' scripts/run-checks \
	    $(addprefix scripts/check-,headers layers mirror opcodes setup)

test-units: units ## run the unit tests
	$(Q)scripts/run-units $(UNIT_TEST_BINS)

skip-units:
	@echo 'SKIP unit tests: Criterion is not installed (libcriterion-dev)'
	@echo '0 passed, 0 failed, $(words $(UNIT_TEST_BINS)) skipped'

test-bench: ## run the unit tests of the benchmarks' harness
	$(Q)/usr/bin/python3 tests/run_bench.py

test-commands: all ## run the commands as users do
	$(Q)/usr/bin/python3 tests/run_commands.py --build $(BUILD)

test-errors: all ## give the compiler and programs what they must refuse
	$(Q)/usr/bin/python3 tests/run_errors.py --build $(BUILD)

test-programs: all ## run the programs of tests/programs on both ISAs
	$(Q)/usr/bin/python3 tests/run_programs.py --build $(BUILD)

test-checkpoints: all ## save programs by signals, restore them on both ISAs (BURSTS=60 of signals)
	$(Q)/usr/bin/python3 tests/run_checkpoints.py --build $(BUILD) $(BURSTS:%=--bursts %)

test-restore-errors: all $(BUILD)/tests/snapshot-format/edit_snapshot ## what can't be restored, or saved, must be refused
	$(Q)/usr/bin/python3 tests/run_restore_errors.py --build $(BUILD)

test-stress: all ## suspend the programs of tests/programs at every safepoint, and move them (HOPS=6 a run)
	$(Q)/usr/bin/python3 tests/run_stress.py --build $(BUILD) $(HOPS:%=--hops %)

test-random: all ## run random modules in all ways (SEEDS=10, FIRST_SEED=1)
	$(Q)/usr/bin/python3 tests/run_random.py --build $(BUILD) $(SEEDS:%=--seeds %) $(FIRST_SEED:%=--first %)

test-demo: all ## run `make demo`, which compares what it does
	$(Q)scripts/demo $(BUILD)
	@echo 1 passed, 0 failed, 0 skipped

test-real: all ## build and run real programs against their native builds, and move them (REAL_ROUNDS=1)
	$(Q)/usr/bin/python3 tests/run_real.py --build $(BUILD) $(REAL_ROUNDS:%=--rounds %)

# A new seed each day; what fails tells its number.
test-nightly: all ## hours: thousands of hops, hundreds of random modules, the suite under stress, fuzzers
	$(Q)scripts/run-suites $(MAKE) --no-print-directory BURSTS=2000 HOPS=40 REAL_ROUNDS=15 SEEDS=300 \
	    FIRST_SEED=$$(date +%y%j000) -- test-checkpoints test-stress test-random test-real spec-stress
	$(Q)$(MAKE) --no-print-directory FUZZ_SECONDS=900 fuzz

test-wasi: all ## interrupt every call that waits; move servers, unlinked and changed files
	$(Q)/usr/bin/python3 tests/run_wasi.py --build $(BUILD)

wasi-tests: all ## run WebAssembly/wasi-testsuite (WASI_TESTSUITE=FOLDER, WASI_OPTIONS=--stress)
	$(Q)/usr/bin/python3 tests/run_wasi_testsuite.py --build $(BUILD) --suite '$(WASI_TESTSUITE)' $(WASI_OPTIONS)

test-large: all ## compile yosys and clang, from npm, and have them work (minutes, gigabytes)
	$(Q)/usr/bin/python3 tests/run_large.py --build $(BUILD)

spec: all ## run the specification's test suite (SPEC_TESTS=FOLDER) and the project's own cases
	$(Q)/usr/bin/python3 spec-tests/run.py --build $(BUILD) $(ISAS:%=--isa %)

spec-stress: all ## run the suite with every module suspended at every safepoint (tens of minutes)
	$(Q)/usr/bin/python3 spec-tests/run.py --build $(BUILD) $(ISAS:%=--isa %) -O0 -O3 --stress

spec-stress-sample: all ## some files of spec-stress
	$(Q)/usr/bin/python3 spec-tests/run.py --build $(BUILD) $(ISAS:%=--isa %) --stress --sample

spec-hops: all ## call functions of the suite in processes of both ISAs that hand them on
	$(Q)/usr/bin/python3 spec-tests/hop.py --build $(BUILD)

test-asan: ## unit tests and programs with a compiler under ASan and UBSan
	$(Q)ASAN_OPTIONS=detect_leaks=0:handle_segv=0 $(MAKE) --no-print-directory BUILD=$(BUILD)-asan \
	    CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' \
	    SUITES='$(UNIT_TEST_SUITE) test-commands test-errors test-programs' test

# With libFuzzer (libclang-rt-19-dev), from the modules of tests/programs and the golden snapshots; what it
# finds stays in the corpus.
FUZZERS = fuzz_snapshot fuzz_validate fuzz_wasm_reader
FUZZ_CC = $(CLANG) -std=c17 -I. -Iruntime/include -isystem $(GENERATED) \
          -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZED_SNAPSHOT = tests/fuzz/fuzz_snapshot.c $(SNAPSHOT:%=snapshot-format/%.c) $(SNAPSHOT_MESSAGES).c \
                  $(patsubst %,compiler/%.c,$(FRONTEND) fit inspect inspect_json inspect_text json note target)
FUZZ_SECONDS ?= 60
FUZZ_SEEDS = $(patsubst tests/programs/%,$(BUILD)/tests/fuzz/seeds/%.wasm, \
               $(wildcard tests/programs/*.wat tests/programs/*.folded))
FUZZ_SEED_FOLDERS = $(BUILD)/tests/fuzz/seeds tests/fuzz/seeds tests/snapshot-format/golden

$(BUILD)/tests/fuzz/seeds/%.wat.wasm: tests/programs/%.wat
	@mkdir -p $(@D)
	$(Q)wat2wasm --enable-multi-memory --enable-memory64 --enable-extended-const \
	    --enable-tail-call --enable-exceptions --debug-names $< -o $@

$(BUILD)/tests/fuzz/seeds/%.folded.wasm: tests/programs/%.folded tests/folded.py
	@mkdir -p $(@D)
	$(Q)/usr/bin/python3 tests/folded.py $< $@

$(patsubst %,$(BUILD)/tests/fuzz/%,$(filter-out fuzz_snapshot,$(FUZZERS))): $(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(FRONTEND:%=compiler/%.c)
	@mkdir -p $(@D)
	$(call say,CLANG,$@)
	$(Q)$(FUZZ_CC) -o $@ $^ -lpthread

$(BUILD)/tests/fuzz/fuzz_snapshot: $(FUZZED_SNAPSHOT)
	@mkdir -p $(@D)
	$(call say,CLANG,$@)
	$(Q)$(FUZZ_CC) -o $@ $(FUZZED_SNAPSHOT) -lprotobuf-c -lzstd -lpthread

fuzz: $(FUZZERS:%=$(BUILD)/tests/fuzz/%) $(FUZZ_SEEDS) ## feed readers random modules and snapshots (FUZZ_SECONDS=60)
	$(Q)for fuzzer in $(FUZZERS); do \
	    mkdir -p $(BUILD)/tests/fuzz/corpus/$$fuzzer && \
	    $(BUILD)/tests/fuzz/$$fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=32768 -len_control=100 -verbosity=0 -print_final_stats=1 \
	        -artifact_prefix=$(BUILD)/tests/fuzz/ $(BUILD)/tests/fuzz/corpus/$$fuzzer $(FUZZ_SEED_FOLDERS) || exit 1; done

bench: all ## measure everything in short, with a report: run time, compile time, start, size, checkpoints, CRIU (minutes; BENCH='--help')
	$(Q)scripts/setup bench
	$(Q)/usr/bin/python3 bench/run.py --build $(BUILD) --quick $(BENCH)

bench-full: all ## the same in full, with real programs and yosys (two hours; goes on where it was ended)
	$(Q)scripts/setup bench
	$(Q)/usr/bin/python3 bench/run.py --build $(BUILD) $(BENCH)

bench-large: all ## measure the largest modules from npm alone: compiling, their work, moving it (hours)
	$(Q)/usr/bin/python3 bench/run.py --build $(BUILD) --only large $(BENCH)

demo: all ## a real program moves to the other ISA and back while it runs
	$(Q)scripts/demo $(BUILD)

# ---- Installing, formatting, linting ----

INSTALLED_HEADERS = runtime/abi.def runtime/abi.h runtime/abi_frames.h runtime/instance.h runtime/trap.h runtime/wasi.h
PUBLIC_HEADERS = runtime/include/wanco/embed.h runtime/include/wanco/host.h
C_FILES = $(shell git ls-files '*.c' '*.h')
# Those of the project; the others are programs that it is tested and measured with.
PROJECT_FILES = $(shell git ls-files compiler runtime snapshot-format spec-tests tests/compiler \
                tests/fuzz tests/runtime tests/snapshot-format bench/spawn_times.c | grep '\.c$$')

install: all ## copy everything below $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib
	install $(BUILD)/bin/wanco $(DESTDIR)$(PREFIX)/bin
	cp -R $(BUILD)/lib/wanco $(DESTDIR)$(PREFIX)/lib
	ln -sf wanco/$(HOST_ISA)/dynamic/libwanco.so $(DESTDIR)$(PREFIX)/lib/libwanco.so
	install -d $(DESTDIR)$(PREFIX)/include/wanco/runtime $(DESTDIR)$(PREFIX)/share/doc/wanco/snapshot-format
	install -m 644 $(INSTALLED_HEADERS) $(DESTDIR)$(PREFIX)/include/wanco/runtime
	install -m 644 $(PUBLIC_HEADERS) $(DESTDIR)$(PREFIX)/include/wanco
	install -m 644 README.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/wanco
	install -m 644 snapshot-format/FORMAT.md $(DESTDIR)$(PREFIX)/share/doc/wanco/snapshot-format
	cp -R docs $(DESTDIR)$(PREFIX)/share/doc/wanco

format: ## lay out all C files by .clang-format
	$(Q)$(CLANG_FORMAT) -i $(C_FILES)

lint: checks ## clang-format and clang-tidy find nothing
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)
	$(Q)printf '%s\n' $(PROJECT_FILES) | xargs -P$$(nproc) -I{} $(CLANG_TIDY) --quiet --warnings-as-errors='*' {} -- \
	    $(filter-out -MMD -MP,$(BASE_CFLAGS)) $(LLVM_CFLAGS)

compile_commands.json: ## for editors and analysers
	$(Q)$(MAKE) --always-make --dry-run V=1 all units 2>/dev/null | scripts/compile-commands >$@

help: ## this list
	@sed -n 's/^\([a-z_.-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort -u | expand -t 24

clean: ## remove $(BUILD)
	rm -rf $(BUILD)

-include $(wildcard $(addprefix $(BUILD)/,compiler/*.d snapshot-format/*.d objects/*/*.d objects/*/*/*.d tests/*.d tests/*/*.d tests/*/*/*.d))

.PHONY: test-nightly test-demo test-random test-restore-errors test-stress all compiler runtime units test checks \
        test-units skip-units test-bench test-commands test-errors test-programs test-checkpoints test-real test-wasi \
        wasi-tests test-large spec spec-stress spec-stress-sample spec-hops test-asan fuzz demo golden install \
        format lint bench bench-full bench-large compile_commands.json help clean
