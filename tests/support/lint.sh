#!/bin/sh
# What a machine can say about style: format, length of files and functions, left-over marks, shell scripts.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0
complain() {
    echo "$1"
    bad=1
}

if command -v clang-format >/dev/null 2>&1; then
    git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror 2>/tmp/sockstep-format.$$ ||
        complain "format: $(grep -c 'error:' /tmp/sockstep-format.$$) places; run make format"
    rm -f /tmp/sockstep-format.$$
fi
long=$(git ls-files '*.c' '*.h' | xargs wc -l | awk '$2 != "total" && $1 > 600 { print $2 " has " $1 " lines" }')
[ -z "$long" ] || complain "$long"
functions=$(git ls-files '*.c' | xargs awk '
    FNR == 1 { start = 0 }
    /^\{/ { start = FNR }
    /^}/ && start { if (FNR - start > 80) print FILENAME ":" start " is a function of " FNR - start " lines"; start = 0 }')
[ -z "$functions" ] || complain "$functions"
marks=$(git grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -- '*.c' '*.h' '*.sh' Makefile ':!tests/support/lint.sh')
[ -z "$marks" ] || complain "left-over marks: $marks"
if command -v shellcheck >/dev/null 2>&1; then
    git ls-files '*.sh' .ci/run | xargs shellcheck -x || complain "shellcheck: see above"
fi
[ $bad = 0 ] && echo "lint: ok"
exit $bad
