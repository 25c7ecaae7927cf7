#!/bin/sh
# install.sh install|uninstall DESTDIR PREFIX LIBDIR DATADIR BUILD VERSION
# One list says what goes where; installing and uninstalling walk the same list. Run from the top of the tree.
set -eu
if [ $# -ne 7 ]; then
    echo "usage: install.sh install|uninstall DESTDIR PREFIX LIBDIR DATADIR BUILD VERSION" >&2
    exit 2
fi
action=$1 destdir=$2 prefix=$3 libdir=$4 datadir=$5 build=$6 version=$7
for place in "$prefix" "$libdir" "$datadir"; do
    case $place in
    /*) ;;
    *)
        echo "install.sh: $place is not an absolute path" >&2
        exit 2
        ;;
    esac
done

# What install.sh makes itself has no file in the tree.
pkg_config_file() {
    cat <<END
prefix=$prefix
libdir=$libdir
includedir=$prefix/include

Name: sockprobe
Description: makes the socket calls of a program visible to sockstep
Version: $version
Libs: -L\${libdir} -lsockprobe -lpthread -ldl
Cflags: -I\${includedir}
END
}

# "MODE|file of the tree|where it goes", one line a file; MODE is that of the installed file. A pattern that
# matches nothing gives nothing.
each() {
    mode=$1 folder=$2
    shift 2
    for file in "$@"; do
        [ ! -e "$file" ] || echo "$mode|$file|$folder/${file##*/}"
    done
}
files() {
    echo "755|$build/sockstep|$prefix/bin/sockstep"
    echo "644|$build/libsockprobe.a|$libdir/libsockprobe.a"
    # Not beside the other: -lsockprobe is to find the one that programs are linked with.
    echo "755|$build/libsockprobe.so|$libdir/sockstep/libsockprobe.so"
    echo "644|tracer/probe/include/sockstep/probe.h|$prefix/include/sockstep/probe.h"
    echo "644||$libdir/pkgconfig/sockprobe.pc"
    for source in demo/*.c; do
        program=${source##*/}
        program=${program%.c}
        echo "755|$build/demo/$program|$libdir/sockstep/demo/$program"
    done
    each 644 "$datadir/sockstep/demo" demo/*.c
    each 644 "$datadir/sockstep/scenarios" demo/scenarios/*.yaml
    for section in 1 3 5; do
        each 644 "$datadir/man/man$section" docs/man/*."$section"
    done
    echo "644|docs/completion/sockstep.bash|$datadir/bash-completion/completions/sockstep"
    echo "644|docs/completion/_sockstep|$datadir/zsh/site-functions/_sockstep"
    echo "644|docs/completion/sockstep.fish|$datadir/fish/vendor_completions.d/sockstep.fish"
}

# Folders that are nobody's but ours, the inner ones first.
own_folders() {
    echo "$libdir/sockstep/demo"
    echo "$libdir/sockstep"
    echo "$datadir/sockstep/demo"
    echo "$datadir/sockstep/scenarios"
    echo "$datadir/sockstep"
    echo "$prefix/include/sockstep"
}

# Under another name first: a program that runs keeps its file, and nobody sees half a file.
put() {
    mode=$1 file=$2 target=$destdir$3
    mkdir -p "${target%/*}"
    if [ -n "$file" ]; then
        cp "$file" "$target.new"
    else
        pkg_config_file >"$target.new"
    fi
    chmod "$mode" "$target.new"
    mv -f "$target.new" "$target"
}

case $action in
install)
    files | while IFS='|' read -r mode file target; do
        put "$mode" "$file" "$target" || exit 1
    done
    echo "installed under $destdir$prefix"
    ;;
uninstall)
    files | while IFS='|' read -r mode file target; do
        rm -f "$destdir$target" || exit 1
    done
    own_folders | while read -r folder; do
        [ ! -d "$destdir$folder" ] || rmdir "$destdir$folder" 2>/dev/null ||
            echo "kept $destdir$folder: there is something else in it"
    done
    echo "removed from $destdir$prefix"
    ;;
*)
    echo "install.sh: install or uninstall, not '$action'" >&2
    exit 2
    ;;
esac
