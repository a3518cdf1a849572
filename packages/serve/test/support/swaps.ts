/** Models that are swapped while clients of gRPC call. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Booster } from "xgboost-infer";
import { GRPCInferenceService } from "../../src/proto/open_inference_pb.ts";
import { ScoringService } from "../../src/proto/xgboost_infer/v1/scoring_pb.ts";
import { expectBits } from "./bits.ts";
import { fixture } from "./fixture.ts";
import { GrpcClient } from "./grpc-client.ts";
import { put, type Running, until } from "./service.ts";

/** Models with the same features and other answers. */
export const A = fixture("binary-logistic");
export const B = fixture("binary-logistic-base-score");

const ROWS = { name: "rows", datatype: "FP32", shape: [BigInt(A.rows), BigInt(A.cols)] };
export const MATRIX = { modelName: "m", inputs: [ROWS], rawInputContents: [new Uint8Array(A.values.buffer)] };

/**
 * Swaps the model `m` so many times while 20 clients score by it, each over a connection of its own: every call is answered, and
 * wholly by one model.
 */
export async function swapUnderLoad(of: Running, swaps: number): Promise<{ calls: number; models: number }> {
  const predictions = [A, B].map(
    ({ model }) => Booster.load(model).predict({ data: A.values, rows: A.rows, cols: A.cols }).data,
  );
  const answers = new Map<string, Float32Array>();
  let going = true;
  let calls = 0;
  const clients = Array.from({ length: 20 }, () => new GrpcClient(of.service.grpcPort, OWN_CONNECTION));
  const work = clients.map(async (each, i) => {
    while (going) {
      const named = i % 2 === 0;
      const [found, digest] = named ? await scoreNamed(each) : await inferRaw(each);
      const expected = predictions.find((each) => each[0] === found[0])!;
      expectBits(found, expected.slice(0, found.length));
      expect(answers.get(digest) ?? expected).toBe(expected);
      answers.set(digest, expected);
      calls++;
    }
  });
  for (let swap = 0; swap < swaps; swap++) {
    const before = of.service.repository.get("m").digest;
    replace(join(of.directory, "m.ubj"), swap % 2 === 0 ? B.model : A.model);
    await until(() => of.service.repository.get("m").digest !== before);
  }
  going = false;
  await Promise.all(work);
  for (const each of clients) {
    each.close();
  }
  return { calls, models: new Set(answers.values()).size };
}

function replace(path: string, content: Uint8Array): void {
  put(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}

/** Clients in one process share connections otherwise. */
const OWN_CONNECTION = { "grpc.use_local_subchannel_pool": 1 };

async function inferRaw(of: GrpcClient): Promise<[Float32Array, string]> {
  const { message } = await of.call(GRPCInferenceService.method.modelInfer, MATRIX);
  const found = new Float32Array(new Uint8Array(message.rawOutputContents[0]!).buffer);
  return [found, message.parameters["model_digest"]!.parameterChoice.value as string];
}

async function scoreNamed(of: GrpcClient): Promise<[Float32Array, string]> {
  const numbers = Object.fromEntries(A.names.map((name, i) => [name, A.values[i]!]));
  const { message } = await of.call(ScoringService.method.score, { model: "m", features: { numbers } });
  return [Float32Array.of(message.score!), message.model!.digest];
}
