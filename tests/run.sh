#!/usr/bin/env bash
# Checks everything: format, lint, the wire, all tests. The last line is `N passed, N failed`; the exit code is 0 only if nothing failed.
#
# Needs Debian and a Rust toolchain. What else is missing (a C compiler, Python, Node.js, PostgreSQL) is installed from Debian, as root or with
# sudo. Foreign clients are kept below the target directory, never in the tree.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target" || exit 1
target=$(cd "$target" && pwd)
# tests/it/foreign_clients.rs looks for them here.
clients=$target/clients
log=$target/run.log
: >"$log"

passed=0
failed=0
begun=$SECONDS
failures=()

heading() { printf '\n== %s\n' "$*"; }

# check NAME COMMAND…: runs one check, which counts as one.
check() {
    local name=$1 at=$SECONDS
    shift
    heading "$name"
    if "$@"; then
        passed=$((passed + 1))
        printf -- '-- %s: passed in %d s\n' "$name" $((SECONDS - at))
    else
        failed=$((failed + 1))
        failures+=("$name")
        printf -- '-- %s: FAILED after %d s\n' "$name" $((SECONDS - at))
    fi
}

finish() {
    heading "$((SECONDS - begun)) s in all"
    if ((${#failures[@]})); then printf 'failed: %s\n' "${failures[@]}"; fi
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
    exit
}

# Debian's packages that a probe finds missing.
missing_packages() {
    local try
    try=$(mktemp -d) || return 1
    echo 'int main(void) { return 0; }' >"$try/try.c"
    cc -o "$try/try" "$try/try.c" 2>/dev/null || echo gcc libc6-dev
    python3 -c '' 2>/dev/null || echo python3
    # A Python may lack the modules that make an environment; Debian keeps them in a package of their own.
    python3 -m venv "$try/venv" >/dev/null 2>&1 || echo python3-venv
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
    # The server's programs are no commands; Debian keeps each version's apart.
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || echo postgresql
    rm -rf "$try"
}

install_missing() {
    local packages as_root=()
    mapfile -t packages < <(missing_packages | tr ' ' '\n')
    if ((${#packages[@]} == 0)); then
        echo "nothing is missing"
        return 0
    fi
    echo "installing ${packages[*]}"
    if (($(id -u) != 0)); then as_root=(sudo -n); fi
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -q </dev/null >>"$log" 2>&1 &&
        "${as_root[@]}" apt-get install -q -y --no-install-recommends "${packages[@]}" </dev/null >>"$log" 2>&1 &&
        return 0
    tail -n 5 "$log"
    echo "install by hand: ${packages[*]}"
    return 1
}

toolchain() {
    if ! command -v cargo >/dev/null && [[ -x ${HOME:-/root}/.cargo/bin/cargo ]]; then
        # A shell that is not a login shell may lack the toolchain's directory.
        export PATH=${HOME:-/root}/.cargo/bin:$PATH
    fi
    cargo --version || {
        echo "cargo is missing: install a Rust toolchain and run this again"
        return 1
    }
    local part
    for part in fmt clippy; do
        cargo "$part" --version && continue
        command -v rustup >/dev/null && rustup component add "${part/fmt/rustfmt}" && continue
        echo "cargo $part is missing: add the component ${part/fmt/rustfmt} to the toolchain and run this again"
        return 1
    done
}

# A Python environment whose packages are exactly the pinned ones.
python_clients() {
    local wanted=tests/clients/requirements.txt
    if ! cmp -s "$wanted" "$clients/python/installed"; then
        rm -rf "$clients/python"
        python3 -m venv "$clients/python" &&
            "$clients/python/bin/pip" install -q --disable-pip-version-check --no-deps -r "$wanted" </dev/null &&
            cp "$wanted" "$clients/python/installed" || return 1
    fi
    "$clients/python/bin/python" -c 'import grpc, grpc_tools; print("grpcio", grpc.__version__)'
}

buf_client() {
    local version=1.75.0 buf=$clients/buf/node_modules/.bin/buf
    if [[ $("$buf" --version 2>/dev/null) != "$version" ]]; then
        mkdir -p "$clients/buf" &&
            npm install --no-audit --no-fund --ignore-scripts --loglevel=error --prefix "$clients/buf" "@bufbuild/buf@$version" </dev/null ||
            return 1
    fi
    printf 'buf %s\n' "$("$buf" --version)"
}

buf_lint() { (cd proto && BUF_CACHE_DIR=$clients/buf/cache "$clients/buf/node_modules/.bin/buf" lint); }

# All targets at once: programs and tests are then built with the same features, and nothing is compiled twice.
build() { cargo build --locked --quiet --workspace --all-targets; }

lint() { cargo clippy --quiet --workspace --all-targets -- -D warnings; }

# tests NAME COMMAND…: every test counts as one. What they print is shown, the simulator's runs among it. A suite that ends without telling its result (it did not
# compile, or it died) counts as one failure.
tests() {
    local name=$1 at=$SECONDS output=$target/tests.log code=0 good bad
    shift
    heading "$name"
    "$@" 2>&1 </dev/null | tee "$output" || code=$?
    good=$(sum passed "$output")
    bad=$(sum failed "$output")
    if ((code != 0 && bad == 0)); then bad=1; fi
    if ((good == 0)); then bad=$((bad + 1)); fi
    passed=$((passed + good))
    failed=$((failed + bad))
    if ((bad)); then failures+=("$name"); fi
    printf -- '-- %s: %d passed, %d failed in %d s\n' "$name" "$good" "$bad" $((SECONDS - at))
}

# The same build for both engines: every test on SQLite, then once more those that keep a database, on a PostgreSQL server of their own.
on_sqlite() { cargo test --locked --workspace --no-fail-fast -- --show-output; }

on_postgresql() {
    # All of the workspace is compiled, so that features and artifacts stay those of the first run; only binaries called `it` are run.
    # Left out is what keeps no database, and what copies or spoils the file that only SQLite has.
    local out=(simulation channel identity error_pages tampering config_mistakes an_older_copy_put_back a_history_written_anew) skip=() name
    for name in "${out[@]}"; do skip+=(--skip "$name"); done
    "$target/debug/postgresql" cargo test --locked --workspace --no-fail-fast --test it -- "${skip[@]}" --show-output
}

# sum WORD FILE: the numbers before a word in all result lines.
sum() { sed -n "s/^test result: .* \([0-9][0-9]*\) $1;.*/\1/p" "$2" | awk '{ n += $1 } END { print n + 0 }'; }

check "packages from Debian" install_missing
check "toolchain" toolchain
((failed == 0)) || finish
check "format" cargo fmt --all --check
check "Python client" python_clients
check "buf" buf_client
check "wire (buf lint)" buf_lint
check "build" build
check "lint" lint
tests "tests" on_sqlite
tests "tests on PostgreSQL" on_postgresql
finish
