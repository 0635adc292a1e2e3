"""Calls without pause over one channel, as a program of somebody else would (Python, grpcio), while the server is stopped.

Prints `ready` after the first answer; once standard input is closed, prints one JSON object: how many calls were answered, told
SHUTTING_DOWN, could not connect any more, and how many ended in any other way (`broken`), with the words of the last of those.
"""

import argparse
import json
import pathlib
import sys
import threading
import time

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

CALLERS = 4
DEADLINE_SECONDS = 5


def reason(error):
    """The stable reason of a refusal, if the server gave one."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            return info.reason
    return None


class Counts:
    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {"answered": 0, "told": 0, "unreachable": 0, "broken": 0}
        self.why = ""
        self.first = threading.Event()

    def note(self, kind, why=None):
        with self.lock:
            self.counts[kind] += 1
            self.why = why or self.why
        if kind == "answered":
            self.first.set()


def call_on(check, counts, stop):
    while not stop.is_set():
        try:
            check(b"", timeout=DEADLINE_SECONDS)
            counts.note("answered")
        except grpc.RpcError as error:
            if reason(error) == "SHUTTING_DOWN":
                counts.note("told")
            elif error.code() == grpc.StatusCode.UNAVAILABLE and "failed to connect" in error.details().lower():
                counts.note("unreachable")
                time.sleep(0.05)
            else:
                counts.note("broken", f"{error.code().name}: {error.details()}")
                time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--bundle", required=True)
    arguments = parser.parse_args()
    credentials = grpc.ssl_channel_credentials(pathlib.Path(arguments.bundle).read_bytes())
    options = [("grpc.ssl_target_name_override", "localhost")]
    counts, stop = Counts(), threading.Event()
    with grpc.secure_channel(arguments.address, credentials, options) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        callers = [threading.Thread(target=call_on, args=(check, counts, stop)) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        counts.first.wait(30)
        print("ready", flush=True)
        sys.stdin.read()
        stop.set()
        for caller in callers:
            caller.join()
    print(json.dumps({**counts.counts, "why": counts.why}), flush=True)


main()
