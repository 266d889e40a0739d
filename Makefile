# linqu: one non-recursive Makefile. `make help` lists the targets.
#
# BUILD=DIR builds elsewhere; CC=clang, SAN=1 (ASan + UBSan) and FUZZ=1 (clang's libFuzzer + SAN) build into
# directories of their own. What a target rebuilds follows from the flags: change them and it is built again.

comma := ,
FUZZ    ?=
SAN     ?= $(FUZZ)
ifdef FUZZ
CC      := clang
endif
ifeq ($(origin CC),default)
CC      := gcc
endif
BUILD   ?= build$(if $(FUZZ),-fuzz,$(if $(filter clang%,$(notdir $(CC))),-clang)$(if $(SAN),-asan))
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0

PKG_CONFIG ?= pkg-config
MSGPACK := $(shell $(PKG_CONFIG) --exists msgpack 2>/dev/null && echo msgpack || echo msgpack-c)
BRAIN_PKGS := $(MSGPACK) jansson
BODY_PKGS  := libevent_core
BRAIN_LIBS = $(shell $(PKG_CONFIG) --libs $(BRAIN_PKGS))
BODY_LIBS  = $(shell $(PKG_CONFIG) --libs $(BODY_PKGS)) -ldl
TEST_LIBS  = $(shell $(PKG_CONFIG) --libs check)
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(BRAIN_PKGS) $(BODY_PKGS) 2>/dev/null)

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat-security
CFLAGS ?= -O2 -g
SAN_FLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
SAN_FLAGS += $(if $(FUZZ),-fsanitize=fuzzer-no-link)
# Tables of addresses are constants where the program has a fixed place, see LDFLAGS.
PIE := $(if $(SAN),,-fno-pie)
LINK = $(CC) $(SAN_FLAGS) $(if $(SAN),,-no-pie)
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) $(PIE) -fno-common -fvisibility=hidden -Imodules -I$(BUILD)/gen \
	-D_GNU_SOURCE -DLINQU_VERSION='"$(VERSION)"' $(SAN_FLAGS) $(PKG_CFLAGS)

# The three bands. A folder belongs to exactly one; modules/LAYERS says who may include whom.
BRAIN := base model ops fiber topo wire core cache member node
BODY  := rundir transport super kernels actor
USERS := sim scenario report launch bench cli

sources_of = $(sort $(foreach d,$(1),$(wildcard modules/$(d)/*.c)))
objects_of = $(patsubst %.c,$(BUILD)/%.o,$(call sources_of,$(1)))

LINQU    := $(BUILD)/linqu
KERNEL_HEADER := modules/ops/linqu_orchestration_api.h
LIBBRAIN := $(BUILD)/libbrain.a
LIBBODY  := $(BUILD)/libbody.a
LIBUSERS := $(BUILD)/libusers.a
LIBS     := $(LIBUSERS) $(LIBBODY) $(LIBBRAIN)

.PHONY: all lib help deps run test unit check tests sim-update asan fuzz soak bench bare install clean again
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# kernels/NAME.c becomes build/kernels/NAME.so: one file each, nothing but the kernel header.
KERNEL_SRC := $(sort $(wildcard kernels/*.c))
KERNELS    := $(patsubst %.c,$(BUILD)/%.so,$(KERNEL_SRC))

all: $(LINQU) $(KERNELS) ## build build/linqu and the kernels in build/kernels

lib: $(LIBS)

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

deps: ## install through apt what building and testing needs
	@.ci/deps build test

# All flags that decide what comes out, in a file that is rewritten when they change and makes everything that was
# built with others out of date. WERROR only decides whether there is an outcome. Beside it, for tests that link too, how that is done.
FLAGS_STAMP := $(BUILD)/flags
$(FLAGS_STAMP): again
	@mkdir -p $(@D)
	@echo '$(LINK)' > $@.link
	@echo '$(subst ','\'',$(CC) $(ALL_CFLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(CC) $(ALL_CFLAGS))' > $@
again:

$(BUILD)/%.o: %.c $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(WERROR) -MMD -MP -c -o $@ $<

# An archive is made anew when a source file comes or goes: the list of its members is a prerequisite.
define archive
$(1): $(call objects_of,$(2)) $(1).list
	@rm -f $$@
	ar rcs $$@ $$(filter %.o,$$^)
$(1).list: again
	@mkdir -p $$(@D)
	@echo '$(call objects_of,$(2))' | cmp -s - $$@ || echo '$(call objects_of,$(2))' > $$@
endef
$(eval $(call archive,$(LIBBRAIN),$(BRAIN)))
$(eval $(call archive,$(LIBBODY),$(BODY)))
$(eval $(call archive,$(LIBUSERS),$(USERS)))

# Symbols are bound once, in the launcher: bound lazily, each of thousands of processes would look each of them up again, in pages
# of its own.
# Code and constants are one segment, aligned to large pages, as modules/super/large_text.h says; what is written lies together in few
# pages, as modules/super/compact_layout.h says: no RELRO segment, tables of addresses are constants (no PIE), large arrays come first.
LDFLAGS ?= -Wl,-z,now $(if $(SAN_FLAGS),,-Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,max-page-size=0x200000 \
	-Wl,--sort-section=alignment)
# Libraries go into the program where their archives are installed: a library that is loaded costs every process mappings, page
# tables and pages of its own.
archive_of = $(filter /%,$(shell $(CC) -print-file-name=$(patsubst -l%,lib%.a,$(1))))
LINQU_LIBS = $(foreach lib,$(BRAIN_LIBS) $(BODY_LIBS),$(or $(call archive_of,$(lib)),$(lib)))

$(LINQU): $(BUILD)/linqu.o $(LIBS)
	$(LINK) $(LDFLAGS) -o $@ $^ $(LINQU_LIBS)

# A kernel is copied to, stored and mapped by every node that runs it: few pages, few mappings. With sanitizers it keeps its symbols.
KERNEL_LDFLAGS ?= $(if $(SAN_FLAGS),,-s -Wl,-z,noseparate-code -Wl,-z,norelro)

$(KERNELS): $(BUILD)/%.so: %.c $(wildcard kernels/*.h) $(KERNEL_HEADER) $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(CFLAGS) $(WARN) $(WERROR) $(SAN_FLAGS) -MMD -MP -fPIC -fvisibility=hidden -shared $(KERNEL_LDFLAGS) -Imodules/ops -o $@ $<

# --- tests -----------------------------------------------------------------------------------------------------
# tests/unit/test_NAME.c and tests/sim/test_NAME.c are one Check program each; they link the brain, and the body or
# the users where their first line says so: `// links: body` or `// links: users`.
PROGRAM_SRC := $(sort $(wildcard tests/unit/test_*.c))
SIM_SRC     := $(sort $(wildcard tests/sim/test_*.c))
UNIT_BIN    := $(patsubst %.c,$(BUILD)/%,$(PROGRAM_SRC))
SIM_BIN     := $(patsubst %.c,$(BUILD)/%,$(SIM_SRC))
link_of      = $(if $(findstring links: users,$(1)),$(LIBS),$(if $(findstring links: body,$(1)),$(LIBBODY) $(LIBBRAIN),$(LIBBRAIN)))
link_libs_of = $(if $(findstring links:,$(1)),$(BODY_LIBS))

$(UNIT_BIN) $(SIM_BIN): $(BUILD)/%: $(BUILD)/%.o $(LIBS)
	$(LINK) -o $@ $< $(call link_of,$(shell head -n 1 $*.c)) $(TEST_LIBS) $(BRAIN_LIBS) \
		$(call link_libs_of,$(shell head -n 1 $*.c))

CHECKS := $(sort $(filter-out %.py %.allow %.most %.md,$(wildcard tests/check/*)))
TREE   := $(sort $(filter-out tests/tree/tree.py tests/tree/kernel_source.py,$(wildcard tests/tree/*.py)))
SOAK   := $(sort $(wildcard tests/soak/*.py))
RUN_TESTS = LINQU=$(LINQU) BUILD=$(BUILD) CC=$(CC) tests/run
JOBS   = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN  = $(MAKE) --no-print-directory $(JOBS)

unit: $(UNIT_BIN) $(SIM_BIN) ## build and run the unit and simulation tests
	@$(RUN_TESTS) $(UNIT_BIN) $(SIM_BIN)

check: $(LIBBRAIN) $(LINQU) $(UNIT_BIN) $(SIM_BIN) ## unit tests, layers, purity, style, cppcheck, docs
	@$(RUN_TESTS) $(UNIT_BIN) $(SIM_BIN) $(CHECKS)

test: ## install, build, and run every test and a minute of fuzzing
	@.ci/deps build test
	@$(AGAIN) -s all tests bare
	@$(AGAIN) -s FUZZ=1 fuzzers
	@$(RUN_TESTS) --fuzz-seconds $(or $(FUZZ_SECONDS),60) $(UNIT_BIN) $(SIM_BIN) $(CHECKS) $(TREE) $(FUZZ_BIN)

tests: $(UNIT_BIN) $(SIM_BIN)

sim-update: $(BUILD)/tests/sim/test_story ## write anew what tests/sim/*.story say came of them
	SIM_UPDATE=1 $(BUILD)/tests/sim/test_story
	@git diff --stat -- tests/sim || true

asan: ## the same tests on a build with ASan and UBSan, the tree at 2x2x2
	@.ci/deps build test
	@$(AGAIN) -s SAN=1 all tests bare
	@SAN=1 LINQU_TREE=small tests/run --build build-asan $(patsubst $(BUILD)/%,build-asan/%,$(UNIT_BIN) $(SIM_BIN)) $(TREE)

# Fuzz targets are built with clang in build-fuzz, with libraries of their own; `// links: users` as above.
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BIN := $(patsubst %.c,build-fuzz/%,$(FUZZ_SRC))

ifdef FUZZ
FUZZ_USERS := $(foreach f,$(FUZZ_BIN),$(if $(findstring links: users,$(shell head -n 1 $(f:build-fuzz/%=%).c)),$(f)))
$(FUZZ_USERS): $(LIBUSERS)
$(FUZZ_BIN): build-fuzz/%: build-fuzz/%.o $(LIBBODY) $(LIBBRAIN)
	$(CC) $(SAN_FLAGS) -fsanitize=fuzzer -o $@ $< $(if $(filter $@,$(FUZZ_USERS)),$(LIBUSERS)) $(LIBBODY) $(LIBBRAIN) \
		$(BRAIN_LIBS) $(BODY_LIBS)
fuzzers: $(FUZZ_BIN)
endif

fuzz: ## fuzz each tests/fuzz/fuzz_*.c, FUZZ_SECONDS (60) in all
	@.ci/deps build test
	@$(AGAIN) -s FUZZ=1 fuzzers
	@$(RUN_TESTS) --fuzz-seconds $(or $(FUZZ_SECONDS),60) $(FUZZ_BIN)

soak: ## what takes too long for `make test`: an hour of fuzzing, idle trees, repetitions
	@.ci/deps build test
	@$(AGAIN) -s all bare
	@$(AGAIN) -s FUZZ=1 fuzzers
	@$(RUN_TESTS) --fuzz-seconds $(or $(FUZZ_SECONDS),3600) $(SOAK) $(FUZZ_BIN)

# tests/bench/bench_NAME.c prints medians; linked like a unit test.
BENCH_BIN := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))
$(BENCH_BIN): $(BUILD)/%: $(BUILD)/%.o $(LIBS)
	$(LINK) -o $@ $< $(call link_of,$(shell head -n 1 $*.c)) $(BRAIN_LIBS) $(call link_libs_of,$(shell head -n 1 $*.c))
bench-%: $(BUILD)/tests/bench/bench_%
	@$<

bench: all ## measure this machine: `linqu bench` on what was just built
	$(LINQU) bench $(BENCH)

# What the tree is compared with: see tests/bare/README.md.
bare: $(BUILD)/tests/bare/forktree ## the bare fork tree that ours is measured against
$(BUILD)/tests/bare/forktree: $(BUILD)/tests/bare/forktree.o $(addprefix $(BUILD)/modules/,bench/bare_tree.o bench/memory_use.o rundir/clock.o)
	$(LINK) -o $@ $^ $(BRAIN_LIBS)

# --- for users -------------------------------------------------------------------------------------------------
run: ## install what is missing, build, and bring up the largest tree that fits this machine
	@.ci/deps build
	@$(AGAIN) -s all
	@.ci/first-run $(LINQU)

TO = "$(DESTDIR)$(PREFIX)"
# The manual page and the completion come from the table of options that parses the command line.
$(BUILD)/linqu.1: $(LINQU)
	$(LINQU) help --man > $@
$(BUILD)/linqu.bash: $(LINQU)
	$(LINQU) help --completion > $@

install: all $(BUILD)/linqu.1 $(BUILD)/linqu.bash ## binary, man page, completion, kernels and their header, topologies; PREFIX= and DESTDIR= say where
	install -d $(TO)/bin $(TO)/share/man/man1 $(TO)/share/bash-completion/completions $(TO)/share/linqu/topology $(TO)/include
	install -m 755 $(LINQU) $(TO)/bin/linqu
	install -m 644 $(BUILD)/linqu.1 $(TO)/share/man/man1/linqu.1
	install -m 644 $(BUILD)/linqu.bash $(TO)/share/bash-completion/completions/linqu
	install -m 644 $(wildcard topology/*) $(TO)/share/linqu/topology
	install -d $(TO)/lib/linqu/kernels
	install -m 755 $(KERNELS) $(TO)/lib/linqu/kernels
	install -m 644 $(KERNEL_HEADER) $(TO)/include

clean: ## remove every build directory
	rm -rf build build-clang build-asan build-clang-asan build-fuzz

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
