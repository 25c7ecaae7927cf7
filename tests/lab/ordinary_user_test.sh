#!/bin/sh
# Without any privileges: the same scenarios as user nobody, IPv4 and IPv6. And programs that know nothing of us.
set -u
# shellcheck source=tests/support/common.sh
. "$(dirname "$0")/../support/common.sh"
need_lab

# A copy that nobody may read, since the checkout may lie where nobody may not go.
chmod 755 "$folder"
mkdir -p "$folder/build" "$folder/demo"
cp -r "${BUILD:-build}/sockstep" "${BUILD:-build}/demo" "${BUILD:-build}/libsockprobe.so" "$folder/build/"
cp -r demo/scenarios tests/lab/scenarios/*.yaml "$folder/demo/"
chmod -R a+rX "$folder"
as_nobody() {
    if [ "$(id -u)" = 0 ]; then
        su nobody -s /bin/sh -c "cd $folder && SOCKSTEP_SCENARIOS=$folder/demo/scenarios LC_ALL=C.UTF-8 $*"
    else
        (cd "$folder" && sh -c "SOCKSTEP_SCENARIOS=$folder/demo/scenarios $*")
    fi
}
as_nobody build/sockstep doctor >/dev/null 2>&1
[ $? != 3 ] || { echo "skipped: no lab for an ordinary user here"; exit 77; }
for options in "" "--ipv6"; do
    for scenario in tcp-hello udp-hello; do
        as_nobody build/sockstep check $options $scenario || fail "$scenario $options as nobody"
    done
done
as_nobody build/sockstep demo --ipv6 tcp-hello --plain | grep -q '\[2001:db8::2\]:7001' || fail "no IPv6 address seen"

skip_without python3 curl
python=$(command -v /usr/bin/python3 || command -v python3)
sed "s|program: python3|program: $python|" demo/../tests/lab/scenarios/python-http.yaml >"$folder/demo/python-http.yaml"
chmod a+r "$folder/demo/python-http.yaml"
as_nobody build/sockstep check demo/python-http.yaml || fail "python3 -m http.server and curl"
as_nobody build/sockstep demo demo/python-http.yaml --plain >"$folder/http" || fail "python-http --plain"
for seen in 'calls connect' 'calls accept' 'kernel sends SYN' 'HTTP/1'; do
    grep -q "$seen" "$folder/http" || fail "preloaded programs: no '$seen'"
done
echo "ordinary user: ok"
