/** What servers answer, as float32: before anything is timed, all of it is compared with XGBoost's own scores. */
import { fromBinary } from "@bufbuild/protobuf";
import { ModelInferResponseSchema } from "../../packages/serve/src/proto/open_inference_pb.ts";
import {
  ScoreResponseSchema,
  ScoreRowsResponseSchema,
} from "../../packages/serve/src/proto/xgboost_infer/v1/scoring_pb.ts";
import { GrpcClient } from "../../packages/serve/test/support/grpc-client.ts";
import { type Form, isGrpc, ROWS, requestFor } from "./workload.ts";

/** @returns how many of the scores of all rows are not the expected bits */
export async function differences(
  port: number,
  form: Form,
  rowsPerRequest: number,
  expected: Float32Array,
): Promise<number> {
  const client = isGrpc(form) ? new GrpcClient(port) : undefined;
  let different = 0;
  for (let first = 0; first < ROWS; first += rowsPerRequest) {
    const { path, type, body } = requestFor(form, first, rowsPerRequest);
    let scores: readonly number[];
    if (client !== undefined) {
      const { message } = await client.send(path, body.subarray(5));
      scores = ofMessage(form, rowsPerRequest, message);
    } else {
      const init = { method: "POST", headers: { "Content-Type": type }, body: new Uint8Array(body) };
      scores = ofJson(await (await fetch(`http://127.0.0.1:${port}${path}`, init)).json());
    }
    for (let i = 0; i < rowsPerRequest; i++) {
      different += Object.is(Math.fround(scores[i] ?? Number.NaN), expected[first + i]) ? 0 : 1;
    }
  }
  client?.close();
  return different;
}

interface JsonReply {
  readonly result?: { readonly score: number | readonly number[] };
  readonly outputs?: readonly { readonly data: readonly number[] }[];
}

function ofJson(reply: unknown): readonly number[] {
  const { result, outputs } = reply as JsonReply;
  if (outputs !== undefined) {
    return outputs[0]!.data;
  }
  const score = result?.score ?? [];
  return typeof score === "number" ? [score] : score;
}

function ofMessage(form: Form, rows: number, message: Buffer): readonly number[] {
  if (form === "named") {
    return rows === 1
      ? [fromBinary(ScoreResponseSchema, message).score!]
      : fromBinary(ScoreRowsResponseSchema, message).outputs!.value!.values;
  }
  const { outputs, rawOutputContents } = fromBinary(ModelInferResponseSchema, message);
  const [raw] = rawOutputContents;
  return raw === undefined
    ? outputs[0]!.contents!.fp32Contents
    : Array.from(new Float32Array(new Uint8Array(raw).buffer));
}
