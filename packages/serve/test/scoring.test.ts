/** Large requests beside small ones: turns, deadlines, limits. */
import { describe, expect, it, vi } from "vitest";
import { ModelExecutor } from "xgboost-infer/executor";
import { Failure, toFailure } from "../src/failure.ts";
import type { ServedModel } from "../src/repository/served-model.ts";
import type { ScoreAnswer, ScoreRequest } from "../src/scoring/request.ts";
import { MatrixRows, NamedRows, type Rows } from "../src/scoring/rows.ts";
import { Scorer } from "../src/scoring/scorer.ts";
import { fixture } from "./support/fixture.ts";
import { startService } from "./support/service.ts";

vi.setConfig({ testTimeout: 60_000 });

const OF = fixture("binary-logistic-missing");

function modelOf(manifest = ""): ServedModel {
  const files = { "model.yaml": `name: m\nmodel: model.ubj\n${manifest}`, "model.ubj": OF.model };
  const executor = ModelExecutor.load(files);
  return {
    name: "m",
    version: "1",
    digest: "sha256:0",
    executor,
    loadedAt: new Date(),
    loadTime: 0,
    blockedTime: 0,
    notes: [],
  };
}

function scorer(model = modelOf(), limits = {}): Scorer {
  return new Scorer({
    repository: { get: () => model },
    maxResponseValues: 1 << 24,
    maxQueuedRequests: 2,
    ...limits,
  });
}

/** The rows of the fixture, over and over. */
function repeated(count: number): Float32Array {
  return Float32Array.from({ length: count * OF.cols }, (_, i) => OF.values[i % OF.values.length]!);
}

function request(rows: Rows, changes: Partial<ScoreRequest> = {}): ScoreRequest {
  return {
    id: "1",
    protocol: "test",
    model: "m",
    rows,
    outputs: ["value"],
    deadline: Number.POSITIVE_INFINITY,
    ...changes,
  };
}

async function failure(work: () => unknown): Promise<string> {
  try {
    await work();
    return "none";
  } catch (error) {
    return toFailure(error).kind;
  }
}

describe("a large request", () => {
  const COUNT = 40_000;
  const values = repeated(COUNT);
  const large = () => new MatrixRows(values, COUNT, OF.cols);

  it("has the bits of small ones, whatever its blocks", async () => {
    const { outputs, missingValues } = await scorer().score(
      request(large(), { outputs: ["margin", "value"] }),
    );
    expect(outputs.map(({ kind, shape }) => [kind, shape])).toEqual([
      ["margin", [COUNT, 1]],
      ["value", [COUNT, 1]],
    ]);
    const wrong = outputs.map(({ data }, i) => {
      const expected = OF.expected[i === 0 ? "margin" : "value"];
      return data.findIndex((value, row) => !Object.is(value, expected[row % OF.rows]));
    });
    expect(wrong).toEqual([-1, -1]);
    expect(missingValues).toBe(values.filter(Number.isNaN).length);
  });

  it("lets small ones come in between", async () => {
    const one = scorer();
    let done = false;
    const pending = Promise.resolve(one.score(request(large()))).then(() => {
      done = true;
    });
    let between = 0;
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      const answer = one.score(request(new NamedRows([{ f0: 1 }]))) as ScoreAnswer;
      expect(answer.rows).toBe(1);
      between++;
    }
    await pending;
    expect(between).toBeGreaterThan(2);
  });

  it("ends at its deadline, or when its client goes", async () => {
    expect(await failure(() => scorer().score(request(large(), { deadline: performance.now() + 5 })))).toBe(
      "deadline",
    );
    expect(await failure(() => scorer().score(request(large(), { deadline: performance.now() - 1 })))).toBe(
      "deadline",
    );
    let steps = 0;
    const isCancelled = () => ++steps > 2;
    expect(await failure(() => scorer().score(request(large(), { isCancelled })))).toBe("cancelled");
  });

  it("is refused where too many are under way, and small ones are not", async () => {
    const one = scorer();
    const pending = [one.score(request(large())), one.score(request(large()))];
    expect(one.queued).toBe(2);
    expect(await failure(() => one.score(request(large())))).toBe("busy");
    expect((one.score(request(new NamedRows([{}]))) as ScoreAnswer).rows).toBe(1);
    await Promise.all(pending);
    expect(one.queued).toBe(0);
  });

  it("is refused before it is scored where its answer would be too large", async () => {
    const rows = new NamedRows(new Array(100_000).fill({}));
    const kinds = ["contribs", "interactions", "leaf"] as const;
    for (const kind of kinds) {
      expect(
        await failure(() =>
          scorer(modelOf(), { maxResponseValues: 100_000 }).score(request(rows, { outputs: [kind] })),
        ),
      ).toBe("tooLarge");
    }
  });
});

describe("the model's check", () => {
  const strict = modelOf("check:\n  mode: allowlist\n  allowMissing: [f1]\n  unknownFeatures: refuse\n");
  const full = Object.fromEntries(OF.names.map((name) => [name, 1]));
  const { f1: _, ...allowed } = full;
  const { f2: __, ...refused } = full;

  it("is applied to named rows, one or many, and to matrices", async () => {
    const one = scorer(strict);
    const kinds = (rows: Rows) => failure(() => one.score(request(rows)));
    expect(await kinds(new NamedRows([allowed]))).toBe("none");
    expect(await kinds(new NamedRows([allowed, full]))).toBe("none");
    expect(await kinds(new NamedRows([refused]))).toBe("refused");
    expect(await kinds(new NamedRows([full, refused]))).toBe("refused");
    expect(await kinds(new NamedRows([{ ...full, other: 1 }]))).toBe("refused");
    expect(await kinds(new NamedRows([full, { ...full, other: 1 }]))).toBe("refused");
    const matrix = new Float32Array(2 * OF.cols).fill(1);
    expect(await kinds(new MatrixRows(matrix, 2, OF.cols))).toBe("none");
    matrix[OF.cols + 2] = Number.NaN;
    expect(await kinds(new MatrixRows(matrix, 2, OF.cols))).toBe("refused");
  });

  it("names row and features", () => {
    expect(() => scorer(strict).score(request(new NamedRows([full, refused])))).toThrow(/row 1.*"f2"/);
  });
});

describe("options", () => {
  it("are iteration range and base margin, of which each row keeps its own", async () => {
    const baseMargin = Float32Array.from({ length: OF.rows }, (_, row) => row / 10);
    const rows = new MatrixRows(OF.values, OF.rows, OF.cols);
    const options = { iterationRange: [0, 1] as const, baseMargin };
    const { outputs } = await scorer().score(request(rows, { options, outputs: ["margin"] }));
    const { booster } = modelOf().executor;
    const expected = booster.predict(
      { data: OF.values, rows: OF.rows, cols: OF.cols },
      { ...options, outputMargin: true },
    );
    expect(outputs[0]!.data).toEqual(expected.data);
    expect(
      await failure(() => scorer().score(request(rows, { options: { baseMargin: new Float32Array(3) } }))),
    ).toBe("invalid");
  });
});

it("a request without rows has an empty answer", async () => {
  const { outputs } = await scorer().score(
    request(new MatrixRows([], 0, OF.cols), { outputs: ["value", "leaf"] }),
  );
  expect(outputs.map(({ data, shape }) => [data.length, shape[0]])).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

it("what nobody foresaw is an internal failure that tells nothing", () => {
  const { kind, message, cause } = toFailure(new TypeError("secret"));
  expect([kind, (cause as Error).message]).toEqual(["internal", "secret"]);
  expect(message).not.toContain("secret");
  expect(toFailure(new Failure("busy", "x")).kind).toBe("busy");
});

it("a request past its deadline is answered 504 over HTTP", async () => {
  const running = await startService({ "m.ubj": OF.model }, { requestTimeout: 1, maxRequestBytes: 1 << 26 });
  const count = 100_000;
  const header = `{"inputs":[{"name":"x","shape":[${count},${OF.cols}],"datatype":"FP32","parameters":{"binary_data_size":${count * OF.cols * 4}}}]}`;
  const answer = await running.send("/v2/models/m/infer", {
    body: Buffer.concat([Buffer.from(header), Buffer.from(repeated(count).buffer)]),
    headers: { "Inference-Header-Content-Length": String(header.length) },
  });
  expect([answer.status, answer.json()]).toEqual([504, { error: "not done by the deadline" }]);
  await running.stop();
});
