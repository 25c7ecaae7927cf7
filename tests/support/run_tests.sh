#!/bin/sh
# Runs each test program given, one line each; what a failing one printed is shown. The last line counts.
set -u
passed=0
failed=0
skipped=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for test in "$@"; do
    name=$(basename "$test")
    case $test in
    *.sh) sh "$test" >"$output" 2>&1 ;;
    *) "$test" >"$output" 2>&1 ;;
    esac
    code=$?
    if [ $code = 77 ]; then
        skipped=$((skipped + 1))
        printf '  skip  %s: %s\n' "$name" "$(tail -n 1 "$output")"
    elif [ $code = 0 ]; then
        passed=$((passed + 1))
        printf '  ok    %s %s\n' "$name" "$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/(\1)/p' "$output" | tail -n 1)"
    else
        failed=$((failed + 1))
        printf '  FAIL  %s (exit %s)\n' "$name" "$code"
        sed 's/^/        /' "$output"
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
