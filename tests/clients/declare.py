"""Files a declaration as a program of somebody else would: Python, grpcio, stubs generated from proto/.

Prints one JSON object per step on standard output. The tokens come from the environment, REPORTER_TOKEN and LEGAL_TOKEN.
"""

import argparse
import importlib
import json
import os
import pathlib
import sys
import tempfile
import uuid

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc

DEADLINE_SECONDS = 30


def generate(proto, out):
    """Generates stubs for everything below proto/ into a directory and makes them importable."""
    files = sorted(str(path) for path in pathlib.Path(proto, "changxiao").rglob("*.proto"))
    code = protoc.main(["protoc", f"--proto_path={proto}", f"--python_out={out}", f"--grpc_python_out={out}", *files])
    if code != 0:
        sys.exit(f"protoc ended with {code}")
    sys.path.insert(0, out)


def tell(step, **what):
    print(json.dumps({"step": step, **what}, ensure_ascii=False), flush=True)


def receipt(of):
    return {
        "resource": of.resource,
        "position": of.position,
        "leaf": of.leaf_hash.hex(),
        "sandbox": of.sandbox,
        "repeated": of.repeated,
    }


def refusal(error):
    """What a refused call says of itself: code, stable reason, and every field that is wrong."""
    reason, violations = None, []
    for detail in rpc_status.from_call(error).details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason = info.reason
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            request = error_details_pb2.BadRequest()
            detail.Unpack(request)
            violations = [{"field": each.field, "why": each.description} for each in request.field_violations]
    return {"code": error.code().name, "reason": reason, "violations": violations}


class Account:
    """One account at one service listener."""

    def __init__(self, token):
        self.metadata = (("authorization", f"Bearer {token}"),)

    def call(self, method, request):
        return method(request, metadata=self.metadata, timeout=DEADLINE_SECONDS)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True, help="host and port of a county's service listener")
    parser.add_argument("--bundle", required=True, help="certificates of the authority, PEM")
    parser.add_argument("--proto", required=True, help="directory with the .proto files")
    parser.add_argument("--enterprise", required=True, help="regions/…/enterprises/…")
    parser.add_argument("--month", required=True, help="a frozen month such as 2015-08")
    arguments = parser.parse_args()
    reporter = Account(os.environ["REPORTER_TOKEN"])
    responsible = Account(os.environ["RESPONSIBLE_TOKEN"])
    legal = Account(os.environ["LEGAL_TOKEN"])

    with tempfile.TemporaryDirectory() as stubs:
        generate(arguments.proto, stubs)
        pb = importlib.import_module("changxiao.county.v1.declarations_pb2")
        services = importlib.import_module("changxiao.county.v1.declarations_pb2_grpc")
        types = importlib.import_module("changxiao.types.v1.types_pb2")
        credentials = grpc.ssl_channel_credentials(pathlib.Path(arguments.bundle).read_bytes())
        with grpc.secure_channel(arguments.address, credentials) as channel:
            declare(arguments, pb, types, services, channel, reporter, responsible, legal)


def declare(arguments, pb, types, services, channel, reporter, responsible, legal):
    inspections = importlib.import_module("changxiao.county.v1.self_inspections_pb2_grpc").SelfInspectionsStub(channel)
    inspecting = importlib.import_module("changxiao.county.v1.self_inspections_pb2")
    declarations = services.DeclarationsStub(channel)
    year, month = map(int, arguments.month.split("-"))
    name = f"{arguments.enterprise}/declarations/{arguments.month}"

    inspected = reporter.call(
        inspections.RecordSelfInspection,
        inspecting.RecordSelfInspectionRequest(
            parent=arguments.enterprise,
            request_id=str(uuid.uuid4()),
            on=types.Date(year=year, month=month, day=28),
            inspector="测试检查员",
            scope="测试全厂区",
            responsible="测试责任人",
            legal_representative="测试法定代表人",
            paper=bytes([9] * 32),
        ),
    )
    tell("inspected", **receipt(inspected))

    editing = pb.EditDeclarationRequest(name=name, request_id=str(uuid.uuid4()))
    tell("edited", **receipt(reporter.call(declarations.EditDeclaration, editing)))
    shown = reporter.call(declarations.GetDeclaration, pb.GetDeclarationRequest(name=name))
    confirming = pb.ConfirmDeclarationRequest(
        name=name,
        request_id=str(uuid.uuid4()),
        content_hash=shown.content_hash,
        zero_statement="本月自查未发现隐患(测试)",
    )
    tell("confirmed", **receipt(responsible.call(declarations.ConfirmDeclaration, confirming)))
    shown = legal.call(declarations.GetDeclaration, pb.GetDeclarationRequest(name=name))
    tell("shown", hash=shown.content_hash.hex(), self_inspections=shown.figures.self_inspections, found=shown.figures.general_found)

    signing = pb.SignDeclarationRequest(name=name, request_id=str(uuid.uuid4()), content_hash=shown.content_hash)
    tell("signed", **receipt(legal.call(declarations.SignDeclaration, signing)))

    filing = pb.FileDeclarationRequest(
        name=name,
        request_id=str(uuid.uuid4()),
        content_hash=shown.content_hash,
    )
    tell("filed", **receipt(reporter.call(declarations.FileDeclaration, filing)))
    # The network may have swallowed the answer: the same bytes again give the same receipt.
    tell("filed again", **receipt(reporter.call(declarations.FileDeclaration, filing)))

    after = reporter.call(declarations.GetDeclaration, pb.GetDeclarationRequest(name=name))
    tell("kept", state=pb.DeclarationState.Name(after.state), signed=after.signed, statement=after.zero_statement)

    wrong = inspecting.RecordSelfInspectionRequest(
        parent="enterprises/17", request_id="once more", on=types.Date(year=2015, month=2, day=30), inspector="", scope="\x07"
    )
    try:
        reporter.call(inspections.RecordSelfInspection, wrong)
        sys.exit("bad input was taken")
    except grpc.RpcError as error:
        tell("refused", **refusal(error))


if __name__ == "__main__":
    main()
