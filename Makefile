# sockstep: `make help` lists the targets.
VERSION := 0.1.0
PREFIX ?= /usr/local
VARIANT ?=
BUILD ?= build$(if $(VARIANT),/$(VARIANT))

CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wswitch-enum -Wmissing-prototypes -Wstrict-prototypes \
	-Wvla -Wconversion -Wwrite-strings -Wformat=2 -fno-common -Werror
SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CPPFLAGS += -D_GNU_SOURCE -DSOCKSTEP_VERSION='"$(VERSION)"' -Itracer -Itracer/probe/include -I. -MMD -MP
ALL_CFLAGS := $(WARNINGS) $(CFLAGS) $(SANITIZE_$(VARIANT))
LIBS := -lpcap -lmnl -lcyaml -lyaml -ljansson
SCREEN_LIBS := -lncursesw
TEST_LIBS := -lcmocka

# What libsockstep.a is made of; the probe and the command are built apart.
MODULES ?= base net event source lab model timeline trace control export scenario
LIBRARY_C := $(foreach m,$(MODULES),$(wildcard tracer/$(m)/*.c))
PROBE_C := $(wildcard tracer/probe/*.c) tracer/event/ring.c
CLI_C := $(wildcard tracer/cli/*.c)
TUI_C := $(wildcard tui/*.c)
SUPPORT_C := $(wildcard tests/support/*.c)
TEST_C := $(wildcard tests/unit/*_test.c)
LAB_TEST_C := $(wildcard tests/lab/*_test.c)
FUZZ_C := $(wildcard tests/fuzz/*_fuzz.c)
BENCH_C := $(wildcard tests/bench/*_bench.c)
DEMOS := $(patsubst demo/%.c,$(BUILD)/demo/%,$(wildcard demo/*.c))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_C))
LAB_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(LAB_TEST_C))
FUZZERS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(FUZZ_C))
BENCHES := $(patsubst tests/%.c,$(BUILD)/tests/%,$(BENCH_C))

Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)  $(2)")

.DEFAULT_GOAL := all
.PHONY: all
all: $(BUILD)/sockstep $(BUILD)/libsockprobe.a $(BUILD)/libsockprobe.so $(DEMOS) ## build everything

$(BUILD)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# The probe lives in other people's programs: position independent, never sanitized.
$(BUILD)/probe/%.o: %.c Makefile
	$(call say,CC,$< (probe))
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(WARNINGS) $(CFLAGS) -fPIC -fvisibility=hidden -ftls-model=initial-exec -c -o $@ $<

$(BUILD)/libsockstep.a: $(call obj,$(LIBRARY_C))
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcs $@ $^

PROBE_STATIC := $(filter-out tracer/probe/preload.c,$(PROBE_C))
$(BUILD)/libsockprobe.a: $(patsubst %.c,$(BUILD)/probe/%.o,$(PROBE_STATIC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/libsockprobe.so: $(patsubst %.c,$(BUILD)/probe/%.o,$(PROBE_C))
	$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@ $^ $(LDFLAGS) -ldl -lpthread

$(BUILD)/sockstep: $(call obj,$(CLI_C) $(TUI_C)) $(BUILD)/libsockstep.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS) $(SCREEN_LIBS)

# The teaching programs: textbook C plus one line of ours.
$(BUILD)/demo/%: demo/%.c $(BUILD)/libsockprobe.a
	$(call say,DEMO,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=c11 -Wall -Wextra -g -O1 -D_GNU_SOURCE -MMD -MP -MF $@.d -Itracer/probe/include -o $@ $< \
		$(BUILD)/libsockprobe.a -lpthread

# A test is one program: its file, tests/support, the library, and the screen's drawing code.
TEST_DRAWING := $(filter-out tui/terminal.c tui/app.c,$(TUI_C))
TEST_PARTS = $(call obj,$(SUPPORT_C) $(TEST_DRAWING)) $(BUILD)/libsockstep.a
$(TESTS) $(LAB_TESTS) $(BENCHES): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(TEST_PARTS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS) $(TEST_LIBS) -ldl -lpthread

# A fuzz harness runs over its corpus in the ordinary tests (tests/support/fuzz_main.h); `make fuzz T=name` is libFuzzer.
$(FUZZERS): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(TEST_PARTS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS) $(TEST_LIBS) -ldl -lpthread

.PHONY: unit
unit: $(TESTS) ## build and run the unit tests; T=name runs one
	$(Q)for t in $(if $(T),$(BUILD)/tests/unit/$(T)_test,$(TESTS)); do $$t || exit 1; done

.PHONY: clean
clean: ## remove what was built
	rm -rf build

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z][a-z_-]*\):.*## /\1\t/p' Makefile | sort | awk -F'\t' '{printf "  %-12s %s\n", $$1, $$2}'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
