#!/bin/sh
# Compares the built command with the opinions of other tools on captures that nobody in this project made.
#   BUILD=build CORPORA=../shared/corpora sh tests/support/corpora/run.sh [SET...]
# Prints a table of agreement; every single disagreement is in $BUILD/corpora-disagreements.tsv.
set -u
build=${BUILD:-build}
corpora=${CORPORA:-../shared/corpora}
here=$(dirname "$0")

if [ ! -d "$corpora" ]; then
    echo "skipped: no corpora"
    exit 0
fi
if ! command -v python3 >/dev/null 2>&1; then
    echo "skipped: no python3"
    exit 0
fi
if [ ! -x "$build/sockstep" ]; then
    echo "$build/sockstep is not built" >&2
    exit 2
fi
python3 "$here/compare.py" "$build/sockstep" "$corpora" --detail "$build/corpora-disagreements.tsv" "$@"
echo
echo "kinds of disagreement, with the first of each; all of them: $build/corpora-disagreements.tsv"
awk -F'\t' 'NF >= 4 { count[$1]++; if (!($1 in first)) first[$1] = $2 "  " $3 "  " $4 }
    END { for (kind in count) printf "%6d  %s: %s\n", count[kind], kind, first[kind] }' \
    "$build/corpora-disagreements.tsv" | sort -rn
