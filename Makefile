# linqu: one non-recursive Makefile. `make help` lists the targets.
#
# BUILD=DIR builds elsewhere; CC=clang and SAN=1 (ASan + UBSan) build into directories of their own.

CC      ?= gcc
SAN     ?=
BUILD   ?= build$(if $(filter clang%,$(notdir $(CC))),-clang)$(if $(SAN),-asan)
PREFIX  ?= /usr/local
VERSION := 0.1.0

PKG_CONFIG ?= pkg-config
MSGPACK := $(shell $(PKG_CONFIG) --exists msgpack 2>/dev/null && echo msgpack || echo msgpack-c)
BRAIN_PKGS := $(MSGPACK) jansson
BODY_PKGS  := libevent_core

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) $(WERROR) -fno-common -fvisibility=hidden -Imodules -I$(BUILD)/gen \
	-D_GNU_SOURCE -DLINQU_VERSION='"$(VERSION)"' -MMD -MP $(SAN_FLAGS) $(shell $(PKG_CONFIG) --cflags $(BRAIN_PKGS) $(BODY_PKGS) 2>/dev/null)
SAN_FLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
comma := ,
BRAIN_LIBS = $(shell $(PKG_CONFIG) --libs $(BRAIN_PKGS))
BODY_LIBS  = $(shell $(PKG_CONFIG) --libs $(BODY_PKGS)) -ldl

# The three bands. A folder belongs to exactly one; modules/LAYERS says who may include whom.
BRAIN := base model ops fiber topo wire core cache member node
BODY  := rundir transport super kernels actor
USERS := sim scenario report launch cli

source_of = $(foreach d,$(1),$(sort $(wildcard modules/$(d)/*.c)))
object_of = $(patsubst %.c,$(BUILD)/%.o,$(1))
BRAIN_OBJ := $(call object_of,$(call source_of,$(BRAIN)))
BODY_OBJ  := $(call object_of,$(call source_of,$(BODY)))
USERS_OBJ := $(call object_of,$(call source_of,$(USERS)))

LINQU    := $(BUILD)/linqu
LIBBRAIN := $(BUILD)/libbrain.a
LIBBODY  := $(BUILD)/libbody.a
LIBUSERS := $(BUILD)/libusers.a

.PHONY: all lib help deps unit clean
.DEFAULT_GOAL := all

all: $(LINQU)

lib: $(LIBUSERS) $(LIBBODY) $(LIBBRAIN)

deps:
	@.ci/deps

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIBBRAIN): $(BRAIN_OBJ)
	@mkdir -p $(@D); rm -f $@
	ar rcs $@ $^

$(LIBBODY): $(BODY_OBJ)
	@mkdir -p $(@D); rm -f $@
	ar rcs $@ $^

$(LIBUSERS): $(USERS_OBJ)
	@mkdir -p $(@D); rm -f $@
	ar rcs $@ $^

$(LINQU): $(BUILD)/linqu.o $(LIBUSERS) $(LIBBODY) $(LIBBRAIN)
	$(CC) $(SAN_FLAGS) -o $@ $^ $(BRAIN_LIBS) $(BODY_LIBS)

# tests/unit/test_NAME.c is one Check program each; it links the brain, and the body or users where its
# first line says so: `// links: body` or `// links: users`.
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SRC))
UNIT_LIBS = $(shell $(PKG_CONFIG) --libs check)
link_of = $(if $(findstring users,$(1)),$(LIBUSERS) $(LIBBODY) $(LIBBRAIN),$(if $(findstring body,$(1)),$(LIBBODY) $(LIBBRAIN),$(LIBBRAIN)))
link_libs_of = $(if $(findstring links:,$(1)),$(BODY_LIBS))

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(LIBUSERS) $(LIBBODY) $(LIBBRAIN)
	$(CC) $(SAN_FLAGS) -o $@ $< $(call link_of,$(shell head -n 1 tests/unit/$*.c)) $(UNIT_LIBS) $(BRAIN_LIBS) \
		$(call link_libs_of,$(shell head -n 1 tests/unit/$*.c))

unit: $(UNIT_BIN)
	@set -e; for t in $(UNIT_BIN); do $$t; done

clean:
	rm -rf build build-clang build-asan build-clang-asan

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
