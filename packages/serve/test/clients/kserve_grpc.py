"""KServe's client over gRPC: raw and typed contents."""

import asyncio

import numpy
from common import GRPC_PORT, MODEL, ROWS, check
from kserve import InferenceGRPCClient, InferInput, InferRequest


async def main():
    client = InferenceGRPCClient(url=f"127.0.0.1:{GRPC_PORT}")
    assert await client.is_server_live()
    assert await client.is_server_ready()
    assert await client.is_model_ready(MODEL)
    for binary in (True, False):
        tensor = InferInput(name="rows", shape=list(ROWS.shape), datatype="FP32")
        tensor.set_data_from_numpy(ROWS, binary_data=binary)
        answer = await client.infer(InferRequest(model_name=MODEL, infer_inputs=[tensor]))
        check(f"raw {binary}", numpy.asarray(answer.outputs[0].as_numpy()))
    await client.close()


asyncio.run(main())
