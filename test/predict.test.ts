/**
 * Predictions of one model do not depend on how rows come: one by one or in batches, in whichever form, into whose array.
 * Also the options of a prediction, and what is said about data and options that cannot be used.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Booster, type Data, type EngineOption, InputError, type PredictOptions } from "../src/index.ts";
import { arbitraryModel, hostileRows, randomNumbers } from "./support/arbitrary.ts";
import { expectSameBits } from "./support/bits.ts";
import { type Document, writeJson } from "./support/document.ts";
import {
  type ModelSpec,
  modelDocument,
  modelOf,
  type Node,
  sliceRounds,
  type TreeSpec,
} from "./support/model.ts";

function load(model: ModelSpec, engine: EngineOption = "auto"): Booster {
  return Booster.load(writeJson(modelDocument(model)), { engine, rules: "latest" });
}

interface Case {
  readonly model: ModelSpec;
  readonly booster: Booster;
  readonly rows: number;
  readonly dense: { readonly data: Float32Array; readonly rows: number; readonly cols: number };
  readonly seed: number;
}

const someCase: fc.Arbitrary<Case> = fc
  .record({
    model: arbitraryModel({ maxSplits: 15 }),
    rows: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(1e9),
    engine: fc.constantFrom<EngineOption>("javascript", "wasm"),
  })
  .map(({ model, rows, seed, engine }) => {
    const data = hostileRows(model, rows, seed);
    return {
      model,
      booster: load(model, engine),
      rows,
      dense: { data, rows, cols: model.numFeatures },
      seed,
    };
  });

/** A property of any model with any rows. */
function holdsFor(check: (drawn: Case) => void, numRuns = 60): () => void {
  return () => {
    fc.assert(fc.property(someCase, check), { numRuns, seed: 42 });
  };
}

/** Every kind of output that a model has. */
function outputs(model: ModelSpec): PredictOptions[] {
  const all: PredictOptions[] = [{}, { outputMargin: true }, { strictShape: true }];
  return model.booster === "gblinear" ? all : [...all, { predLeaf: true }];
}

function rowsOf({ data, rows, cols }: Case["dense"]): Float32Array[] {
  return Array.from({ length: rows }, (_, row) => data.subarray(row * cols, (row + 1) * cols));
}

/** The same rows in a permutation of their columns' names, with missing values told in the ways that a record has. */
function records(rows: readonly Float32Array[], random: () => number): Record<string, unknown>[] {
  const missing = [undefined, null, Number.NaN];
  return rows.map((row) => {
    const entries = Array.from(row, (value, i): [string, unknown] => [
      `f${i}`,
      Number.isNaN(value) ? missing[Math.floor(random() * 3)] : value,
    ]);
    const kept = entries.filter(([, value]) => !Number.isNaN(value) || random() < 0.5);
    return Object.fromEntries(kept.sort(() => random() - 0.5));
  });
}

/** Stored entries of the present values, and of some missing ones. */
function csr(rows: readonly Float32Array[], cols: number, random: () => number) {
  const indptr = [0];
  const indices: number[] = [];
  const data: number[] = [];
  for (const row of rows) {
    row.forEach((value, i) => {
      if (!Number.isNaN(value) || random() < 0.3) {
        indices.push(i);
        data.push(value);
      }
    });
    indptr.push(data.length);
  }
  return { indptr, indices, data, cols };
}

type Form = (drawn: Case, random: () => number) => Data;

const FORMS: Readonly<Record<string, Form>> = {
  "dense Float64Array": ({ dense }) => ({ ...dense, data: Float64Array.from(dense.data) }),
  "dense plain array": ({ dense }) => ({ ...dense, data: Array.from(dense.data) }),
  "rows as plain arrays": ({ dense }) => rowsOf(dense).map((row) => Array.from(row)),
  "rows as Float32Array": ({ dense }) => rowsOf(dense),
  "rows as Float64Array": ({ dense }) => rowsOf(dense).map((row) => Float64Array.from(row)),
  "named rows": ({ dense }, random) => records(rowsOf(dense), random),
  "arrays and named rows, mixed": ({ dense }, random) => {
    const [arrays, named] = [rowsOf(dense), records(rowsOf(dense), random)];
    return arrays.map((row, i) => (random() < 0.5 ? row : named[i])) as Float32Array[];
  },
  columns: ({ dense }, random) => {
    const column = (i: number): ArrayLike<unknown> => {
      const values = Float32Array.from(rowsOf(dense), (row) => row[i]!);
      const gaps = Array.from(values, (value) => (Number.isNaN(value) && random() < 0.5 ? null : value));
      return [values, Float64Array.from(values), gaps][Math.floor(random() * 3)]!;
    };
    const names = Array.from({ length: dense.cols }, (_, i) => i).reverse();
    return { columns: Object.fromEntries(names.map((i) => [`f${i}`, column(i)])) };
  },
  "compressed sparse rows": ({ dense }, random) => csr(rowsOf(dense), dense.cols, random),
  "compressed sparse rows, typed": ({ dense }, random) => {
    const { indptr, indices, data, cols } = csr(rowsOf(dense), dense.cols, random);
    const typed = {
      indptr: Int32Array.from(indptr),
      indices: Uint32Array.from(indices),
      data: Float64Array.from(data),
    };
    return { ...typed, cols };
  },
};

describe("every form of data gives the bits of the dense form", () => {
  it.each(Object.entries(FORMS))("%s", (_, form) => {
    holdsFor((drawn) => {
      for (const options of outputs(drawn.model)) {
        const expected = drawn.booster.predict(drawn.dense, options);
        const actual = drawn.booster.predict(form(drawn, randomNumbers(drawn.seed)), options);
        expectSameBits(actual.data, expected.data, JSON.stringify(options));
        expect(actual.shape).toEqual(expected.shape);
      }
    }, 30)();
  });

  it("more rows than are converted at a time", () => {
    const model = modelOf([COMB], { numFeatures: 3 });
    const rows = 700;
    const dense = { data: hostileRows(model, rows, 1), rows, cols: 3 };
    const drawn: Case = { model, booster: load(model), rows, dense, seed: 1 };
    const expected = drawn.booster.predict(dense).data;
    expect(new Set(expected).size).toBeGreaterThan(3);
    for (const [name, form] of Object.entries(FORMS)) {
      expectSameBits(drawn.booster.predict(form(drawn, randomNumbers(2))).data, expected, name);
    }
  });

  it("sparse: stored zeros are values, absent entries are missing, of two entries the last present one counts", () => {
    const booster = load(modelOf([ZERO_STUMP], { numFeatures: 2 }));
    const margins = (data: Data): number[] => [...booster.predict(data).data];
    expect(margins({ indptr: [0, 1, 1, 2], indices: [0, 1], data: [0, 1], cols: 2 })).toEqual([
      1.5, 2.5, 2.5,
    ]);
    expect(margins({ indptr: [0, 2], indices: [0, 0], data: [9, 0], cols: 2 })).toEqual([1.5]);
    expect(margins({ indptr: [0, 2], indices: [0, 0], data: [0, Number.NaN], cols: 2 })).toEqual([1.5]);
  });

  it("booleans and big integers are numbers", () => {
    const booster = load(modelOf([COMB], { numFeatures: 3 }));
    const expected = booster.predict([[1, 0, 2]]).data;
    const forms: unknown[] = [
      [[true, false, 2n]],
      [{ f0: true, f1: false, f2: 2n }],
      [BigInt64Array.of(1n, 0n, 2n)],
    ];
    forms.push({ columns: { f0: [true], f1: BigInt64Array.of(0n), f2: [2n] } }, [Uint8Array.of(1, 0, 2)]);
    for (const data of forms) {
      expectSameBits(booster.predict(data as Data).data, expected, "prediction");
    }
  });
});

/** Splits on 0 < 0.5 (left: 1), missing goes right (2). */
const ZERO_STUMP: TreeSpec = [
  { feature: 0, threshold: 0.5, defaultLeft: false, left: 1, right: 2 },
  { leaf: 1 },
  { leaf: 2 },
];

function split(
  feature: number,
  threshold: number | readonly number[],
  left: number,
  defaultLeft = true,
): Node {
  return { feature, threshold, defaultLeft, left, right: left + 1 };
}

/** Three features, four leaves. */
const COMB: TreeSpec = [
  split(0, 0.5, 1),
  split(1, 0, 3, false),
  split(2, 1, 5),
  { leaf: 0.125 },
  { leaf: -3 },
  { leaf: 7.7 },
  { leaf: 1e-3 },
];

describe("the same rows, taken otherwise", () => {
  it(
    "one by one",
    holdsFor(({ model, booster, dense, rows }) => {
      const values = booster.predict(dense).data;
      for (const [i, row] of rowsOf(dense).entries()) {
        const expected = values.subarray((i * values.length) / rows, ((i + 1) * values.length) / rows);
        expectSameBits(booster.predictRow(row), expected, `row ${i} without options`);
      }
      for (const options of outputs(model)) {
        const all = booster.predict(dense, options).data;
        const width = all.length / rows;
        for (const [i, row] of rowsOf(dense).entries()) {
          const expected = all.subarray(i * width, (i + 1) * width);
          expectSameBits(booster.predictRow(row, options), expected, `row ${i}`);
          expectSameBits(booster.predictRow(Array.from(row), options), expected, `row ${i} as an array`);
          const named = Object.fromEntries(Array.from(row, (value, c) => [`f${c}`, value]).reverse());
          expectSameBits(booster.predictRow(named, options), expected, `row ${i} by name`);
        }
      }
    }, 40),
  );

  it(
    "in parts",
    holdsFor(({ model, booster, dense, rows, seed }) => {
      const random = randomNumbers(seed);
      for (const options of outputs(model)) {
        const all = booster.predict(dense, options).data;
        const width = all.length / rows;
        for (let begin = 0; begin < rows; ) {
          const end = Math.min(rows, begin + 1 + Math.floor(random() * 12));
          const data = dense.data.subarray(begin * dense.cols, end * dense.cols);
          const part = booster.predict({ data, rows: end - begin, cols: dense.cols }, options).data;
          expectSameBits(part, all.subarray(begin * width, end * width), `rows ${begin} to ${end}`);
          begin = end;
        }
      }
    }),
  );

  it(
    "into the caller's array, which may have room to spare",
    holdsFor(({ model, booster, dense }) => {
      for (const options of outputs(model)) {
        const { data, shape } = booster.predict(dense, options);
        for (const spare of [0, 5]) {
          const out = new Float32Array(data.length + spare).fill(-77);
          expect(booster.predictInto(dense, out, options)).toEqual(shape);
          expectSameBits(out.subarray(0, data.length), data, "values");
          expectSameBits(out.subarray(data.length), new Float32Array(spare).fill(-77), "the rest");
        }
      }
    }),
  );

  it(
    "twice, and by a model loaded again",
    holdsFor(({ model, booster, dense }) => {
      const first = booster.predict(dense).data;
      expectSameBits(booster.predict(dense).data, first, "second time");
      expectSameBits(load(model).predict(dense).data, first, "second load");
    }, 20),
  );

  it("while another row is being read", () => {
    const booster = load(modelOf([COMB], { numFeatures: 3 }));
    const outer = [0, 1, 2];
    const expected = booster.predictRow(outer);
    const row = Object.defineProperty({ f0: 0, f2: 2 }, "f1", {
      enumerable: true,
      get: () => booster.predictRow([9, 9, 9]).length,
    });
    expectSameBits(booster.predictRow(row), expected, "outer row");
  });

  it("leaves the caller's rows and base margins as they were", () => {
    const booster = load(modelOf([COMB], { numFeatures: 3 }));
    const data = Float32Array.of(0, 1, 2, 3, 4, 5);
    const baseMargin = Float32Array.of(1, 2);
    booster.predict({ data, rows: 2, cols: 3 }, { missing: 3, baseMargin });
    booster.predictRow(data.subarray(0, 3), { missing: 0 });
    expect([...data, ...baseMargin]).toEqual([0, 1, 2, 3, 4, 5, 1, 2]);
  });
});

describe("missing", () => {
  // x < 0.5: 1, else 2, missing: 4; with base score 0.5.
  const booster = load(
    modelOf([
      [split(0, 0.5, 1), split(0, 0.5, 3), { leaf: 2 }, { leaf: 1 }, { leaf: 4 }].map((node, i) =>
        i === 1 && !("leaf" in node) ? { ...node, defaultLeft: false } : node,
      ) as TreeSpec,
    ]),
  );
  const [LEFT, RIGHT, MISSING] = [1.5, 2.5, 4.5];
  it.each<[missing: number, value: number, result: number]>([
    [0, 0, MISSING],
    [0, -0, MISSING],
    [-0, 0, MISSING],
    [0, Number.NaN, MISSING],
    [0, 2 ** -149, LEFT],
    [-999, -999, MISSING],
    [-999, -998, LEFT],
    [Infinity, Infinity, MISSING],
    [Infinity, -Infinity, LEFT],
    [Infinity, 1e300, MISSING],
    [-Infinity, -Infinity, MISSING],
    [-Infinity, Infinity, RIGHT],
    [Number.NaN, Number.NaN, MISSING],
    [Number.NaN, Infinity, RIGHT],
    // Both are rounded to float32 before they are compared.
    [0.1, Math.fround(0.1), MISSING],
    [0.1, 0.1 + 1e-12, MISSING],
    [0.1, 0.1 + 1e-7, LEFT],
    [16777217, 16777216, MISSING],
  ])("%d, given %d", (missing, value, result) => {
    const forms: Record<string, Data> = {
      dense32: { data: Float32Array.of(value), rows: 1, cols: 1 },
      dense64: { data: Float64Array.of(value), rows: 1, cols: 1 },
      rows: [[value]],
      named: [{ f0: value }],
      columns: { columns: { f0: [value] } },
      csr: { indptr: [0, 1], indices: [0], data: [value], cols: 1 },
    };
    for (const [form, data] of Object.entries(forms)) {
      expect(booster.predict(data, { missing }).data[0], form).toBe(result);
    }
    expect(booster.predictRow([value], { missing })[0]).toBe(result);
  });
});

describe("numbers are rounded to float32 first", () => {
  // x < fround(0.1) goes left.
  const stump = [split(0, 0.1, 1), { leaf: 1 }, { leaf: 2 }];
  const booster = load(modelOf([stump]));
  it.each([
    [0.1, 2.5],
    [0.09999999999, 2.5],
    [0.09999999, 1.5],
    [0.1 - 2 ** -40, 2.5],
    [1e300, 2.5],
    [-1e300, 1.5],
  ])("%d", (value, expected) => {
    const forms: Data[] = [
      { data: Float64Array.of(value), rows: 1, cols: 1 },
      { data: [value], rows: 1, cols: 1 },
      [Float64Array.of(value)],
      [{ f0: value }],
      { columns: { f0: Float64Array.of(value) } },
      { indptr: [0, 1], indices: [0], data: Float64Array.of(value), cols: 1 },
    ];
    for (const data of forms) {
      expect(booster.predict(data).data[0]).toBe(expected);
    }
    expect(booster.predictRow([value])[0]).toBe(expected);
  });
});

describe("base margin", () => {
  it("replaces the base score, one value a row and group", () => {
    const model = modelOf([COMB, COMB], { numFeatures: 3, groups: 2, treeInfo: [0, 1], baseScore: [10, 20] });
    const booster = load(model);
    const data = [
      [0, 1, 2],
      [1, 1, 2],
    ];
    const bare = booster.predict(data, { baseMargin: [0, 0, 0, 0] }).data;
    for (const baseMargin of [[1, 2, 3, 4], Float32Array.of(1, 2, 3, 4), Float64Array.of(1, 2, 3, 4)]) {
      const { data: margins } = booster.predict(data, { baseMargin });
      expectSameBits(
        margins,
        bare.map((value, i) => value + (i + 1)),
        "margins",
      );
    }
    expectSameBits(
      booster.predictRow(data[1]!, { baseMargin: [3, 4] }),
      bare.map((v, i) => v + i + 1).slice(2),
      "row",
    );
  });

  it(
    "of the base score's own margin changes nothing",
    holdsFor(({ model, booster, dense, rows }) => {
      if (model.booster !== "gblinear" && model.trees.length > 0) {
        const empty = load(sliceRounds({ ...model, boostFromAverage: false }, 0, 0));
        const baseMargin = empty.predict(dense, { outputMargin: true }).data;
        expect(baseMargin.length).toBe(rows * model.groups);
        expectSameBits(booster.predict(dense, { baseMargin }).data, booster.predict(dense).data, "values");
      }
    }),
  );
});

describe("iteration range", () => {
  it(
    "is the prediction of the model's slice",
    holdsFor(({ model, booster, dense, seed }) => {
      if (model.booster === "gblinear") {
        return;
      }
      const tame = { ...model, boostFromAverage: false };
      const rounds = model.iterationIndptr.length - 1;
      const random = randomNumbers(seed);
      const begin = Math.floor(random() * (rounds + 1));
      const end = begin + Math.floor(random() * (rounds - begin + 1));
      if (end > 0 && model.iterationIndptr[begin]! < model.iterationIndptr[end]!) {
        const slice = load(sliceRounds(tame, begin, end));
        const iterationRange = [begin, end] as const;
        expectSameBits(booster.predict(dense, { iterationRange }).data, slice.predict(dense).data, "values");
        if (begin === 0) {
          const options = { predLeaf: true, iterationRange };
          expectSameBits(booster.predict(dense, options).data, slice.predict(dense, options).data, "leaves");
        }
      }
    }, 120),
  );

  it("(n, n) is the base margin alone, an end of 0 means all, whatever best_iteration says", () => {
    const trees = [1, 2, 4].map((leaf): TreeSpec => [{ leaf }]);
    const booster = load(modelOf(trees, { attributes: { best_iteration: "0" } }));
    const ranges = [undefined, [0, 0], [0, 1], [1, 3], [1, 0], [2, 2], [3, 3]] as const;
    const values = ranges.map(
      (range) => booster.predict([[0]], range ? { iterationRange: range } : {}).data[0],
    );
    expect(values).toEqual([7.5, 7.5, 1.5, 6.5, 6.5, 0.5, 0.5]);
    expect(booster.bestIteration).toBe(0);
  });
});

describe("shapes, as in reference 6.1", () => {
  const stump: TreeSpec = [split(0, 0, 1), { leaf: 1 }, { leaf: 2 }];
  const vector: TreeSpec = [split(0, 0, 1), { leaf: [1, 2, 3] }, { leaf: [4, 5, 6] }];
  const single = modelOf([stump, stump]);
  const oneTree = modelOf([stump]);
  const grouped = (objective: string, kind: "class" | "target"): ModelSpec =>
    modelOf(
      Array.from({ length: 12 }, () => stump),
      {
        objective,
        kind,
        groups: 3,
        treeInfo: [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2],
        iterationIndptr: [0, 6, 12],
      },
    );
  const vectors = modelOf([vector, vector], { groups: 3 });
  it.each<
    [what: string, model: ModelSpec, options: PredictOptions, plain: number[], strict: number[] | undefined]
  >([
    ["value, one group", single, {}, [2], [2, 1]],
    ["margin, one group", single, { outputMargin: true }, [2], [2, 1]],
    ["value, three targets", grouped("reg:squarederror", "target"), {}, [2, 3], [2, 3]],
    ["value, softprob", grouped("multi:softprob", "class"), {}, [2, 3], [2, 3]],
    ["value, softmax", grouped("multi:softmax", "class"), {}, [2], [2, 1]],
    ["margin, softmax", grouped("multi:softmax", "class"), { outputMargin: true }, [2, 3], [2, 3]],
    ["value, vector leaves", vectors, {}, [2, 3], [2, 3]],
    ["leaves", single, { predLeaf: true }, [2, 2], [2, 2, 1, 1]],
    ["leaves of one tree", oneTree, { predLeaf: true }, [2], [2, 1, 1, 1]],
    [
      "leaves, forest of three groups",
      grouped("multi:softprob", "class"),
      { predLeaf: true },
      [2, 12],
      [2, 2, 3, 2],
    ],
    [
      "leaves of one round",
      grouped("multi:softprob", "class"),
      { predLeaf: true, iterationRange: [0, 1] },
      [2, 6],
      [2, 1, 3, 2],
    ],
    ["leaves, vector leaves", vectors, { predLeaf: true }, [2, 2], undefined],
    [
      "leaves of uneven rounds",
      { ...single, trees: [stump, stump, stump], treeInfo: [0, 0, 0], iterationIndptr: [0, 1, 3] },
      { predLeaf: true },
      [2, 3],
      undefined,
    ],
  ])("%s", (_, model, options, plain, strict) => {
    const booster = load(model);
    const data = [[-1], [1]];
    const size = plain.reduce((product, n) => product * n, 1);
    expect(booster.predict(data, options).shape).toEqual(plain);
    expect(booster.predict(data, options).data.length).toBe(size);
    expect(booster.predict([], options).shape).toEqual([0, 0]);
    if (strict === undefined) {
      expect(() => booster.predict(data, { ...options, strictShape: true })).toThrow(InputError);
    } else {
      expect(booster.predict(data, { ...options, strictShape: true }).shape).toEqual(strict);
      expect(booster.predict(data, { ...options, strictShape: true }).data.length).toBe(size);
    }
  });
});

/** Categories of a string column as 3.1 and later store them. */
function stringColumn(names: readonly string[]): Document {
  const bytes = names.map((name) => new TextEncoder().encode(name));
  const offsets = [0];
  for (const each of bytes) {
    offsets.push(offsets.at(-1)! + each.length);
  }
  const values = Int8Array.from(bytes.flatMap((each) => [...each]));
  return { offsets: Int32Array.from(offsets), values };
}

const NUMERIC_COLUMN: Document = { offsets: new Int32Array(0), values: new Int8Array(0) };

describe("category names", () => {
  const colors = ["red", "green", "größe", "__proto__", ""];
  const codes = [10, -3, 7];
  const model = modelOf(
    [
      [split(0, [1, 2, 3], 1), { leaf: 1 }, { leaf: 2 }],
      [split(1, [0, 2], 1), { leaf: 10 }, { leaf: 20 }],
    ],
    {
      numFeatures: 3,
      baseScore: [0],
      featureNames: ["color", "code", "size"],
      featureTypes: ["c", "c", "float"],
      cats: {
        enc: [stringColumn(colors), { type: 13, values: Int32Array.from(codes) }, NUMERIC_COLUMN],
        feature_segments: Int32Array.of(0, 5, 8, 8),
        sorted_idx: new Int32Array(8),
      },
    },
  );
  const booster = load(model);

  it("become the codes of the training set, in rows and in columns", () => {
    const data = colors.flatMap((color) => codes.map((code) => ({ color, code, size: 1 })));
    const expected = data.map(({ color, code }) => {
      return (/^(green|größe|__proto__)$/.test(color) ? 2 : 1) + (code === -3 ? 10 : 20);
    });
    expect([...booster.predict(data).data]).toEqual(expected);
    const column = (name: "color" | "code" | "size") => data.map((row) => row[name]);
    const columns = { color: column("color"), code: column("code"), size: column("size") };
    expect([...booster.predict({ columns }).data]).toEqual(expected);
    expect([
      ...booster.predict({ columns: { ...columns, code: Float64Array.from(columns.code) } }).data,
    ]).toEqual(expected);
    expect([...booster.predict({ columns: { ...columns, code: columns.code.map(String) } }).data]).toEqual(
      expected,
    );
    expect([...booster.predict({ columns: { ...columns, code: columns.code.map(BigInt) } }).data]).toEqual(
      expected,
    );
    expect(data.map((row) => booster.predictRow(row)[0])).toEqual(expected);
  });

  it("may be missing; numbers by position, and numbers for a string column, are codes", () => {
    expect(booster.predictRow({ color: null, code: Number.NaN, size: 0 })[0]).toBe(11);
    expect(booster.predictRow([1, 0, 0])[0]).toBe(22);
    expect(booster.predictRow({ color: 1, code: 10, size: 0 })[0]).toBe(22);
    expect(booster.predictRow({ color: "red", code: -999, size: 0 }, { missing: -999 })[0]).toBe(11);
  });

  it("come in plain objects: a Map is no row", () => {
    expect(() =>
      booster.predictRow(new Map([["color", "red"]]) as unknown as Record<string, unknown>),
    ).toThrow(InputError);
  });

  it.each<[row: Record<string, unknown>, feature: string, message: RegExp]>([
    [{ color: "purple" }, "color", /"purple".*"red", "green"/],
    [{ color: "constructor" }, "color", /"constructor".*expected a category/],
    [{ code: 11 }, "code", /"11".*"10", "-3", "7"/],
    [{ code: 7.5 }, "code", /"7\.5"/],
    [{ size: "large" }, "size", /"large".*expected a number/],
    [{ color: ["red"] }, "color", /an array of 1/],
    [{ size: new Date(0) }, "size", /an object/],
  ])("are refused where the training set did not have them: %j", (row, feature, message) => {
    const good = { color: "red", code: 10, size: 1 };
    const inRows = failure(() => booster.predict([good, good, { ...good, ...row }]));
    expect(inRows).toMatchObject({ row: 2, feature });
    expect(inRows.message).toMatch(message);
    const columns = Object.fromEntries(
      Object.entries({ ...good, ...row }).map(([name, value]) => [name, [good[name as "color"], value]]),
    );
    expect(failure(() => booster.predict({ columns }))).toMatchObject({ row: 1, feature });
  });

  it("that the file does not hold cannot be told", () => {
    const plain = load(
      modelOf([[split(0, [1], 1), { leaf: 1 }, { leaf: 2 }]], { featureNames: ["c"], featureTypes: ["c"] }),
    );
    expect(plain.predictRow({ c: 1 })[0]).toBe(2.5);
    expect(failure(() => plain.predictRow({ c: "red" })).message).toMatch(/holds no category names/);
  });
});

describe("features named like members of every object", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "length"];
  const tree: TreeSpec = names.slice(0, 4).flatMap((_, i): Node[] => {
    return [split(i, 0.5, 2 * i + 1), { leaf: i }].slice(0, 2);
  });
  // A chain: node 2i splits on feature i, its left child is leaf 2i + 1, its right child the next split.
  const model = modelOf([[...tree, { leaf: 4 }]], {
    numFeatures: names.length,
    featureNames: names,
    baseScore: [0],
    attributes: JSON.parse('{"__proto__":"a","constructor":"b","toString":"c","best_iteration":"3"}'),
  });
  const booster = load(model);
  const row = (ones: number): number[] => names.map((_, i) => (i < ones ? 1 : 0));
  const named = (ones: number): Record<string, unknown> => {
    return Object.fromEntries(names.map((name, i) => [name, i < ones ? 1 : 0]));
  };

  it("in rows, in columns and as the names of the model", () => {
    expect(booster.featureNames).toEqual(names);
    for (let ones = 0; ones <= 4; ones++) {
      expect(booster.predictRow(named(ones))[0]).toBe(ones);
      expect(booster.predict([named(ones)]).data[0]).toBe(ones);
      expect(booster.predictRow(row(ones))[0]).toBe(ones);
      const columns = Object.fromEntries(names.map((name, i) => [name, [i < ones ? 1 : 0]]));
      expect(booster.predict({ columns }).data[0]).toBe(ones);
    }
  });

  it("absent ones are missing, and are not found on the prototype", () => {
    expect(booster.predictRow({})[0]).toBe(booster.predictRow(names.map(() => Number.NaN))[0]);
    const other = load(modelOf([COMB], { numFeatures: 3, featureNames: ["a", "b", "c"] }));
    for (const name of names) {
      expect(failure(() => other.predictRow(Object.fromEntries([[name, 1]])))).toMatchObject({
        row: 0,
        feature: name,
      });
    }
  });

  it("as attributes", () => {
    expect(Object.entries(booster.attributes).sort()).toEqual([
      ["__proto__", "a"],
      ["best_iteration", "3"],
      ["constructor", "b"],
      ["toString", "c"],
    ]);
    expect(Object.getPrototypeOf(booster.attributes)).toBeNull();
    expect(booster.bestIteration).toBe(3);
    expect(load(modelOf([COMB], { numFeatures: 3 })).bestIteration).toBeUndefined();
  });
});

function failure(run: () => unknown): InputError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).code).toBe("ERR_INPUT");
    return error as InputError;
  }
  return expect.fail("expected an InputError");
}

describe("data that cannot be used", () => {
  const names = ["age", "size", "weight"];
  const booster = load(modelOf([COMB], { numFeatures: 3, featureNames: names }));
  const good = { age: 1, size: 2, weight: 3 };
  const sparse = { indptr: [0, 1], indices: [0], data: [1], cols: 3 };
  it.each<[what: string, data: unknown, where: { row?: number; feature?: string }, message: RegExp]>([
    ["nothing", undefined, {}, /data is undefined.*expected rows/],
    ["null", null, {}, /data is null/],
    ["a number", 5, {}, /data is 5/],
    ["a text", "1,2,3", {}, /data is "1,2,3"/],
    ["a function", () => 1, {}, /data is a function/],
    ["an object of no known form", {}, {}, /data is an object/],
    ["a row that is null", [[1, 2, 3], null], { row: 1 }, /row 1 is null/],
    ["a row that is a number", [7], { row: 0 }, /row 0 is 7/],
    ["a row that is a text", ["abc"], { row: 0 }, /row 0 is "abc"/],
    ["a row that is a DataView", [new DataView(new ArrayBuffer(12))], { row: 0 }, /row 0/],
    [
      "a short row",
      [
        [1, 2, 3],
        [1, 2],
      ],
      { row: 1 },
      /expected: 3, got 2/,
    ],
    ["a long row", [[1, 2, 3, 4]], { row: 0 }, /expected: 3, got 4/],
    ["a long typed row", [Float32Array.of(1, 2, 3, 4)], { row: 0 }, /expected: 3, got 4/],
    [
      "a text in a row",
      [
        [1, 2, 3],
        [1, "2", 3],
      ],
      { row: 1, feature: "size" },
      /row 1.*"2".*expected a number/,
    ],
    ["nothing in a row", [[1, undefined, 3]], { row: 0, feature: "size" }, /row 0.*undefined/],
    ["a symbol in a row", [[1, 2, Symbol("x")]], { row: 0, feature: "weight" }, /row 0.*Symbol\(x\)/],
    [
      "a text in a named row",
      [good, { ...good, size: "2" }],
      { row: 1, feature: "size" },
      /row 1.*"size".*"2"/,
    ],
    ["an object in a named row", [{ ...good, age: {} }], { row: 0, feature: "age" }, /an object/],
    [
      "an unknown name",
      [good, { ...good, other: 1 }],
      { row: 1, feature: "other" },
      /"other".*"age", "size", "weight"/,
    ],
    ["a dense matrix too short", { data: [1, 2], rows: 1, cols: 3 }, {}, /2 values.*1 × 3 = 3/],
    ["a dense matrix too wide", { data: [1, 2, 3, 4], rows: 1, cols: 4 }, {}, /expected: 3, got 4/],
    ["a dense matrix too narrow", { data: [1, 2], rows: 1, cols: 2 }, {}, /expected: 3, got 2/],
    ["rows that are no count", { data: [1, 2, 3], rows: 1.5, cols: 2 }, {}, /rows is 1.5/],
    ["negative rows", { data: [], rows: -1, cols: 3 }, {}, /rows is -1/],
    ["cols that are a text", { data: [1, 2, 3], rows: 1, cols: "3" }, {}, /cols is "3"/],
    ["dense data that is null", { data: null, rows: 1, cols: 3 }, {}, /no values/],
    [
      "dense data that is a DataView",
      { data: new DataView(new ArrayBuffer(12)), rows: 1, cols: 3 },
      {},
      /no values/,
    ],
    [
      "a text in a dense matrix",
      { data: [1, 2, 3, 4, "x", 6], rows: 2, cols: 3 },
      { row: 1, feature: "size" },
      /row 1.*"x"/,
    ],
    ["columns that are null", { columns: null }, {}, /columns is null/],
    ["columns that are a number", { columns: 5 }, {}, /columns is 5/],
    [
      "a column too few",
      { columns: { age: [1], size: [2] } },
      { feature: "weight" },
      /expected "weight" in input data/,
    ],
    ["an unknown column", { columns: { age: [1], size: [2], weight: [3], x: [4] } }, { feature: "x" }, /"x"/],
    [
      "columns of different lengths",
      { columns: { age: [1, 2], size: [1], weight: [1] } },
      { feature: "size" },
      /1 values.*2/,
    ],
    [
      "a column that is a number",
      { columns: { age: 1, size: [1], weight: [1] } },
      { feature: "age" },
      /"age" is 1/,
    ],
    [
      "a text in a column",
      { columns: { age: [1, 2], size: [1, "x"], weight: [1, 2] } },
      { row: 1, feature: "size" },
      /"x"/,
    ],
    ["no indptr", { ...sparse, indptr: null }, {}, /indptr is null/],
    ["an empty indptr", { ...sparse, indptr: [] }, {}, /indptr must start at 0/],
    ["an indptr that starts late", { ...sparse, indptr: [1, 1] }, {}, /indptr must start at 0/],
    ["an indptr that ends early", { ...sparse, indptr: [0, 0] }, {}, /end at the 1 entries/],
    ["an indptr that falls", { ...sparse, indptr: [0, 1, 0, 1] }, { row: 1 }, /indptr\[2\] is 0 after 1/],
    ["an indptr of fractions", { ...sparse, indptr: [0, 0.5, 1] }, { row: 0 }, /indptr\[1\] is 0.5/],
    ["an index out of range", { ...sparse, indices: [3] }, {}, /indices\[0\] is 3.*cols = 3/],
    ["a negative index", { ...sparse, indices: [-1] }, {}, /indices\[0\] is -1/],
    ["an index that is no integer", { ...sparse, indices: ["0"] }, {}, /indices\[0\] is "?0/],
    ["fewer indices than data", { ...sparse, indices: [] }, {}, /indices has 0 entries, data has 1/],
    ["no data in a sparse matrix", { ...sparse, indices: undefined, data: undefined }, {}, /indices|data/],
    ["a text in a sparse matrix", { ...sparse, data: ["1"] }, {}, /"1".*expected a number/],
    ["a sparse matrix too wide", { ...sparse, cols: 4 }, {}, /expected: 3, got 4/],
    ["a sparse matrix too narrow", { ...sparse, cols: 2 }, {}, /expected: 3, got 2/],
  ])("%s", (_, data, where, message) => {
    const error = failure(() => booster.predict(data as Data));
    expect(error.message).toMatch(message);
    expect({ row: error.row, feature: error.feature }).toEqual({
      row: undefined,
      feature: undefined,
      ...where,
    });
    expect(error.message.length).toBeLessThan(400);
  });

  it("is used as far as it goes with validateFeatures: false", () => {
    const options = { validateFeatures: false };
    const expected = booster.predict([[1, 2, Number.NaN]]).data;
    const forms: unknown[] = [
      [[1, 2]],
      [{ age: 1, size: 2, other: "x" }],
      { data: [1, 2], rows: 1, cols: 2 },
      { columns: { size: [2], age: [1], other: ["x"] } },
      { indptr: [0, 2], indices: [0, 1], data: [1, 2], cols: 2 },
    ];
    for (const data of forms) {
      expectSameBits(booster.predict(data as Data, options).data, expected, "values");
    }
    expect(failure(() => booster.predict([[1, 2, 3, 4]], options)).message).toMatch(/expected: 3, got 4/);
  });
});

describe("options that cannot be used", () => {
  const booster = load(modelOf([COMB], { numFeatures: 3 }));
  const linear = load(
    modelOf([], { booster: "gblinear", linear: Float32Array.of(1, 2), iterationIndptr: [0, 1] }),
  );
  it.each<{ options: unknown; message: RegExp }>([
    { options: null, message: /options is null, expected an object/ },
    { options: 5, message: /options is 5, expected an object/ },
    { options: { iterationRange: [0, 2] }, message: /\[0, 2\].*1 rounds/ },
    { options: { iterationRange: [2, 0] }, message: /\[2, 0\]/ },
    { options: { iterationRange: [-1, 1] }, message: /\[-1, 1\].*whole numbers/ },
    { options: { iterationRange: [0, 0.5] }, message: /\[0, 0.5\]/ },
    { options: { iterationRange: [0] }, message: /\[0, undefined\]/ },
    { options: { iterationRange: ["0", "1"] }, message: /\["0", "1"\]/ },
    { options: { iterationRange: 5 }, message: /iterationRange is 5/ },
    { options: { predLeaf: true, iterationRange: [1, 1] }, message: /predLeaf/ },
    { options: { predLeaf: true, outputMargin: true }, message: /outputMargin and predLeaf/ },
    { options: { missing: "0" }, message: /missing is "0", expected a number/ },
    { options: { missing: 0n }, message: /missing is 0n/ },
    { options: { baseMargin: [1, 2] }, message: /baseMargin has 2 values.*1 × 1/ },
    { options: { baseMargin: 1 }, message: /baseMargin/ },
    { options: { baseMargin: [1n] }, message: /baseMargin/ },
    { options: { baseMargin: ["x"] }, message: /baseMargin/ },
  ])("$message", ({ options, message }) => {
    for (const run of [
      () => booster.predict([[1, 2, 3]], options as PredictOptions),
      () => booster.predictRow([1, 2, 3], options as PredictOptions),
      () => booster.predictInto([[1, 2, 3]], new Float32Array(1), options as PredictOptions),
    ]) {
      expect(failure(run).message).toMatch(message);
    }
  });

  it.each<[out: unknown, message: RegExp]>([
    [new Float32Array(1), /Float32Array of 1 values.*2 values/],
    [new Float64Array(2), /Float32Array/],
    [[0, 0], /Float32Array/],
    [null, /out is null/],
  ])("out: %s", (out, message) => {
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(failure(() => booster.predictInto(rows, out as Float32Array)).message).toMatch(message);
  });

  it("what a linear model does not have", () => {
    expect(failure(() => linear.predict([[1]], { predLeaf: true })).message).toMatch(/no trees/);
    expect(failure(() => linear.predict([[1]], { iterationRange: [1, 1] })).message).toMatch(/gblinear/);
    expect(linear.predict([[3]], { iterationRange: [0, 9] }).data[0]).toBe(5.5);
  });

  it("approxContribs alone changes nothing, as in Python", () => {
    expect(booster.predict([[1, 2, 3]], { approxContribs: true })).toEqual(booster.predict([[1, 2, 3]]));
  });
});
