"""tritonclient over HTTP: health, metadata, inference in all of its forms, the repository."""

import asyncio

import numpy
import tritonclient.http as http
import tritonclient.http.aio as aio
from common import ADMIN_PORT, MODEL, NAMES, PORT, ROWS, check
from tritonclient.utils import InferenceServerException

client = http.InferenceServerClient(f"127.0.0.1:{PORT}", concurrency=4)
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL)
assert not client.is_model_ready("nobody")
assert client.get_server_metadata()["name"] == "xgboost-infer-serve"
metadata = client.get_model_metadata(MODEL)
assert [tensor["name"] for tensor in metadata["inputs"]] == NAMES
assert "predict" in [tensor["name"] for tensor in metadata["outputs"]]
print("ok health and metadata")


def matrix(binary, datatype="FP32", dtype=numpy.float32):
    tensor = http.InferInput("rows", list(ROWS.shape), datatype)
    tensor.set_data_from_numpy(ROWS.astype(dtype), binary_data=binary)
    return [tensor]


def columns(binary):
    tensors = []
    for i, name in enumerate(NAMES):
        tensor = http.InferInput(name, [len(ROWS), 1], "FP32")
        tensor.set_data_from_numpy(numpy.ascontiguousarray(ROWS[:, i : i + 1]), binary_data=binary)
        tensors.append(tensor)
    return tensors


for binary in (True, False):
    check(f"matrix, binary {binary}", client.infer(MODEL, matrix(binary)).as_numpy("predict"))
    check(f"columns, binary {binary}", client.infer(MODEL, columns(binary)).as_numpy("predict"))
check("FP64", client.infer(MODEL, matrix(True, "FP64", numpy.float64)).as_numpy("predict"))

for binary in (True, False):
    outputs = [http.InferRequestedOutput(name, binary_data=binary) for name in ("predict", "margin", "leaf")]
    answer = client.infer(MODEL, matrix(True), outputs=outputs, request_id="seven")
    assert answer.get_response()["id"] == "seven"
    for name, call in (("predict", "value"), ("margin", "margin"), ("leaf", "leaf")):
        check(f"output {name}, binary {binary}", answer.as_numpy(name), call)

[both] = client.infer(MODEL, matrix(True), outputs=[http.InferRequestedOutput("predict_proba")]).get_response()["outputs"]
assert both["shape"] == [len(ROWS), 2], both
[statistics] = client.get_inference_statistics(MODEL)["model_stats"]
assert statistics["inference_count"] == len(ROWS) * statistics["execution_count"], statistics
assert statistics["inference_stats"]["success"]["count"] == statistics["execution_count"], statistics
assert client.get_inference_statistics()["model_stats"] != []
print("ok statistics")

for algorithm in ("gzip", "deflate"):
    answer = client.infer(
        MODEL, matrix(True), request_compression_algorithm=algorithm, response_compression_algorithm=algorithm
    )
    check(f"compressed by {algorithm}", answer.as_numpy("predict"))

pending = [client.async_infer(MODEL, matrix(True)) for _ in range(50)]
for i, request in enumerate(pending):
    check(f"asynchronous {i}", request.get_result().as_numpy("predict"))

try:
    client.infer("nobody", matrix(True))
    raise AssertionError("no error for an unknown model")
except InferenceServerException as error:
    assert "nobody" in error.message(), error
    print("ok error of an unknown model")


async def asynchronous():
    async with aio.InferenceServerClient(f"127.0.0.1:{PORT}") as other:
        check("asyncio", (await other.infer(MODEL, matrix(True))).as_numpy("predict"))


asyncio.run(asynchronous())

admin = http.InferenceServerClient(f"127.0.0.1:{ADMIN_PORT}")
assert {"name": MODEL, "state": "READY"}.items() <= admin.get_model_repository_index()[0].items()
admin.unload_model(MODEL)
assert not client.is_model_ready(MODEL)
admin.load_model(MODEL)
assert client.is_model_ready(MODEL)
print("ok repository")
