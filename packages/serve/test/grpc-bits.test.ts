/** The same row over every form of gRPC has the bits that Python answered. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GRPCInferenceService } from "../src/proto/open_inference_pb.ts";
import { Output, ScoringService } from "../src/proto/xgboost_infer/v1/scoring_pb.ts";
import { expectBits } from "./support/bits.ts";
import { allRows, type Fixture, fixture } from "./support/fixture.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { type Running, startService } from "./support/service.ts";

const FIXTURES = {
  logistic: fixture("binary-logistic-missing"),
  named: fixture("feature-names"),
  classes: fixture("multi-softprob-missing"),
};

const models = Object.entries(FIXTURES) as [keyof typeof FIXTURES, Fixture][];
const { modelInfer } = GRPCInferenceService.method;
const { score, scoreRows } = ScoringService.method;
let running: Running;
let client: GrpcClient;

beforeAll(async () => {
  running = await startService(Object.fromEntries(models.map(([name, { model }]) => [`${name}.ubj`, model])));
  client = new GrpcClient(running.service.grpcPort);
});
afterAll(async () => {
  client.close();
  await running.stop();
});

function rawFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

describe.each(models)("%s", (name, of) => {
  const { rows, cols, values, expected, names } = of;
  const width = expected.value.length / rows;
  const bytes = new Uint8Array(values.buffer);
  const shape = [BigInt(rows), BigInt(cols)];

  it("OIP, a raw matrix of FP32, and of FP64", async () => {
    const doubles = new Uint8Array(Float64Array.from(values).buffer);
    for (const [datatype, raw] of [
      ["FP32", bytes],
      ["FP64", doubles],
    ] as const) {
      const { message } = await client.call(modelInfer, {
        modelName: name,
        inputs: [{ name: "rows", datatype, shape }],
        rawInputContents: [raw],
      });
      expect(message.outputs).toMatchObject([
        { name: "predict", datatype: "FP32", shape: [BigInt(rows), BigInt(width)] },
      ]);
      expect(message.outputs[0]!.contents).toBeUndefined();
      expectBits(rawFloats(message.rawOutputContents[0]!), expected.value);
    }
  });

  it("OIP, typed contents of FP32, and of FP64", async () => {
    const list = Array.from(values);
    for (const [datatype, contents] of [
      ["FP32", { fp32Contents: list }],
      ["FP64", { fp64Contents: list }],
    ] as const) {
      const { message } = await client.call(modelInfer, {
        modelName: name,
        inputs: [{ name: "rows", datatype, shape, contents }],
      });
      expect(message.rawOutputContents).toEqual([]);
      expectBits(Float32Array.from(message.outputs[0]!.contents!.fp32Contents), expected.value);
    }
  });

  it("OIP, a tensor for each feature, in another order, raw and typed", async () => {
    const columns = names.map((feature, column) => ({
      name: feature,
      datatype: "FP32",
      shape: column % 2 === 0 ? [BigInt(rows)] : [BigInt(rows), 1n],
      column: Float32Array.from({ length: rows }, (_, row) => values[row * cols + column]!),
    }));
    columns.reverse();
    const typed = await client.call(modelInfer, {
      modelName: name,
      inputs: columns.map(({ column, ...rest }) => ({
        ...rest,
        contents: { fp32Contents: Array.from(column) },
      })),
    });
    expectBits(Float32Array.from(typed.message.outputs[0]!.contents!.fp32Contents), expected.value);
    const raw = await client.call(modelInfer, {
      modelName: name,
      inputs: columns.map(({ column: _, ...rest }) => rest),
      rawInputContents: columns.map(({ column }) => new Uint8Array(column.buffer)),
    });
    expectBits(rawFloats(raw.message.rawOutputContents[0]!), expected.value);
  });

  it("OIP, outputs by their names", async () => {
    const { message } = await client.call(modelInfer, {
      modelName: name,
      inputs: [{ name: "rows", datatype: "FP32", shape }],
      outputs: [{ name: "leaf" }, { name: "output__0" }, { name: "margin" }],
      rawInputContents: [bytes],
    });
    expect(message.outputs.map((output) => output.name)).toEqual(["leaf", "output__0", "margin"]);
    [expected.leaf, expected.value, expected.margin].forEach((each, i) => {
      expectBits(rawFloats(message.rawOutputContents[i]!), each);
    });
  });

  const featuresOf = (row: number) => ({
    numbers: Object.fromEntries(names.map((feature, i) => [feature, values[row * cols + i]!])),
  });

  it("named features, one row at a time", async () => {
    for (const row of allRows(of)) {
      const { message } = await client.call(score, { model: name, features: featuresOf(row) });
      const one = expected.value.slice(row * width, (row + 1) * width);
      expect(message.outputs!.value!.shape).toEqual([width]);
      expectBits(Float32Array.from(message.outputs!.value!.values), one);
      expect(message.score).toBe(width === 1 ? one[0] : undefined);
      const missing = names.filter((_, i) => Number.isNaN(values[row * cols + i]!));
      expect([...message.missing].sort()).toEqual(missing.sort());
    }
  });

  it("named features, many rows and all outputs", async () => {
    const { message } = await client.call(scoreRows, {
      model: name,
      rows: allRows(of).map(featuresOf),
      outputs: [Output.VALUE, Output.MARGIN, Output.LEAF],
    });
    expect(message.rows).toBe(rows);
    for (const kind of ["value", "margin", "leaf"] as const) {
      const { values: found, shape: size } = message.outputs![kind]!;
      expect(size[0]).toBe(rows);
      expectBits(Float32Array.from(found), expected[kind]);
    }
    const contribs = await client.call(scoreRows, {
      model: name,
      rows: of.contribs.rows.map(featuresOf),
      outputs: [Output.CONTRIBS],
    });
    expectBits(Float32Array.from(contribs.message.outputs!.contribs!.values), of.contribs.data);
    expect(contribs.message.outputs!.featureNames).toEqual(names);
  });

  it("carries name, version and digest of the model, and the id", async () => {
    const model = running.service.repository.get(name);
    const { message, metadata } = await client.call(modelInfer, {
      modelName: name,
      modelVersion: "1",
      id: "seven",
      inputs: [{ name: "rows", datatype: "FP32", shape }],
      rawInputContents: [bytes],
    });
    expect(message).toMatchObject({ modelName: name, modelVersion: "1", id: "seven" });
    expect(message.parameters["model_digest"]!.parameterChoice.value).toBe(model.digest);
    expect(metadata.get("x-model-digest")).toEqual([model.digest]);
    const named = await client.call(score, { model: name, features: featuresOf(0) });
    expect(named.message.model).toMatchObject({ name, version: "1", digest: model.digest });
  });
});
