#!/bin/sh
# Exports of real sessions, opened by the programs they are for; what goes wrong leaves what was there. A reader that is
# not installed is left out (and named); skipped (77) where no lab can be made. Mermaid's own parser is used when
# SOCKSTEP_MERMAID names a folder with mermaid and jsdom in its node_modules.
set -u
# shellcheck source=tests/support/common.sh
. "$(dirname "$0")/../support/common.sh"
need_lab
PATH=$PATH:/usr/sbin
has() {
    command -v "$1" >/dev/null 2>&1 || { echo "without $1" >>"$folder/without"; return 1; }
}
export_to() {
    "$sockstep" export "$@" || fail "export $*"
}

# Every scenario, every format.
for name in tcp-hello udp-hello syn-lost udp-duplicate refused; do
    trace=$folder/$name.pcapng out=$folder/$name
    [ -e "demo/scenarios/$name.yaml" ] || continue
    "$sockstep" demo "$name" --plain --record "$trace" >"$folder/sentences" || fail "demo $name"
    events=$(grep -c '^\[' "$folder/sentences")
    export_to "$trace" --to all "$out" >"$folder/files"
    while read -r file; do [ -s "$file" ] || fail "$file is empty"; done <"$folder/files"

    # Twice the same bytes; the trace again is the trace.
    export_to "$trace" --to all "$out.again" >/dev/null
    diff -r "$out" "$out.again" >/dev/null || fail "$name: not the same bytes the second time"
    "$sockstep" open "$out/$name.pcapng" --plain | cmp - "$folder/sentences" || fail "$name: a re-import tells another story"
    cmp "$out/$name.txt" "$folder/sentences" || fail "$name: text"

    packets=$(grep -c '"kind":"packet-sent"' "$out/$name.jsonl")
    if has python3; then
        counted=$(python3 tests/support/check_exports.py "$out" "$name" "$events") || fail "$name: $counted"
        [ "$counted" = "$packets" ] || fail "$name: jsonl has $counted packets, not $packets"
    fi
    if has sqlite3; then
        rows=$(printf '.import --csv %s e\nselect count(*) from e;\n' "$out/$name.csv" | sqlite3 2>&1)
        [ "$rows" = "$events" ] || fail "$name: sqlite3 reads $rows rows from the csv"
        rows=$(printf 'create table l(j);\n.mode tabs\n.import %s l\nselect count(*) from l where json_valid(j);\n' \
            "$out/$name.jsonl" | sqlite3 2>&1)
        [ "$rows" = $((events + 1)) ] || fail "$name: sqlite3 reads '$rows' lines from the jsonl"
    fi
    if has xmllint; then
        xmllint --noout "$out/$name.svg" || fail "$name: svg"
    fi
    if has rsvg-convert; then
        rsvg-convert "$out/$name.svg" -o "$folder/picture.png" 2>"$folder/err" || fail "$name: rsvg-convert"
        [ ! -s "$folder/err" ] || fail "$name: rsvg-convert says $(cat "$folder/err")"
    fi
    if has tshark; then
        rows=$(tshark -r "$out/$name.pcapng" 2>/dev/null | wc -l)
        [ "$rows" = "$events" ] || fail "$name: tshark shows $rows rows"
        tshark -r "$out/$name.pcap" >"$folder/rows" 2>"$folder/err" || fail "$name: tshark reads no pcap"
        grep -v 'Running as user' "$folder/err" && fail "$name: tshark complains"
        [ "$(wc -l <"$folder/rows")" = "$packets" ] || fail "$name: tshark reads another number of packets"
    fi
    if has tcpdump; then
        for kind in pcap pcapng; do
            counted=$(tcpdump -nr "$out/$name.$kind" 2>/dev/null | wc -l)
            [ "$counted" = "$packets" ] || fail "$name: tcpdump reads $counted packets of $packets from $kind"
        done
    fi
    if has editcap && has mergecap; then
        editcap "$out/$name.pcapng" "$folder/edited.pcapng" || fail "$name: editcap"
        "$sockstep" open "$folder/edited.pcapng" --plain | cmp - "$folder/sentences" || fail "$name: after editcap"
        for place in client server wire; do
            export_to "$trace" --to pcapng --at $place -o "$folder/at-$place.pcapng" --force
        done
        mergecap -w "$folder/merged.pcapng" "$folder/at-client.pcapng" "$folder/at-server.pcapng" || fail "$name: mergecap"
    fi

    # A capture at one end has what was sent there and what arrived there.
    for place in client server; do
        export_to "$trace" --to pcap --at $place | "$sockstep" open - --plain >"$folder/at"
        wanted=$(grep -cE "^\[[0-9]+\] [^ ]+ s  ($place kernel sends |.* arrives at $place)" "$folder/sentences")
        [ "$(grep -c ' sends ' "$folder/at")" = "$wanted" ] || fail "$name: a capture at $place has not $wanted packets"
    done
    if [ -n "${SOCKSTEP_MERMAID:-}" ]; then
        node tests/support/mermaid_parse.mjs "$SOCKSTEP_MERMAID" "$out/$name.mmd" || fail "$name: mermaid"
    fi
done
trace=$folder/tcp-hello.pcapng

# Redaction: nowhere in any file, by name or by bytes.
export_to "$trace" --to all "$folder/redacted" --no-payload --anonymize >/dev/null
# shellcheck disable=SC2039
for secret in 'hi client' '"hello"' '192\.0\.2\.[12]' '6869206\?20\?636c69656e74'; do
    grep -rla -- "$secret" "$folder/redacted" && fail "'$secret' is still there"
done
if has tshark; then
    tshark -r "$folder/redacted/tcp-hello.pcap" -o ip.check_checksum:TRUE -Y 'ip.checksum.status == 0' 2>/dev/null | grep . &&
        fail "a checksum of IP is wrong after --anonymize"
    tshark -r "$folder/redacted/tcp-hello.pcap" -T fields -e tcp.payload 2>/dev/null | grep . && fail "tshark finds payload"
fi

# A part.
[ "$("$sockstep" export "$trace" --to text --from 5 --to-seq 9 | wc -l)" = 5 ] || fail "--from 5 --to-seq 9"
expect_exit 2 'no such conversation' "$sockstep" export "$trace" --to text --flow 99
expect_exit 2 'no event lies' "$sockstep" export "$trace" --to text --from 999999
expect_exit 2 'comes before' "$sockstep" export "$trace" --to text --from 9 --to-seq 5
expect_exit 2 "takes a number.*'x'" "$sockstep" export "$trace" --to text --flow x
expect_exit 2 'no such host' "$sockstep" export "$trace" --to pcap --at nowhere
expect_exit 2 'at is for pcapng' "$sockstep" export "$trace" --to svg --at wire
expect_exit 2 "unknown format 'pdf'" "$sockstep" export "$trace" --to pdf
expect_exit 2 'wants a folder' "$sockstep" export "$trace" --to all
expect_exit 2 'to FORMAT is wanted' "$sockstep" export "$trace"
expect_exit 2 'No such file' "$sockstep" export "$folder/nowhere" --to text

# What goes wrong leaves what was there, one line, and no half file.
alone() {
    [ "$(ls -A "$folder/alone")" = "$1" ] || fail "left behind: $(ls -A "$folder/alone")"
}
mkdir "$folder/alone"
echo precious >"$folder/alone/file"
for format in text svg pcapng; do
    expect_exit 2 'is there already; --force' "$sockstep" export "$trace" --to $format -o "$folder/alone/file"
    expect_exit 2 'No such file or directory' "$sockstep" export "$trace" --to $format -o "$folder/missing/file"
    expect_exit 3 'No space left' "$sockstep" export "$trace" --to $format -o /dev/full
    expect_exit 1 'File too large' sh -c "ulimit -f 1; exec '$sockstep' export '$trace' --to $format --force -o '$folder/alone/file'"
    expect_exit 2 'folder' "$sockstep" export "$trace" --to $format -o "$folder/alone" --force
    [ "$(cat "$folder/alone/file")" = precious ] || fail "$format: the file that was there is gone"
    alone file
done
if [ "$(id -u)" != 0 ]; then
    chmod a-w "$folder/alone"
    expect_exit 2 'Permission denied' "$sockstep" export "$trace" --to text -o "$folder/alone/new"
    chmod u+w "$folder/alone"
fi
rounds=0
while [ $rounds -lt 20 ]; do
    rounds=$((rounds + 1))
    "$sockstep" export "$trace" --to pcapng --force -o "$folder/alone/file" 2>/dev/null &
    pid=$!
    sleep "0.0$((rounds % 10))"
    kill -TERM $pid 2>/dev/null
    wait $pid
    alone file
done 2>/dev/null
export_to "$trace" --to text --force -o "$folder/alone/file"
cmp -s "$folder/alone/file" "$folder/tcp-hello/tcp-hello.txt" || fail "--force did not overwrite"
ln -s file "$folder/alone/link"
export_to "$trace" --to csv --force -o "$folder/alone/link"
[ -L "$folder/alone/link" ] || fail "a link was replaced instead of what it points to"
export_to "$trace" --to text -o - | cmp -s - "$folder/tcp-hello/tcp-hello.txt" || fail "-o -"

# Numbers have points wherever one comes from.
LC_ALL=de_DE.UTF-8 "$sockstep" export "$trace" --to svg | cmp -s - "$folder/tcp-hello/tcp-hello.svg" || fail "another locale, another figure"

[ ! -e "$folder/without" ] || sort -u "$folder/without"
echo "exports: ok"
