#!/bin/sh
# Installs what is missing to build (build) or to build and test (test). Does nothing, quickly, when all is there.
# Knows apt, dnf, pacman, zypper and apk; uses sudo only when not root.
set -u
what=${1:-build}

# What must be there, and the package that brings it, by package manager: apt|dnf|pacman|zypper|apk.
headers='
pcap/pcap.h libpcap-dev|libpcap-devel|libpcap|libpcap-devel|libpcap-dev
curses.h libncurses-dev|ncurses-devel|ncurses|ncurses-devel|ncurses-dev
libmnl/libmnl.h libmnl-dev|libmnl-devel|libmnl|libmnl-devel|libmnl-dev
cyaml/cyaml.h libcyaml-dev|libcyaml-devel|libcyaml|libcyaml-devel|libcyaml-dev
yaml.h libyaml-dev|libyaml-devel|libyaml|libyaml-devel|yaml-dev
jansson.h libjansson-dev|jansson-devel|jansson|libjansson-devel|jansson-dev
zlib.h zlib1g-dev|zlib-devel|zlib|zlib-devel|zlib-dev
zstd.h libzstd-dev|libzstd-devel|zstd|libzstd-devel|zstd-dev
uthash.h uthash-dev|uthash-devel|uthash|uthash-devel|uthash-dev
linux/inet_diag.h linux-libc-dev|kernel-headers|linux-api-headers|linux-glibc-devel|linux-headers
'
programs='
cc build-essential|gcc|base-devel|gcc|build-base
'
test_headers='
cmocka.h libcmocka-dev|libcmocka-devel|cmocka|libcmocka-devel|cmocka-dev
'
test_programs='
tshark tshark|wireshark-cli|wireshark-cli|wireshark|tshark
editcap wireshark-common|wireshark-cli|wireshark-cli|wireshark|wireshark-common
tcpdump tcpdump|tcpdump|tcpdump|tcpdump|tcpdump
tmux tmux|tmux|tmux|tmux|tmux
curl curl|curl|curl|curl|curl
python3 python3|python3|python|python3|python3
clang clang|clang|clang|clang|clang
clang-format clang-format|clang-tools-extra|clang|clang-tools|clang-extra-tools
'
if [ "$what" = test ]; then
    headers=$headers$test_headers
    programs=$programs$test_programs
fi

find_manager() {
    for m in apt-get dnf pacman zypper apk; do
        command -v "$m" >/dev/null 2>&1 && { echo "$m"; return; }
    done
}
manager=$(find_manager)
case $manager in
apt-get) column=1 ;;
dnf) column=2 ;;
pacman) column=3 ;;
zypper) column=4 ;;
apk) column=5 ;;
*) column=1 ;;
esac

package() { echo "$1" | cut -d'|' -f"$column"; }

has_header() {
    if command -v cc >/dev/null 2>&1; then
        echo "#include <$1>" | cc -E -D_GNU_SOURCE -include stddef.h -include stdint.h -include stdarg.h \
            -include setjmp.h -x c - >/dev/null 2>&1
    else
        [ -e "/usr/include/$1" ]
    fi
}

missing=$(
    echo "$programs" | while read -r program packages; do
        [ -z "$program" ] || PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null 2>&1 || package "$packages"
    done
    echo "$headers" | while read -r header packages; do
        [ -z "$header" ] || has_header "$header" || package "$packages"
    done
)
missing=$(echo "$missing" | sort -u | tr '\n' ' ' | sed 's/^ *//; s/ *$//')
[ -n "$missing" ] || exit 0

if [ -z "$manager" ]; then
    echo "deps: no package manager that I know; please install: $missing (Debian's names)" >&2
    exit 1
fi
as_root=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "deps: missing: $missing; install them as root with $manager and call make again" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "deps: installing $missing"
# The list of words is meant to be split.
# shellcheck disable=SC2086
case $manager in
apt-get)
    export DEBIAN_FRONTEND=noninteractive
    # Old lists name files that are gone: fetch them anew when the first try fails.
    $as_root apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 ||
        { $as_root apt-get update -q >/dev/null &&
            $as_root apt-get install -y -q --no-install-recommends $missing; }
    ;;
dnf) $as_root dnf install -y $missing ;;
pacman) $as_root pacman -Sy --noconfirm --needed $missing ;;
zypper) $as_root zypper --non-interactive install $missing ;;
apk) $as_root apk add $missing ;;
esac || {
    echo "deps: could not install: $missing" >&2
    exit 1
}
