"""KServe's client over REST: both protocols."""

import asyncio

import numpy
from common import MODEL, NAMES, PORT, ROWS, check
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

URL = f"http://127.0.0.1:{PORT}"


async def v2():
    client = InferenceRESTClient(config=RESTConfig(protocol="v2", timeout=10))
    assert await client.is_server_live(URL)
    assert await client.is_server_ready(URL)
    assert await client.is_model_ready(URL, MODEL)
    for binary in (True, False):
        tensor = InferInput(name="rows", shape=list(ROWS.shape), datatype="FP32")
        tensor.set_data_from_numpy(ROWS, binary_data=binary)
        outputs = [RequestedOutput("predict", parameters={"binary_data": binary})]
        request = InferRequest(model_name=MODEL, infer_inputs=[tensor], request_outputs=outputs)
        answer = await client.infer(URL, request, model_name=MODEL)
        check(f"v2, binary {binary}", answer.outputs[0].as_numpy())
    await client.close()


async def v1():
    client = InferenceRESTClient(config=RESTConfig(protocol="v1", timeout=10))
    assert await client.is_server_live(URL)
    rows = [[None if numpy.isnan(v) else float(v) for v in row] for row in ROWS]
    answer = await client.infer(URL, {"instances": rows}, model_name=MODEL)
    check("v1, by position", answer["predictions"])
    named = [dict(zip(NAMES, row)) for row in rows]
    answer = await client.infer(URL, {"instances": named}, model_name=MODEL)
    check("v1, by name", answer["predictions"])
    await client.close()


asyncio.run(v2())
asyncio.run(v1())
