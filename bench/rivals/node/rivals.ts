/** Rivals that run in Node. Their packages lie in the folder that the environment variable RIVALS_NODE names. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Files, type Loaded, serve } from "../../native-child.ts";

const load = createRequire(`${process.env["RIVALS_NODE"]}/`);

interface Tensor {
  readonly data: Float32Array;
}

/** What is used here of onnxruntime-node and onnxruntime-web, which are alike. */
interface OnnxRuntime {
  readonly env: { readonly versions: Record<string, string>; readonly wasm: { numThreads?: number } };
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<Session>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => Tensor;
}

interface Session {
  readonly outputNames: readonly string[];
  run(inputs: Record<string, Tensor>, outputs: readonly string[]): Promise<Record<string, Tensor>>;
}

async function onnxRuntime({ folder, meta, data, rows }: Files, name: string): Promise<Loaded> {
  const runtime = load(name) as OnnxRuntime;
  runtime.env.wasm.numThreads = 1;
  const session = await runtime.InferenceSession.create(readFileSync(`${folder}/model.onnx`), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionProviders: [name === "onnxruntime-web" ? "wasm" : "cpu"],
  });
  // Label and probabilities for a classifier, and nothing but the values for a regression.
  const output = session.outputNames[session.outputNames.length - 1]!;
  const score = async (values: Float32Array, count: number): Promise<Float32Array> => {
    const input = new runtime.Tensor("float32", values, [count, meta.features]);
    return (await session.run({ input }, [output]))[output]!.data;
  };
  return {
    version: `${name} ${runtime.env.versions["common"]}`,
    stride: meta.objective === "binary:logistic" ? 2 : 1,
    single: (row) => score(rows[row]!, 1),
    batch: () => score(data, meta.rows),
  };
}

interface Scorer {
  scoreSingleInstance(features: Record<string, number>): number;
}

/** Takes a dump, and rows as objects without the missing features: made before the clock starts. */
async function xgboostScorer({ folder, meta, rows }: Files): Promise<Loaded> {
  if (meta.outputs > 1) {
    throw new Error("has one output only");
  }
  const { default: scorers } = load("xgboost-scorer") as {
    default: { create(model: object): Promise<Scorer> };
  };
  const scorer = await scorers.create(
    JSON.parse(readFileSync(`${folder}/model.dump.json`, "utf8")) as object,
  );
  const named = rows.map((row) => {
    const cells = [...row].flatMap((value, f) => (Number.isNaN(value) ? [] : [[`f${f}`, value] as const]));
    return Object.fromEntries(cells);
  });
  const { version } = load("xgboost-scorer/package.json") as { version: string };
  return {
    version: `xgboost-scorer ${version}`,
    single: (row) => [scorer.scoreSingleInstance(named[row]!)],
    batch: () => named.map((row) => scorer.scoreSingleInstance(row)),
  };
}

await serve({
  "onnxruntime-node": (files) => onnxRuntime(files, "onnxruntime-node"),
  "onnxruntime-web": (files) => onnxRuntime(files, "onnxruntime-web"),
  "xgboost-scorer": xgboostScorer,
});
