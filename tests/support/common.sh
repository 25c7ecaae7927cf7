# For the tests in shell: sourced, not run. Sets sockstep (the command), folder (a temporary one, removed at the end).
# shellcheck shell=sh
cd "$(dirname "$0")/../.." || exit 2
sockstep=${BUILD:-build}/sockstep
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export SOCKSTEP_SCENARIOS="$PWD/demo/scenarios"
export LC_ALL=C.UTF-8

fail() {
    echo "FAIL: $*"
    exit 1
}

# skip_without PROGRAM...: ends the test as skipped when one is not there.
skip_without() {
    for program in "$@"; do
        PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null 2>&1 || { echo "skipped: no $program here"; exit 77; }
    done
}

# need_lab: ends the test as skipped, with the machine's reason, where no lab can be made.
need_lab() {
    "$sockstep" doctor >"$folder/doctor" 2>&1
    [ $? != 3 ] || { grep '^-- *lab' "$folder/doctor"; exit 77; }
}

# expect_exit CODE PATTERN COMMAND...: the exit code, and exactly one line on stderr that matches.
expect_exit() {
    wanted=$1 pattern=$2
    shift 2
    timeout 60 "$@" >"$folder/out" 2>"$folder/err" </dev/null
    code=$?
    [ $code = "$wanted" ] || { cat "$folder/err"; fail "$*: exit $code, not $wanted"; }
    [ "$(wc -l <"$folder/err")" = 1 ] || { cat "$folder/err"; fail "$*: not one line on stderr"; }
    grep -qE "$pattern" "$folder/err" || { cat "$folder/err"; fail "$*: no '$pattern' in the message"; }
}
