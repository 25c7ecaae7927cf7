#!/bin/sh
# Wrong input of every kind: one clear line on stderr, the right exit code, nothing hangs.
set -u
# shellcheck source=tests/support/common.sh
. "$(dirname "$0")/../support/common.sh"

# The words of the command line: 2.
expect_exit 2 "unknown command 'dmo'.*sockstep help" "$sockstep" dmo
expect_exit 2 'unknown option --colour.*--help' "$sockstep" demo --colour tcp-hello
expect_exit 2 'unknown option -z' "$sockstep" open -z
expect_exit 2 'needs a value' "$sockstep" demo tcp-hello --record
expect_exit 2 'one scenario is wanted' "$sockstep" demo
expect_exit 2 "0 to 60000 milliseconds, not 'soon'" "$sockstep" demo --delay soon tcp-hello
expect_exit 2 "no scenario.*tcp-hallo.*tcp-hello" "$sockstep" demo tcp-hallo
expect_exit 2 'nowhere.pcapng.*No such file' "$sockstep" open "$folder/nowhere.pcapng"

# Files that are no captures: empty, text, a folder, random bytes.
: >"$folder/empty"
echo "This is not a capture." >"$folder/text"
expect_exit 2 'empty' "$sockstep" open "$folder/empty" --plain
expect_exit 2 'not a capture' "$sockstep" open "$folder/text" --plain
expect_exit 2 'directory' "$sockstep" open "$folder" --plain
i=0
while [ $i -lt 20 ]; do
    i=$((i + 1))
    head -c $((i * 97)) /dev/urandom >"$folder/random"
    timeout 20 "$sockstep" open "$folder/random" --plain >/dev/null 2>"$folder/err"
    code=$?
    [ $code = 2 ] || { od -An -tx1 "$folder/random" | head -2; fail "random file: exit $code"; }
    [ "$(wc -l <"$folder/err")" = 1 ] || fail "random file: not one line"
done

# A scenario with a spelling mistake: file, line and column, and the word that was meant.
sed 's/delay_ms/delay_msec/' demo/scenarios/tcp-hello.yaml >"$folder/typo.yaml"
line=$(grep -n delay_msec "$folder/typo.yaml" | cut -d: -f1)
expect_exit 2 "typo.yaml:$line:3: .*delay_msec.*delay_ms" "$sockstep" check "$folder/typo.yaml"
printf 'name: x\n  title: [\n' >"$folder/broken.yaml"
expect_exit 2 'broken.yaml:2:' "$sockstep" demo "$folder/broken.yaml"

# Every command has help and says so with 0.
commands=$("$sockstep" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ "$(echo "$commands" | wc -l)" -ge 10 ] || fail "help lists too few commands"
for command in $commands; do
    "$sockstep" "$command" --help | grep -q "usage: sockstep $command" || fail "$command --help"
done
"$sockstep" help | grep -q '^  demo ' || fail "help lists no demo"
"$sockstep" --version | grep -q '^sockstep [0-9]' || fail "--version"
"$sockstep" scenarios | grep -q 'tcp-hello' || fail "scenarios lists no tcp-hello"
echo "wrong input: ok"
