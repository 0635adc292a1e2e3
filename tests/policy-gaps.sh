#!/usr/bin/env bash
# Shows that the county's policy table does not compile with a hole in it: a method without a rule, a rule without a method, two rules
# for one method. Works on a copy below the target directory; prints the compiler's words; ends with 0 only if each is refused for its
# own reason and the table as it stands is not.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target" || exit 1
target=$(cd "$target" && pwd)
copy=$target/policy-gaps
table=node/src/grpc/policy.rs
line='"AnswerDirective"'

rm -rf "$copy" && mkdir -p "$copy" || exit 1
git ls-files -z | tar --null --files-from=- --create --file=- | tar --extract --file=- --directory="$copy" || exit 1
grep -q "$line" "$table" || { echo "$table has no line $line any more; name another one here"; exit 1; }

# The libraries are those of the usual build; only our own crates are checked anew.
check() { (cd "$copy" && CARGO_TARGET_DIR=$target cargo check --quiet --locked -p changxiao-node 2>&1); }

failed=0
# gap WHAT ARM SED: the table changed so must be refused at this arm of `policy::whole`.
gap() {
    local words
    printf '\n== %s\n' "$1"
    sed "$3" "$table" >"$copy/$table"
    if words=$(check); then
        echo "IT COMPILES"
        failed=1
    else
        grep -A 14 -m 1 '^error' <<<"$words"
        grep -q "evaluation panicked" <<<"$words" && grep -q "$2" <<<"$words" || { echo "NOT FOR THIS REASON ($2)"; failed=1; }
    fi
}

echo "== the table as it stands"
if check >/dev/null; then echo "compiles"; else echo "DOES NOT COMPILE"; failed=1; fi
gap "a method without a rule: the line $line is taken out" method_without_rule "/$line/d"
gap "a rule without a method: a line \"AnswerNobody\" is added" rule_without_method "s|^\( *\)$line.*|&\n\1\"AnswerNobody\" BUREAU;|"
gap "two rules for one method: the line $line stands twice" method_with_two_rules "s|^ *$line.*|&\n&|"
rm -rf "$copy"
exit $failed
