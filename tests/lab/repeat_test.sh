#!/bin/sh
# One scenario, many times: the same calls, packets and states in the same order, times aside.
# On a machine so busy that a program gets no processor for 40 ms, the kernel's delayed-ACK timer fires and the life really
# is another one; it is printed, and one run in six may be so. RUNS=50 STRICT=1 is the long form for a quiet machine.
set -u
cd "$(dirname "$0")/../.." || exit 2
sockstep=${BUILD:-build}/sockstep
runs=${RUNS:-12}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export SOCKSTEP_SCENARIOS="$PWD/demo/scenarios"

# What changes from run to run: times, durations, pids, the client's port, how often queues were looked at, and whether the
# kernel was asked before or after the waiting accept() took its connection.
normalise() {
    grep -vE 'wait to be read|wait for accept' "$1" |
        sed -E 's/^\[[0-9]+\] t=[0-9.]+ s  //; s/after [0-9.]+ (ns|us|ms|s)//; s/pid [0-9]+/pid/g; s/\(event [0-9]+\)//g
                s/sent as event [0-9]+//; s/192\.0\.2\.1:[0-9]+/CLIENT/g; s/\[2001:db8::1\]:[0-9]+/CLIENT/g
                s/for another [0-9.]+ s//; s/, not yet accepted//'
}

allowed=$((runs / 6))
[ -z "${STRICT:-}" ] || allowed=0
for scenario in tcp-hello udp-hello; do
    i=0
    different=0
    while [ $i -lt "$runs" ]; do
        i=$((i + 1))
        timeout 30 "$sockstep" demo $scenario --plain >"$folder/raw" 2>"$folder/err"
        code=$?
        if [ $code = 3 ]; then
            cat "$folder/err"
            exit 77
        fi
        [ $code = 0 ] || { echo "$scenario run $i: exit $code"; cat "$folder/err"; exit 1; }
        normalise "$folder/raw" >"$folder/now"
        [ -e "$folder/$scenario" ] || cp "$folder/now" "$folder/$scenario"
        if ! diff -u "$folder/$scenario" "$folder/now"; then
            echo "$scenario: run $i differs from run 1"
            different=$((different + 1))
        fi
    done
    echo "$scenario: $runs runs, $(wc -l <"$folder/$scenario") events each, $different differ"
    [ $different -le $allowed ] || exit 1
done
