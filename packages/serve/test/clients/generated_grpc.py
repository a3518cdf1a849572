"""A client that is generated here of the service's own definitions, and gRPC's health check."""

import pathlib
import sys
import tempfile

import grpc
import numpy
from common import GRPC_PORT, MODEL, NAMES, ROWS, check, expected
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
folder = tempfile.TemporaryDirectory()
files = ["xgboost_infer/v1/scoring.proto", "grpc/health/v1/health.proto"]
# A folder of its own for each: one that is called grpc would stand in front of the library.
for file in files:
    out = pathlib.Path(folder.name, pathlib.Path(file).stem)
    out.mkdir()
    source = (PROTO / file).parent
    arguments = [f"--proto_path={source}", f"--python_out={out}", f"--grpc_python_out={out}"]
    assert protoc.main(["", *arguments, pathlib.Path(file).name]) == 0
    sys.path.insert(0, str(out))

import health_pb2
import health_pb2_grpc
import scoring_pb2 as pb
from scoring_pb2_grpc import ScoringServiceStub

channel = grpc.insecure_channel(f"127.0.0.1:{GRPC_PORT}")
health = health_pb2_grpc.HealthStub(channel)
assert health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
watched = health.Watch(health_pb2.HealthCheckRequest(service="xgboost_infer.v1.ScoringService"))
assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
watched.cancel()
print("ok health")

service = ScoringServiceStub(channel)


def features(row, leave_out):
    numbers = {name: float(v) for name, v in zip(NAMES, row) if not (leave_out and numpy.isnan(v))}
    return pb.Features(numbers=numbers)


for leave_out in (False, True):
    scores = [service.Score(pb.ScoreRequest(model=MODEL, features=features(row, leave_out))) for row in ROWS]
    check(f"a row at a time, missing left out {leave_out}", [answer.score for answer in scores])
    assert all(answer.model.name == MODEL and answer.model.digest.startswith("sha256:") for answer in scores)

asked = [pb.OUTPUT_VALUE, pb.OUTPUT_MARGIN, pb.OUTPUT_LEAF]
rows = [features(row, True) for row in ROWS]
answer = service.ScoreRows(pb.ScoreRowsRequest(model=MODEL, rows=rows, outputs=asked))
assert answer.rows == len(ROWS) and answer.missing_values == int(numpy.isnan(ROWS).sum())
for kind in ("value", "margin", "leaf"):
    values = getattr(answer.outputs, kind)
    assert tuple(values.shape) == expected(kind).shape, values.shape
    check(f"many rows, {kind}", values.values, kind)

call = service.Score.with_call(
    pb.ScoreRequest(model=MODEL, features=rows[0]), metadata=(("x-request-id", "seven"),), timeout=5
)[1]
assert ("x-request-id", "seven") in [(k, v) for k, v in call.initial_metadata()]
for what, code, request in (
    ("an unknown model", grpc.StatusCode.NOT_FOUND, pb.ScoreRequest(model="nobody")),
    ("no model", grpc.StatusCode.INVALID_ARGUMENT, pb.ScoreRequest()),
):
    try:
        service.Score(request)
        raise AssertionError(f"no error for {what}")
    except grpc.RpcError as error:
        assert error.code() == code, error
        print(f"ok error of {what}")
