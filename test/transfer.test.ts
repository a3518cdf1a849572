/** Boosters that are packed, cloned or moved as between threads, and unpacked: the same answers to the bit. */
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { ModelExecutor } from "../src/executor.ts";
import { Booster, type Data, InputError, type LoadOptions, type PredictOptions } from "../src/index.ts";
import { packBooster, transferList, unpackBooster } from "../src/transfer.ts";
import { firstDifference, manifest, readFixture, readInput } from "./support/fixtures.ts";

const KINDS: readonly PredictOptions[] = [{}, { outputMargin: true }, { predLeaf: true }];
const EXPLANATIONS: readonly PredictOptions[] = [
  { predContribs: true },
  { predContribs: true, approxContribs: true },
];

/** Explanations take long, and rows of one kind say as much as all. */
const EXPLAINED_ROWS = 4;

/** What a prediction gives, or the error that it ends with. */
function answer(booster: Booster, data: Data, options: PredictOptions) {
  try {
    return booster.predict(data, options);
  } catch (error) {
    return error as Error;
  }
}

function expectSame(found: Booster, expected: Booster, all: Data, name: string): void {
  for (const options of [...KINDS, ...EXPLANATIONS]) {
    const data = EXPLANATIONS.includes(options) ? firstRows(all) : all;
    const [a, b] = [answer(found, data, options), answer(expected, data, options)];
    if (a instanceof Error || b instanceof Error) {
      expect(String(a), name).toBe(String(b));
    } else {
      expect(a.shape, name).toEqual(b.shape);
      expect(firstDifference(a.data, b.data), name).toBe(-1);
    }
  }
}

function firstRows(data: Data): Data {
  if (!("data" in data && "rows" in data && "cols" in data)) {
    return data;
  }
  const rows = Math.min(EXPLAINED_ROWS, data.rows);
  return { data: Array.from({ length: rows * data.cols }, (_, i) => data.data[i]!), rows, cols: data.cols };
}

function cloned(booster: Booster): Booster {
  return unpackBooster(structuredClone(packBooster(booster)));
}

describe.each(["auto", "wasm", "javascript", "reference"] as const)("engine %s", (engine) => {
  it("gives the same bits for every fixture, whatever had been made before", () => {
    let compared = 0;
    // All with the engine that is the default, some with each of the others.
    for (const fixture of manifest.cases.filter((_, i) => engine === "auto" || i % 8 === 0)) {
      const [file] = fixture.files.filter(({ error }) => error === undefined);
      const input = fixture.inputs["main"];
      if (file === undefined || input === undefined) {
        continue;
      }
      const options: LoadOptions = { engine, ...(file.dump === undefined ? {} : { dump: file.dump }) };
      const source = readFixture(file.path);
      const data = readInput(input);
      const expected = Booster.load(source, options);
      const fresh = cloned(Booster.load(source, options));
      expectSame(fresh, expected, data, `${fixture.name}, not used before`);
      const used = cloned(expected);
      expectSame(used, expected, data, `${fixture.name}, used before`);
      expect(used.engine).toBe(expected.engine);
      compared++;
    }
    expect(compared).toBeGreaterThan(engine === "auto" ? 500 : 60);
  });
});

const CASE = manifest.cases.find(({ name }) => name === "3.4.1/feature-names")!;
const FILE = readFixture(CASE.files[0]!.path);

describe("a packed booster", () => {
  it("says all of the model that the booster said", () => {
    const [booster, copy] = [Booster.load(FILE), cloned(Booster.load(FILE))];
    const names = Object.getOwnPropertyNames(Booster.prototype).filter(
      (name) => Object.getOwnPropertyDescriptor(Booster.prototype, name)!.get !== undefined,
    );
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      expect(copy[name as keyof Booster], name).toEqual(booster[name as keyof Booster]);
    }
    expect(copy.tree(0)).toEqual(booster.tree(0));
    expect(copy.getScore({ importanceType: "gain" })).toEqual(booster.getScore({ importanceType: "gain" }));
  });

  it("is moved to another thread and back without a copy", async () => {
    const expected = Booster.load(FILE);
    const data = readInput(CASE.inputs["main"]!);
    const booster = Booster.load(FILE);
    booster.predict(data);
    const packed = packBooster(booster);
    const buffers = transferList(packed);
    expect(buffers.length).toBeGreaterThan(1);
    const echo = new Worker(
      `const { parentPort } = require("node:worker_threads");
       parentPort.once("message", ({ packed, buffers }) => parentPort.postMessage(packed, buffers));`,
      { eval: true },
    );
    echo.postMessage({ packed, buffers }, buffers);
    expect(buffers.every(({ byteLength }) => byteLength === 0)).toBe(true);
    const back = await new Promise<typeof packed>((resolve) => echo.once("message", resolve));
    await echo.terminate();
    expectSame(unpackBooster(back), expected, data, "moved");
  });

  it("of anything else is refused", () => {
    for (const wrong of [undefined, null, {}, "x", { format: "xgboost-infer packed booster 0" }]) {
      expect(() => unpackBooster(wrong as never)).toThrow(InputError);
    }
  });
});

it("an executor of parts answers as the one that had them", () => {
  const files = {
    "model.yaml": "name: risk\nversion: '7'\nmodel: m\ncheck: {mode: weight, weightLimit: 0.5}\n",
    m: FILE,
  };
  const executor = ModelExecutor.load(files);
  const copy = ModelExecutor.of(cloned(executor.booster), structuredClone(executor.parts));
  const [first] = executor.features;
  expect(copy).toMatchObject({ name: "risk", version: "7", features: executor.features });
  expect(copy.importance).toEqual(executor.importance);
  for (const row of [{}, { [first!]: 1 }, Object.fromEntries(executor.features.map((name) => [name, 1]))]) {
    const both = [copy, executor].map((each) => {
      try {
        return each.execute(row);
      } catch (error) {
        return String(error);
      }
    });
    expect(both[0]).toEqual(both[1]);
  }
});
