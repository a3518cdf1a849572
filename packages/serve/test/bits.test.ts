/** The same row over every protocol has the bits that Python answered. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allRows, type Fixture, fixture, namedText, rowTexts } from "./support/fixture.ts";
import { type Answer, type Running, startService } from "./support/service.ts";

const FIXTURES = {
  logistic: fixture("binary-logistic-missing"),
  named: fixture("feature-names"),
  classes: fixture("multi-softprob-missing"),
};

const models = Object.entries(FIXTURES) as [keyof typeof FIXTURES, Fixture][];
let running: Running;

beforeAll(async () => {
  running = await startService(Object.fromEntries(models.map(([name, { model }]) => [`${name}.ubj`, model])));
});
afterAll(() => running.stop());

const JSON_TYPE = { "Content-Type": "application/json" };

/** Numbers of a reply in JSON, whatever their nesting; `null` is NaN. */
function bitsOf(values: unknown): Float32Array {
  return Float32Array.from(
    (values as unknown[]).flat(5).map((value) => (value === null ? Number.NaN : Number(value))),
  );
}

function expectBits(found: Float32Array, expected: Float32Array): void {
  expect(found.length).toBe(expected.length);
  const wrong = found.findIndex((value, i) => !Object.is(value, expected[i]));
  expect(wrong < 0 ? "equal" : `value ${wrong}: ${found[wrong]}, expected ${expected[wrong]}`).toBe("equal");
}

interface OipReply {
  readonly model_name: string;
  readonly model_version: string;
  readonly parameters: { readonly model_digest: string };
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: number[];
  }[];
}

/** Output of a binary reply. */
function rawOutput({ bytes, headers }: Answer): Float32Array {
  const length = Number(headers["inference-header-content-length"]);
  return new Float32Array(new Uint8Array(bytes.subarray(length)).buffer);
}

describe.each(models)("%s", (name, of) => {
  const width = of.expected.value.length / of.rows;
  const rows = allRows(of);
  const matrix = () => rowTexts(of, rows);
  const infer = (body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) =>
    running.send(`/v2/models/${name}/infer`, { body, headers });
  const inputs = (data: string, more = "") =>
    `{"inputs":[{"name":"rows","shape":[${of.rows},${of.cols}],"datatype":"FP32","data":${data}}]${more}}`;

  async function valuesOf(answer: Promise<Answer>): Promise<Float32Array> {
    const { outputs } = (await answer).json<OipReply>();
    expect(outputs[0]!.shape).toEqual([of.rows, width]);
    return bitsOf(outputs[0]!.data);
  }

  it("POST /, as a form and as JSON", async () => {
    for (const row of rows) {
      const features = namedText(of, row);
      const form = `resource_id=${name}&feature_dict=${encodeURIComponent(features)}`;
      const replies = await Promise.all([
        running.send("/", { body: form, headers: { "Content-Type": "application/x-www-form-urlencoded" } }),
        running.send("/", {
          body: `{"resource_id":"${name}","feature_dict":${features}}`,
          headers: JSON_TYPE,
        }),
      ]);
      for (const reply of replies) {
        const { status, msg, result } = reply.json<{
          status: number;
          msg: string;
          result: { score: unknown };
        }>();
        expect([status, msg]).toEqual([0, "success"]);
        expectBits(bitsOf([result.score]), of.expected.value.slice(row * width, (row + 1) * width));
      }
    }
  });

  it("OIP, a flat and a nested matrix of FP32, and of FP64", async () => {
    const flat = `[${matrix().flat().join(",")}]`;
    const nested = `[${matrix().map((row) => `[${row.join(",")}]`)}]`;
    expectBits(await valuesOf(infer(inputs(flat))), of.expected.value);
    expectBits(await valuesOf(infer(inputs(nested))), of.expected.value);
    expectBits(await valuesOf(infer(inputs(flat).replace("FP32", "FP64"))), of.expected.value);
  });

  it("OIP, a tensor for each feature, in another order", async () => {
    const tensors = of.names.map((feature, column) => {
      const shape = column % 2 === 0 ? `[${of.rows}]` : `[${of.rows},1]`;
      const data = matrix().map((row) => row[column]);
      return `{"name":${JSON.stringify(feature)},"shape":${shape},"datatype":"FP32","data":[${data}]}`;
    });
    expectBits(await valuesOf(infer(`{"inputs":[${tensors.reverse()}]}`)), of.expected.value);
  });

  it("OIP, binary both ways, and as a body without JSON", async () => {
    const raw = Buffer.from(of.values.buffer);
    const header = `{"parameters":{"binary_data_output":true},"inputs":[{"name":"rows","shape":[${of.rows},${of.cols}],"datatype":"FP32","parameters":{"binary_data_size":${raw.length}}}]}`;
    const headers = { "Inference-Header-Content-Length": String(Buffer.byteLength(header)) };
    expectBits(rawOutput(await infer(Buffer.concat([Buffer.from(header), raw]), headers)), of.expected.value);
    const one = raw.subarray(0, of.cols * 4);
    const alone = await infer(one, { "Inference-Header-Content-Length": "0" });
    expectBits(rawOutput(alone), of.expected.value.slice(0, width));
  });

  it("OIP, outputs by their names", async () => {
    const asked = `,"outputs":[{"name":"leaf"},{"name":"output__0"},{"name":"margin","parameters":{"binary_data":false}}]`;
    const reply = await infer(inputs(`[${matrix().flat()}]`, asked));
    const { outputs } = reply.json<OipReply>();
    expect(outputs.map((output) => output.name)).toEqual(["leaf", "output__0", "margin"]);
    const { leaf, value, margin } = of.expected;
    [leaf, value, margin].forEach((expected, i) => {
      expectBits(bitsOf(outputs[i]!.data), expected);
    });
  });

  it("OIP, contributions", async () => {
    const data = rowTexts(of, of.contribs.rows).flat();
    const reply = await infer(
      `{"inputs":[{"name":"rows","shape":[${of.contribs.rows.length},${of.cols}],"datatype":"FP32","data":[${data}]}],"outputs":[{"name":"contribs"}]}`,
    );
    expectBits(bitsOf(reply.json<OipReply>().outputs[0]!.data), of.contribs.data);
  });

  it("KServe v1, by position and by name", async () => {
    for (const instances of [matrix().map((row) => `[${row}]`), rows.map((row) => namedText(of, row))]) {
      const reply = await running.send(`/v1/models/${name}:predict`, {
        body: `{"instances":[${instances}]}`,
        headers: JSON_TYPE,
      });
      expectBits(bitsOf(reply.json()["predictions"]), of.expected.value);
    }
  });

  it("MLflow, in each of its forms", async () => {
    const columns = JSON.stringify(of.names);
    const data = `[${matrix().map((row) => `[${row}]`)}]`;
    const records = `[${rows.map((row) => namedText(of, row))}]`;
    const byName = of.names.map(
      (feature, i) => `${JSON.stringify(feature)}:[${matrix().map((row) => row[i])}]`,
    );
    const bodies = [
      `{"dataframe_split":{"index":[],"columns":${columns},"data":${data}}}`,
      `{"dataframe_records":${records}}`,
      `{"instances":${data}}`,
      `{"inputs":{${byName}}}`,
    ];
    for (const body of bodies) {
      const headers = { ...JSON_TYPE, "X-Model-Name": name };
      const reply = await running.send("/invocations", { body, headers });
      expectBits(bitsOf(reply.json()["predictions"]), of.expected.value);
    }
    const csv = [of.names.join(","), ...matrix().map((row) => row.join(","))].join("\n");
    const reply = await running.send("/invocations", {
      body: csv,
      headers: { "Content-Type": "text/csv", "X-Model-Name": name },
    });
    expectBits(bitsOf(reply.json()["predictions"]), of.expected.value);
  });

  it("SageMaker, CSV without a header and LIBSVM", async () => {
    const headers = { "X-Model-Name": name };
    const csv = matrix()
      .map((row) => row.map((field) => field.replace("NaN", "")).join(","))
      .join("\n");
    const libsvm = matrix().map(
      (row) => `1 ${row.flatMap((field, i) => (field === "NaN" ? [] : [`${i}:${field}`])).join(" ")}`,
    );
    for (const [type, body] of [
      ["text/csv; charset=utf-8", csv],
      ["text/libsvm", libsvm.join("\n")],
    ] as const) {
      const reply = await running.send("/invocations", {
        body,
        headers: { ...headers, "Content-Type": type },
      });
      expect(reply.headers["content-type"]).toMatch(/^text\/csv/);
      expectBits(bitsOf(reply.bytes.toString().split(/[,\n]/)), of.expected.value);
    }
  });

  it("carries name, version and digest of the model", async () => {
    const reply = await infer(inputs(`[${matrix().flat()}]`, `,"id":"seven"`));
    const model = running.service.repository.get(name);
    expect(model.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(reply.json()).toMatchObject({
      id: "seven",
      model_name: name,
      model_version: "1",
      parameters: { model_digest: model.digest },
    });
    expect(reply.headers).toMatchObject({ "x-model-version": "1", "x-model-digest": model.digest });
  });
});
