#!/bin/sh
# The pages of `export --to html` and worksheet in a real browser, without any network.
set -u
# shellcheck source=tests/support/common.sh
. "$(dirname "$0")/../support/common.sh"
skip_without node npm
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$CHROMIUM" ] || { echo "skipped: no chromium here"; exit 77; }
export CHROMIUM

build=${BUILD:-build}
packages=$build/browser
if [ ! -d "$packages/node_modules/playwright-core" ] || [ ! -d "$packages/node_modules/axe-core" ]; then
    mkdir -p "$packages" && echo '{"private":true}' >"$packages/package.json"
    export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
    (cd "$packages" && npm install --no-save --no-audit --no-fund --silent playwright-core@1 axe-core@4) \
        >"$folder/npm" 2>&1 || { echo "skipped: npm could not install playwright-core and axe-core"; exit 77; }
fi

mkdir "$folder/pages" && mkdir -p "$packages/pictures" || exit 1
for test in html_test worksheet_test; do
    [ -x "$build/tests/unit/$test" ] || { echo "skipped: $test is not built"; exit 77; }
    HTML_PAGES=$folder/pages "$build/tests/unit/$test" >"$folder/out" 2>&1 || { cat "$folder/out"; fail "$test"; }
done
if command -v xmllint >/dev/null 2>&1; then
    xmllint --noout "$folder/pages/moodle.xml" || fail "moodle.xml is not well-formed"
fi

NODE_PATH=$(cd "$packages" && pwd)/node_modules
export NODE_PATH
timeout 300 node tests/e2e/browser/html.cjs "$folder/pages" "$packages/pictures" || fail "see above"
