#!/usr/bin/env bash
# Writes every page and snapshot anew that a test compares with the code: the wire's surface, the policy pages, the pages of transitions and of requirements, the
# client's help, the matrix of callers. What changed is then to be read: `git diff`.
#
#   tests/goldens.sh             all of them; the matrix calls real processes, half a minute
#   tests/goldens.sh --quick     without the matrix
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

write() {
    local name=$1
    shift
    env "$name=1" cargo test --locked --quiet "$@" </dev/null >/dev/null && printf 'written: %s\n' "$name"
}

write UPDATE_SURFACE -p changxiao-proto --test wire_surface
write UPDATE_POLICY -p changxiao-node --lib policy
write UPDATE_POLICY -p changxiao-aggregator --lib policy
write UPDATE_TRANSITIONS -p changxiao-node --lib steps
write UPDATE_REQUIREMENTS -p changxiao-node --lib requirements
write UPDATE_HELP -p changxiao-tier --test client help
if [[ ${1:-} != --quick ]]; then
    # The matrix is asked of the programs as they are built.
    cargo build --locked --quiet -p changxiao-node -p changxiao-aggregator
    write UPDATE_MATRIX -p changxiao-tests --test it matrix
fi
git status --short
