/** Statistics of models in the form of Triton, and the output `predict_proba`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GRPCInferenceService } from "../src/proto/open_inference_pb.ts";
import { expectBits } from "./support/bits.ts";
import { type Fixture, fixture, rowTexts } from "./support/fixture.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { type Running, startService } from "./support/service.ts";

const OF = fixture("binary-logistic");
const CLASSES = fixture("multi-softprob");
let running: Running;
let client: GrpcClient;

beforeAll(async () => {
  running = await startService({
    "m.ubj": OF.model,
    "v/1/model.ubj": OF.model,
    "v/2/model.ubj": OF.model,
    "classes.ubj": CLASSES.model,
    "numbers.ubj": fixture("reg-squarederror").model,
  });
  client = new GrpcClient(running.service.grpcPort);
});
afterAll(async () => {
  client.close();
  await running.stop();
});

function body(of: Fixture, output = "predict"): object {
  const data = rowTexts(of, [...Array(of.rows).keys()]).map((row) => row.map(Number));
  const rows = { name: "rows", shape: [of.rows, of.cols], datatype: "FP32", data };
  return { inputs: [rows], outputs: [{ name: output }] };
}

const infer = (name: string, of: Fixture, output?: string) =>
  running.send(`/v2/models/${name}/infer`, { body: body(of, output) });

interface Duration {
  readonly count: number;
  readonly ns: number;
}

interface Stats {
  readonly name: string;
  readonly version: string;
  readonly last_inference: number;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Readonly<
    Record<"success" | "fail" | "queue" | "compute_input" | "compute_infer" | "compute_output", Duration>
  >;
}

async function stats(path: string): Promise<readonly Stats[]> {
  return (await running.send(path)).json<{ model_stats: Stats[] }>().model_stats;
}

describe("statistics", () => {
  it("are of each version, of all versions of a model, or of all models", async () => {
    const keys = async (path: string) => (await stats(path)).map(({ name, version }) => `${name} ${version}`);
    expect(await keys("/v2/models/v/stats")).toEqual(["v 2", "v 1"]);
    expect(await keys("/v2/models/v/versions/1/stats")).toEqual(["v 1"]);
    expect(await keys("/v2/models/stats")).toEqual(["classes 1", "m 1", "numbers 1", "v 2", "v 1"]);
    expect((await running.send("/v2/models/nobody/stats")).status).toBe(404);
    expect((await running.send("/v2/models/v/versions/3/stats")).status).toBe(404);
    expect((await running.send("/v2")).json()["extensions"]).toContain("statistics");
  });

  it("count rows, requests and their times", async () => {
    const [before] = await stats("/v2/models/m/stats");
    expect(before).toMatchObject({ last_inference: 0, inference_count: 0, execution_count: 0 });
    const begin = Date.now();
    for (let i = 0; i < 3; i++) {
      expect((await infer("m", OF)).status).toBe(200);
    }
    const refused = { ...body(OF), parameters: { iteration_range: [0, 1_000] } };
    expect((await running.send("/v2/models/m/infer", { body: refused })).status).toBe(400);
    const [after] = await stats("/v2/models/m/stats");
    const { success, fail, queue, ...computed } = after!.inference_stats;
    expect([after!.execution_count, after!.inference_count]).toEqual([3, 3 * OF.rows]);
    expect(success.count).toBe(after!.execution_count);
    expect(fail.count).toBe(1);
    expect(after!.last_inference).toBeGreaterThanOrEqual(begin);
    const { compute_input, compute_infer, compute_output } = computed;
    for (const { count, ns } of [compute_input, compute_infer, compute_output]) {
      expect(count).toBe(success.count);
      expect(ns).toBeGreaterThan(0);
    }
    // The parts make the whole, but for what lies between the reply and its note.
    expect(queue.ns + compute_input.ns + compute_infer.ns + compute_output.ns).toBeLessThanOrEqual(
      success.ns * 1.01,
    );
  });

  it("are the same over gRPC", async () => {
    const { modelStatistics } = GRPCInferenceService.method;
    const { message } = await client.call(modelStatistics, { name: "m" });
    const [json] = await stats("/v2/models/m/stats");
    const [of] = message.modelStats;
    expect(of).toMatchObject({ name: "m", version: "1", inferenceCount: BigInt(json!.inference_count) });
    expect(Number(of!.inferenceStats!.success!.ns)).toBe(json!.inference_stats.success.ns);
    expect((await client.call(modelStatistics, {})).message.modelStats.length).toBe(5);
    await expect(client.call(modelStatistics, { name: "nobody" })).rejects.toThrow(/no model/);
  });
});

describe("predict_proba", () => {
  interface Reply {
    readonly outputs: readonly { name: string; shape: number[]; data: number[] }[];
  }

  it("has a column for each of two classes", async () => {
    const [output] = (await infer("m", OF, "predict_proba")).json<Reply>().outputs;
    expect([output!.name, output!.shape]).toEqual(["predict_proba", [OF.rows, 2]]);
    const expected = Array.from(OF.expected.value).flatMap((p) => [Math.fround(1 - p), p]);
    expectBits(Float32Array.from(output!.data), Float32Array.from(expected));
  });

  it("is the prediction where that has a column a class", async () => {
    const [output] = (await infer("classes", CLASSES, "predict_proba")).json<Reply>().outputs;
    expect(output!.shape).toEqual([CLASSES.rows, CLASSES.expected.value.length / CLASSES.rows]);
    expectBits(Float32Array.from(output!.data), CLASSES.expected.value);
  });

  it("comes over gRPC, and beside other outputs", async () => {
    const outputs = ["predict_proba", "predict", "margin"].map((name) => ({ name }));
    const shape = [BigInt(OF.rows), BigInt(OF.cols)];
    const { message } = await client.call(GRPCInferenceService.method.modelInfer, {
      modelName: "m",
      inputs: [{ name: "rows", datatype: "FP32", shape }],
      rawInputContents: [new Uint8Array(OF.values.buffer)],
      outputs,
    });
    expect(message.outputs.map(({ name, shape }) => [name, shape[1]])).toEqual([
      ["predict_proba", 2n],
      ["predict", 1n],
      ["margin", 1n],
    ]);
    const [both, value] = message.rawOutputContents.map(
      (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
    );
    expectBits(
      both!.filter((_, i) => i % 2 === 1),
      value!,
    );
  });

  it("is refused for models that give no probabilities", async () => {
    const answer = await infer("numbers", fixture("reg-squarederror"), "predict_proba");
    expect([answer.status, answer.json()["error"]]).toEqual([501, expect.stringMatching(/reg:squarederror/)]);
    const metadata = (await running.send("/v2/models/numbers")).json<{ outputs: { name: string }[] }>();
    expect(metadata.outputs.map(({ name }) => name)).not.toContain("predict_proba");
  });
});
