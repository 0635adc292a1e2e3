#!/bin/sh
# Builds the two programs and plays Baoshan from August to December 2015, two quarters, on seven processes on loopback. All data are SYNTHETIC.
#
#   deploy/demo.sh            stays up until Ctrl-C, with a live table
#   deploy/demo.sh --check    ends by itself; exit 0 only if every figure equals the oracle's
#
# Needs Debian and a Rust toolchain; a missing C compiler is installed. Other arguments go to the demonstration (--help).
set -eu

cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

if ! command -v cargo >/dev/null 2>&1; then
    # A shell that is not a login shell may lack the toolchain's directory.
    if [ -x "${HOME:-/root}/.cargo/bin/cargo" ]; then
        PATH="${HOME:-/root}/.cargo/bin:$PATH"
        export PATH
    else
        say "cargo is missing: install a Rust toolchain and run this again"
        exit 1
    fi
fi

if ! command -v cc >/dev/null 2>&1; then
    say "installing a C compiler from Debian"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then as_root=sudo; fi
    $as_root apt-get update -q >&2
    $as_root apt-get install -q -y --no-install-recommends gcc libc6-dev >&2
fi

begun=$(date +%s)
# Without default features: the simulator's switches stay out of the programs. Built together, no dependency is compiled twice.
cargo build --release --locked --no-default-features -p changxiao-node -p changxiao-aggregator -p changxiao-tests \
    --bin changxiao-node --bin changxiao-aggregator --bin demo >&2
built=$(($(date +%s) - begun))

target=${CARGO_TARGET_DIR:-target}
place=$(mktemp -d "${TMPDIR:-/tmp}/changxiao-demo.XXXXXX")
demo=
code=1
# The demonstration ends its seven processes itself, by their ids. If it was killed before it could, their ids are in a file.
end() {
    if [ -n "$demo" ] && kill -0 "$demo" 2>/dev/null; then
        kill -s TERM "$demo" 2>/dev/null || :
        wait "$demo" 2>/dev/null || :
    fi
    for process in $(cat "$place/processes" 2>/dev/null); do
        case $(cat "/proc/$process/cmdline" 2>/dev/null | tr '\0' ' ') in
        *changxiao-*" serve --config $place/"*) kill -s KILL "$process" 2>/dev/null || : ;;
        esac
    done
    if [ "$code" -eq 0 ] || [ "$code" -eq 130 ]; then rm -rf "$place"; else say "logs and data are kept in $place"; fi
}
trap end EXIT
trap 'code=130; exit 130' INT TERM HUP

"$target/release/demo" --build-seconds "$built" --directory "$place" "$@" &
demo=$!
code=0
wait "$demo" || code=$?
demo=
exit "$code"
