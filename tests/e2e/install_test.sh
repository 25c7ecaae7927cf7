#!/bin/sh
# What `make install` puts where, that it works from there, and that `make uninstall` takes it all away again.
# BUILD is the folder of what was built (default build).
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
top=$(pwd)
room=$(mktemp -d) || exit 2
trap 'rm -rf "$room"' EXIT
bad=0

complain() {
    printf 'install: %s\n' "$1"
    bad=1
}
need() {
    command -v "$1" >/dev/null 2>&1 && return
    echo "$1 is not here"
    exit 77
}
need make
need cc
for file in sockstep libsockprobe.a libsockprobe.so; do
    [ -e "$BUILD/$file" ] || {
        echo "$BUILD/$file is not built"
        exit 77
    }
done
unset SOCKSTEP_SCENARIOS MAKEFLAGS MAKELEVEL MFLAGS

run_make() {
    target=$1
    shift
    make --no-print-directory "$target" BUILD="$BUILD" "$@" >"$room/make" 2>&1 && return
    cat "$room/make"
    complain "make $target $* failed"
    exit 1
}

# What must be there after an installation: what the tree has, at the places of the manual.
expected() {
    prefix=$1
    echo "$prefix/bin/sockstep"
    echo "$prefix/include/sockstep/probe.h"
    echo "$prefix/lib/libsockprobe.a"
    echo "$prefix/lib/pkgconfig/sockprobe.pc"
    echo "$prefix/lib/sockstep/libsockprobe.so"
    for source in demo/*.c; do
        program=$(basename "$source" .c)
        echo "$prefix/lib/sockstep/demo/$program"
        echo "$prefix/share/sockstep/demo/$program.c"
    done
    for scenario in demo/scenarios/*.yaml; do
        [ ! -e "$scenario" ] || echo "$prefix/share/sockstep/scenarios/$(basename "$scenario")"
    done
    echo "$prefix/share/man/man1/sockstep.1"
    echo "$prefix/share/man/man3/sockprobe.3"
    echo "$prefix/share/man/man5/sockstep-scenario.5"
    echo "$prefix/share/bash-completion/completions/sockstep"
    echo "$prefix/share/zsh/site-functions/_sockstep"
    echo "$prefix/share/fish/vendor_completions.d/sockstep.fish"
}

# --- into a DESTDIR, as packagers do it ---

stage=$room/stage
run_make install DESTDIR="$stage" PREFIX=/usr/local
expected "$stage/usr/local" | sort >"$room/expected"
find "$stage" -type f -o -type l | sort >"$room/seen"
diff "$room/expected" "$room/seen" >"$room/difference" ||
    complain "the list of files differs (< expected, > installed): $(cat "$room/difference")"
grep -q "^prefix=/usr/local\$" "$stage/usr/local/lib/pkgconfig/sockprobe.pc" ||
    complain "sockprobe.pc does not name the prefix"
version=$(sed -n 's/^VERSION := //p' Makefile)
grep -q "^Version: $version\$" "$stage/usr/local/lib/pkgconfig/sockprobe.pc" ||
    complain "sockprobe.pc does not name version $version"

find "$stage" -type f -perm -111 | sort >"$room/programs"
for program in bin/sockstep lib/sockstep/demo/stream_server lib/sockstep/demo/stream_client; do
    grep -qx "$stage/usr/local/$program" "$room/programs" || complain "$program is not executable"
done

(cd / && "$stage/usr/local/bin/sockstep" version) >"$room/version" 2>&1 || complain "sockstep version failed"
[ "$(cat "$room/version")" = "sockstep $version" ] || complain "sockstep version says: $(cat "$room/version")"
(cd / && "$stage/usr/local/bin/sockstep" help) >"$room/help" 2>&1 || complain "sockstep help failed"
grep -q '^  demo ' "$room/help" || complain "sockstep help does not list demo: $(cat "$room/help")"

# Something of somebody else's in our folder stays.
echo mine >"$stage/usr/local/share/sockstep/scenarios/mine.yaml"
run_make uninstall DESTDIR="$stage" PREFIX=/usr/local
[ "$(find "$stage" -type f -o -type l)" = "$stage/usr/local/share/sockstep/scenarios/mine.yaml" ] ||
    complain "uninstall left, or took too much: $(find "$stage" -type f -o -type l)"

# --- under a PREFIX of one's own, and used from there ---

prefix=$room/prefix
run_make install PREFIX="$prefix"

# The files that the command needs are found where it lies.
(cd / && "$prefix/bin/sockstep" doctor) >"$room/doctor" 2>&1
grep '^ok *programs ' "$room/doctor" | grep -qF "$prefix/lib/sockstep/demo/" ||
    complain "the installed command does not find its programs: $(cat "$room/doctor")"
grep '^ok *preload ' "$room/doctor" | grep -qF "$prefix/lib/" ||
    complain "the installed command does not find libsockprobe.so: $(cat "$room/doctor")"
for scenario in "$prefix"/share/sockstep/scenarios/*.yaml; do
    [ -e "$scenario" ] || continue
    (cd / && "$prefix/bin/sockstep" scenarios) 2>&1 | grep -qF " $(basename "$scenario" .yaml) " ||
        complain "the installed command does not list $(basename "$scenario" .yaml)"
done

cat >"$room/tiny.c" <<'END'
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sockstep/probe.h>

int main(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || close(fd) < 0)
        return 1;
    puts("it runs");
    return 0;
}
END

# Compiles tiny.c with the words given, and runs it without sockstep: it does what it would do without the probe.
try() {
    what=$1
    shift
    if ! cc -Wall -Wextra -Werror -o "$room/tiny" "$room/tiny.c" "$@" >"$room/cc" 2>&1; then
        cat "$room/cc"
        complain "a program does not compile with $what"
    elif [ "$("$room/tiny" 2>&1)" != "it runs" ]; then
        complain "a program compiled with $what does not run: $("$room/tiny" 2>&1)"
    elif ! nm "$room/tiny" 2>/dev/null | grep -q ' sockprobe_socket$'; then
        complain "a program compiled with $what has no probe in it"
    fi
}
try "-lsockprobe" -I"$prefix/include" -L"$prefix/lib" -lsockprobe
if command -v pkg-config >/dev/null 2>&1; then
    words=$(PKG_CONFIG_PATH="$prefix/lib/pkgconfig" pkg-config --cflags --libs sockprobe 2>&1) ||
        complain "pkg-config does not know sockprobe: $words"
    # The words are meant to be split.
    # shellcheck disable=SC2086
    try "pkg-config" $words
fi

# The manual is found and has no faults that groff can see.
if command -v man >/dev/null 2>&1; then
    for page in man1/sockstep.1 man3/sockprobe.3 man5/sockstep-scenario.5; do
        faults=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$prefix/share/man/$page" 2>&1 >/dev/null)
        [ -z "$faults" ] || complain "$page: $faults"
    done
fi

run_make uninstall PREFIX="$prefix"
left=$(find "$prefix" -type f -o -type l)
[ -z "$left" ] || complain "uninstall left: $left"
for folder in share/sockstep lib/sockstep include/sockstep; do
    [ ! -e "$prefix/$folder" ] || complain "uninstall left the folder $folder"
done

# --- words that are wrong ---

if sh "$top/tests/support/install.sh" install "" usr /usr/lib /usr/share "$BUILD" 0 >"$room/wrong" 2>&1; then
    complain "a relative PREFIX was taken"
fi

[ $bad = 0 ] && echo "install: ok"
exit $bad
