# sockstep: `make help` lists the targets. `make demo` and `make test` install what they need.
VERSION := 0.1.0
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DATADIR ?= $(PREFIX)/share
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
VARIANT ?=
BUILD ?= build$(if $(VARIANT),/$(VARIANT))

CFLAGS ?= -O2 -g
WARNINGS := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wswitch-enum -Wmissing-prototypes -Wstrict-prototypes \
	-Wvla -Wconversion -Wwrite-strings -Wformat=2 -fno-common -Werror
# VARIANT=asan, VARIANT=clang, VARIANT=cover, VARIANT=fuzz build beside each other.
FLAGS_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -DSOCKSTEP_LIBFUZZER
FLAGS_cover := --coverage -O0
CC_clang := clang
CC_fuzz := clang
ifneq ($(CC_$(VARIANT)),)
CC := $(CC_$(VARIANT))
endif
CPPFLAGS += -D_GNU_SOURCE -DSOCKSTEP_VERSION='"$(VERSION)"' -DSOCKSTEP_LIBDIR='"$(LIBDIR)"' \
	-DSOCKSTEP_DATADIR='"$(DATADIR)/sockstep/scenarios"' -Itracer -Itracer/probe/include -I. -MMD -MP
ALL_CFLAGS := $(WARNINGS) $(CFLAGS) $(FLAGS_$(VARIANT))
LIBS := -lpcap -lmnl -lcyaml -lyaml -ljansson -lz -lzstd -ldl -lpthread
SCREEN_LIBS := -lncursesw

# What libsockstep.a is made of; the probe and the command are built apart.
MODULES ?= base net event source lab model flow timeline trace control export scenario
LIBRARY_C := $(foreach m,$(MODULES),$(wildcard tracer/$(m)/*.c))
PROBE_C := $(wildcard tracer/probe/*.c) tracer/event/ring.c
CLI_C := $(wildcard tracer/cli/*.c)
TUI_C := $(wildcard tui/*.c)
SUPPORT_C := $(wildcard tests/support/*.c)
TEST_C := $(wildcard tests/unit/*_test.c)
LAB_TEST_C := $(wildcard tests/lab/*_test.c)
FUZZ_C := $(wildcard tests/fuzz/*_fuzz.c)
BENCH_C := $(wildcard tests/bench/*_bench.c)
SHELL_TESTS := $(sort $(wildcard tests/e2e/*_test.sh tests/lab/*_test.sh))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
program = $(patsubst tests/%.c,$(BUILD)/tests/%,$(1))
DEMOS := $(patsubst demo/%.c,$(BUILD)/demo/%,$(wildcard demo/*.c))
HELPERS := $(patsubst tests/support/programs/%.c,$(BUILD)/tests/programs/%,$(wildcard tests/support/programs/*.c))
PRODUCT := $(BUILD)/sockstep $(BUILD)/libsockprobe.a $(BUILD)/libsockprobe.so $(DEMOS)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

.DEFAULT_GOAL := all
.PHONY: all demo test check
all: $(PRODUCT) ## build everything

$(BUILD)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# The page's style and script are taken in as they are.
$(call obj,tracer/export/html_parts.c): $(wildcard tracer/export/html/*)

# The probe lives in other people's programs: position independent, never sanitized.
$(BUILD)/probe/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(WARNINGS) $(CFLAGS) -fPIC -fvisibility=hidden \
		-ftls-model=initial-exec -c -o $@ $<

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
$(BUILD)/demo/%: demo/%.c $(BUILD)/libsockprobe.a Makefile
	$(call say,DEMO,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=c11 -Wall -Wextra -Werror -g -O1 -D_GNU_SOURCE -Itracer/probe/include -o $@ $< \
		$(BUILD)/libsockprobe.a -lpthread

# A test is one program: its file, tests/support, the library, and the drawing code of the screen.
TEST_PARTS = $(call obj,$(SUPPORT_C) $(filter-out tui/terminal.c tui/app.c,$(TUI_C))) $(BUILD)/libsockstep.a
TEST_PROGRAMS := $(call program,$(TEST_C) $(LAB_TEST_C) $(FUZZ_C) $(BENCH_C))
$(TEST_PROGRAMS): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(TEST_PARTS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer) -o $@ $^ $(LDFLAGS) \
		$(LIBS) -lcmocka

# Programs that tests run, with the probe linked in.
$(BUILD)/tests/programs/%: tests/support/programs/%.c $(wildcard tests/support/programs/*.h) $(BUILD)/libsockprobe.a Makefile
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=c11 -Wall -Wextra -g -O1 -D_GNU_SOURCE -Itracer/probe/include -o $@ $< \
		$(BUILD)/libsockprobe.a -lpthread

.PHONY: deps deps-test
deps: ## install what is missing to build (apt, dnf, pacman, zypper, apk)
	@sh tests/support/deps.sh build
deps-test: ## install what is missing to test
	@sh tests/support/deps.sh test

demo: deps ## install, build, run tcp-hello in the lab and show it
	@$(MAKE) --no-print-directory all
	@$(BUILD)/sockstep demo tcp-hello --record tcp-hello.pcapng && \
		echo "trace: tcp-hello.pcapng (sockstep open, Wireshark, tshark, tcpdump)"

# Built side by side, run one after the other: tests with real time in them want the machine for themselves.
test: deps-test ## install, build, run all tests
	@$(MAKE) --no-print-directory tests-built
	@$(MAKE) --no-print-directory -j1 unit lab fuzz-corpora e2e
	@echo "all tests passed"

.PHONY: unit lab fuzz-corpora e2e tests-built
tests-built: $(PRODUCT) $(HELPERS) $(filter-out $(call program,$(BENCH_C)),$(TEST_PROGRAMS))
unit: $(PRODUCT) $(HELPERS) $(call program,$(TEST_C)) ## the unit tests and goldens; T=name runs one
	@BUILD=$(BUILD) sh tests/support/run_tests.sh $(if $(T),$(BUILD)/tests/unit/$(T)_test,$(call program,$(TEST_C)))
lab: $(PRODUCT) $(HELPERS) $(call program,$(LAB_TEST_C)) ## the tests with real processes, namespaces and packets
	@BUILD=$(BUILD) sh tests/support/run_tests.sh $(call program,$(LAB_TEST_C)) $(filter tests/lab/%,$(SHELL_TESTS))
fuzz-corpora: $(call program,$(FUZZ_C)) ## every fuzz harness over its corpus
	@BUILD=$(BUILD) sh tests/support/run_tests.sh $(call program,$(FUZZ_C))
e2e: $(PRODUCT) ## the command from outside: tmux, tshark, tcpdump, wrong input
	@BUILD=$(BUILD) sh tests/support/run_tests.sh $(filter tests/e2e/%,$(SHELL_TESTS))

.PHONY: golden pictures corpora fuzz bench cover lint format
golden: $(PRODUCT) $(call program,$(TEST_C)) ## write the goldens anew; look at the difference before you commit it
	@for t in $(call program,$(TEST_C)); do SOCKSTEP_GOLDEN=update BUILD=$(BUILD) $$t >/dev/null 2>&1 || true; done
	@git diff --stat -- tests/golden
pictures: $(PRODUCT) ## the pictures in docs and README, from the real screen
	@BUILD=$(BUILD) sh tests/support/pictures.sh
corpora: $(PRODUCT) ## against captures by other people, with their tools' opinions (CORPORA=folder)
	@BUILD=$(BUILD) sh tests/support/corpora/run.sh
fuzz: ## fuzz one harness with libFuzzer for S seconds: make fuzz T=packet S=60
	@$(MAKE) --no-print-directory VARIANT=fuzz build/fuzz/tests/fuzz/$(T)_fuzz
	@mkdir -p build/fuzz/corpus/$(T) && build/fuzz/tests/fuzz/$(T)_fuzz -max_total_time=$(or $(S),60) \
		build/fuzz/corpus/$(T) tests/fuzz/corpus/$(T)
bench: $(PRODUCT) $(HELPERS) $(call program,$(BENCH_C)) ## medians and ratios; nothing here can fail
	@for b in $(call program,$(BENCH_C)); do BUILD=$(BUILD) $$b || exit 1; done
cover: ## which lines the unit tests reach (gcov)
	@$(MAKE) --no-print-directory VARIANT=cover unit >/dev/null
	@sh tests/support/cover.sh build/cover
lint: ## layers, format, shell scripts
	@sh tests/check_layers.sh
	@sh tests/support/lint.sh
format: ## put every C file into the house's format
	@git ls-files '*.c' '*.h' | xargs clang-format -i

check: test lint ## all that CI runs: tests, gcc and clang, sanitizers, format, layers
	@$(MAKE) --no-print-directory VARIANT=clang tests-built
	@$(MAKE) --no-print-directory VARIANT=asan tests-built
	@$(MAKE) --no-print-directory VARIANT=asan -j1 unit lab fuzz-corpora

.PHONY: install uninstall clean help
install: $(PRODUCT) ## install under PREFIX (and DESTDIR)
	@sh tests/support/install.sh install "$(DESTDIR)" "$(PREFIX)" "$(LIBDIR)" "$(DATADIR)" "$(BUILD)" "$(VERSION)"
uninstall: ## remove what install put there
	@sh tests/support/install.sh uninstall "$(DESTDIR)" "$(PREFIX)" "$(LIBDIR)" "$(DATADIR)" "$(BUILD)" "$(VERSION)"
clean: ## remove what was built
	rm -rf build
help: ## list the targets
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | sort | awk -F'|' '{printf "  %-13s %s\n", $$1, $$2}'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
