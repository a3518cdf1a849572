"""tritonclient over gRPC: health, metadata, inference in all of its forms."""

import asyncio
import queue

import numpy
import tritonclient.grpc as grpc
import tritonclient.grpc.aio as aio
from common import GRPC_PORT, MODEL, NAMES, ROWS, check
from tritonclient.utils import InferenceServerException

URL = f"127.0.0.1:{GRPC_PORT}"
client = grpc.InferenceServerClient(URL)
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL)
assert not client.is_model_ready("nobody") and not client.is_model_ready(MODEL, "7")
assert client.get_server_metadata().name == "xgboost-infer-serve"
metadata = client.get_model_metadata(MODEL)
assert [tensor.name for tensor in metadata.inputs] == NAMES
assert list(metadata.inputs[0].shape) == [-1, 1]
assert "predict" in [tensor.name for tensor in metadata.outputs]
print("ok health and metadata")


def matrix(datatype="FP32", dtype=numpy.float32):
    tensor = grpc.InferInput("rows", list(ROWS.shape), datatype)
    tensor.set_data_from_numpy(ROWS.astype(dtype))
    return [tensor]


def columns():
    tensors = []
    for i, name in enumerate(NAMES):
        tensor = grpc.InferInput(name, [len(ROWS), 1], "FP32")
        tensor.set_data_from_numpy(numpy.ascontiguousarray(ROWS[:, i : i + 1]))
        tensors.append(tensor)
    return tensors


check("matrix", client.infer(MODEL, matrix()).as_numpy("predict"))
check("columns", client.infer(MODEL, columns()).as_numpy("predict"))
check("FP64", client.infer(MODEL, matrix("FP64", numpy.float64)).as_numpy("predict"))

[statistics] = client.get_inference_statistics(MODEL).model_stats
assert (statistics.name, statistics.version) == (MODEL, "1"), statistics
assert statistics.inference_count == len(ROWS) * statistics.execution_count, statistics
assert statistics.inference_stats.success.count == statistics.execution_count, statistics
print("ok statistics")

outputs = [grpc.InferRequestedOutput(name) for name in ("predict", "margin", "leaf")]
answer = client.infer(MODEL, matrix(), outputs=outputs, request_id="seven", headers={"x-request-id": "seven"})
assert answer.get_response().id == "seven"
for name, call in (("predict", "value"), ("margin", "margin"), ("leaf", "leaf")):
    check(f"output {name}", answer.as_numpy(name), call)

for algorithm in ("gzip", "deflate"):
    check(f"compressed by {algorithm}", client.infer(MODEL, matrix(), compression_algorithm=algorithm).as_numpy("predict"))

done = queue.Queue()
for _ in range(50):
    client.async_infer(MODEL, matrix(), callback=lambda result, error: done.put((result, error)))
for i in range(50):
    result, error = done.get(timeout=10)
    assert error is None, error
    check(f"asynchronous {i}", result.as_numpy("predict"))

for what, status, call in (
    ("an unknown model", "NOT_FOUND", lambda: client.infer("nobody", matrix())),
    ("a wrong output", "INVALID_ARGUMENT", lambda: client.infer(MODEL, matrix(), outputs=[grpc.InferRequestedOutput("x")])),
    ("the repository", "UNIMPLEMENTED", lambda: client.get_model_repository_index()),
    ("a deadline", "DEADLINE_EXCEEDED", lambda: client.infer(MODEL, matrix(), client_timeout=1e-6)),
):
    try:
        call()
        raise AssertionError(f"no error for {what}")
    except InferenceServerException as error:
        assert status in f"{error.status()} {error.message()}", error
        print(f"ok error of {what}")


async def asynchronous():
    async with aio.InferenceServerClient(URL) as other:
        check("asyncio", (await other.infer(MODEL, matrix())).as_numpy("predict"))


asyncio.run(asynchronous())
