#!/bin/sh
# cover.sh BUILD_DIR: how many lines of each folder were run, after programs built with --coverage have run.
# The sum of what gcov says of the objects in BUILD_DIR/obj; a header counts in the folder it lies in.
set -u
build=${1:?usage: cover.sh BUILD_DIR}
cd "$(dirname "$0")/../.." || exit 2
if ! command -v gcov >/dev/null 2>&1; then
    echo "cover: gcov is missing (it comes with gcc)" >&2
    exit 2
fi
objects=$(find "$build/obj/tracer" "$build/obj/tui" -name '*.gcno' 2>/dev/null)
if [ -z "$objects" ]; then
    echo "cover: nothing in $build/obj was built with --coverage; run make cover" >&2
    exit 2
fi

# gcov -i -t writes one JSON document an object; -n gives the sums that are wanted here:
#     File 'tracer/base/buf.c'
#     Lines executed:95.00% of 40
# An object that no program has run has no .gcda: gcov counts its lines as not run.
echo "$objects" | while IFS= read -r object; do
    gcov -n -r "$object" 2>/dev/null
done | awk '
    /^File / { file = $2; gsub(/\047/, "", file); next }
    /^Lines executed:/ && file != "" {
        split($0, part, /[:% ]+/)
        percent = part[3]
        lines = $NF
        run = int(percent * lines / 100 + 0.5)
        # Of a header that several objects have, the best count stands.
        if (!(file in total) || run > done[file]) { total[file] = lines; done[file] = run }
        file = ""
        next
    }
    /^No executable lines/ { file = "" }
    END {
        for (file in total) {
            folder = file
            sub(/\/[^\/]*$/, "", folder)
            if (folder !~ /^(tracer|tui)/) continue
            all[folder] += total[file]
            ran[folder] += done[file]
        }
        for (folder in all) {
            printf "%s|%d|%d\n", folder, ran[folder], all[folder] | "sort"
        }
    }' | awk -F'|' '
    BEGIN { printf "%-18s %7s %7s %7s\n", "folder", "run", "lines", "" }
    { printf "%-18s %7d %7d %6.1f%%\n", $1, $2, $3, $3 ? 100 * $2 / $3 : 0; run += $2; lines += $3 }
    END { printf "%-18s %7d %7d %6.1f%%\n", "all", run, lines, lines ? 100 * run / lines : 0 }'
