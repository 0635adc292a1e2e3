#!/usr/bin/env bash
# Scans both listeners of a running county with testssl.sh (Debian) and sslyze (Python) and prints a summary. Everything they said is kept
# below the target directory. The exit code is 0 only if neither found anything above LOW, apart from the private authority.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd) || exit 1
clients=$target/clients/tls
out=$target/tls-scan
rm -rf "$out"
mkdir -p "$clients" "$out" || exit 1

command -v testssl >/dev/null || apt-get install -q -y --no-install-recommends testssl.sh </dev/null >>"$out/install.log" 2>&1 ||
    { echo "install testssl.sh by hand (Debian package of that name)"; exit 1; }
if [[ ! -x $clients/bin/sslyze ]]; then
    python3 -m venv "$clients" && "$clients/bin/python" -m pip install -q --disable-pip-version-check sslyze==6.3.1 </dev/null ||
        { echo "install sslyze 6.3.1 by hand into $clients"; exit 1; }
fi

cargo build --quiet --locked -p changxiao-node -p changxiao-aggregator -p changxiao-tests --bins || exit 1
coproc stand { exec "$target/debug/abuse" stand 2>"$out/stand.log"; }
stand_pid=$stand_PID
trap 'kill "$stand_pid" 2>/dev/null' EXIT
read -r service federation parent <&"${stand[0]}" || { cat "$out/stand.log"; exit 1; }

findings=0
# scan NAME ADDRESS OPTIONS…: testssl without the checks that need the Internet.
scan() {
    local name=$1 address=$2
    shift 2
    testssl --quiet --color 0 --warnings off --nodns min --ip 127.0.0.1 --jsonfile "$out/$name.json" "$@" "$address" </dev/null >"$out/$name.txt" 2>&1
    python3 - "$name" "$out/$name.json" <<'PY'
import collections, json, sys
name, file = sys.argv[1:]
found = json.load(open(file))
# A private authority is meant: it is no member of any public store, and has its own lists and no third party's logs.
private = ("cert_chain_of_trust", "cert_crlDistributionPoints", "cert_ocspURL", "cert_revocation", "OCSP_stapling", "DNS_CAArecord",
           "certificate_transparency", "cert_trust", "cert_subjectAltName", "scanTime", "engine_problem", "cert_notAfter", "cert_expirationStatus",
           "cert_extlifeSpan", "cert_validityPeriod", "overall_grade", "grade_cap_reason_1", "grade_cap_reason_2", "final_score")
by = collections.Counter(entry["severity"] for entry in found)
bad = [e for e in found if e["severity"] in ("MEDIUM", "HIGH", "CRITICAL") and e["id"].split(" ")[0] not in private]
meant = [e for e in found if e["severity"] in ("MEDIUM", "HIGH", "CRITICAL") and e["id"].split(" ")[0] in private]
print(f"testssl  {name:<11}", ", ".join(f"{n} {s}" for s, n in sorted(by.items())))
for entry in bad:
    print("         FOUND", entry["severity"], entry["id"], "-", entry["finding"][:120])
for entry in meant:
    print("         private authority:", entry["severity"], entry["id"], "-", entry["finding"][:90])
said = {e["id"]: e["finding"] for e in found}
for key in ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "ALPN", "secure_renego", "secure_client_renego", "sessionresumption_ticket", "sessionresumption_ID", "FS_ciphers"):
    if key in said:
        print(f"         {key:<26}{said[key][:110]}")
sys.exit(1 if bad else 0)
PY
    (($? == 0)) || findings=$((findings + 1))
}

# look NAME ADDRESS OPTIONS…: sslyze, whose result names the accepted suites of every version.
look() {
    local name=$1 address=$2
    shift 2
    "$clients/bin/sslyze" --sslv2 --sslv3 --tlsv1 --tlsv1_1 --tlsv1_2 --tlsv1_3 --heartbleed --openssl_ccs --compression --early_data --reneg \
        --json_out "$out/$name-sslyze.json" "$@" "$address" </dev/null >"$out/$name-sslyze.txt" 2>&1
    python3 - "$name" "$out/$name-sslyze.json" <<'PY'
import json, sys
name, file = sys.argv[1:]
result = json.load(open(file))["server_scan_results"][0]
if result["scan_result"] is None:
    print(f"sslyze   {name:<11} no result: {result.get('connectivity_error_trace', '')[-200:]}")
    sys.exit(1)
scan, bad = result["scan_result"], []
for version in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3"):
    part = scan[f"{version}_cipher_suites"]
    suites = [s["cipher_suite"]["name"] for s in (part["result"] or {}).get("accepted_cipher_suites", [])]
    if suites and version != "tls_1_3":
        bad.append(f"{version} accepts {suites}")
    if version == "tls_1_3":
        print(f"sslyze   {name:<11} TLS 1.3 alone:", ", ".join(suites) or "no suite")
for key, field in (("heartbleed", "is_vulnerable_to_heartbleed"), ("openssl_ccs_injection", "is_vulnerable_to_ccs_injection"),
                   ("tls_compression", "supports_compression"), ("tls_1_3_early_data", "supports_early_data"), ("session_renegotiation", "is_vulnerable_to_client_renegotiation_dos")):
    answer = (scan[key]["result"] or {}).get(field)
    print(f"         {key:<26}{'not asked: ' + str(scan[key]['error_reason']) if answer is None else answer}")
    if answer:
        bad.append(key)
for line in bad:
    print("         FOUND", line)
sys.exit(1 if bad else 0)
PY
    (($? == 0)) || findings=$((findings + 1))
}

scan service "$service"
look service "$service"
# This testssl knows no client certificates; in TLS 1.3 everything it asks about is settled before the server judges one.
scan federation "$federation"
look federation "$federation" --cert "$parent/cert.pem" --key "$parent/key.pem"
printf '%d of 4 scans found something above LOW; details in %s\n' "$findings" "$out"
((findings == 0))
