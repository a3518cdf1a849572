/** Certificates that several releases of XGBoost wrote: equal to the bit with every engine, and whatever is damaged shows. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64 } from "../src/certificate/base64.ts";
import {
  CertificateError,
  type CertificateResult,
  checkCertificate,
  readCertificate,
  ulpsBetween,
} from "../src/certificate.ts";
import { Booster, type EngineOption, InputError } from "../src/index.ts";
import { readFixture } from "./support/fixtures.ts";

interface Entry {
  readonly certificate: string;
  readonly model: string;
}

const INDEX: readonly Entry[] = JSON.parse(decode(readFixture("certificates/index.json")));
const ENGINES: readonly EngineOption[] = ["reference", "javascript", "wasm", "auto"];
const CANCER = entry("3.4.1-breast-cancer");

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function entry(name: string): Entry {
  return INDEX.find(({ certificate }) => certificate === `${name}.json`)!;
}

function textOf({ certificate }: Entry): string {
  return decode(readFixture(`certificates/${certificate}`));
}

type Spoiled = { [key: string]: Spoiled };

/** The parsed JSON of the certificate of breast-cancer, with something changed. */
function spoiled(spoil: (certificate: Spoiled) => void): object {
  const certificate = JSON.parse(textOf(CANCER)) as Spoiled;
  spoil(certificate);
  return certificate;
}

function check(
  source: string | object,
  model = CANCER.model,
  engine: EngineOption = "auto",
): CertificateResult {
  const certificate = readCertificate(source);
  return checkCertificate(
    Booster.load(readFixture(model), { engine, rules: certificate.rules }),
    certificate,
  );
}

describe.each(INDEX)("$certificate", (each) => {
  const engines = each.model.includes("gblinear") ? ENGINES.filter((name) => name !== "wasm") : ENGINES;

  it.each(engines)("is equal to the bit, %s engine", (engine) => {
    const { total, equal, outputs } = check(textOf(each), each.model, engine);
    expect(outputs.flatMap((output) => output.firstDifferences)).toEqual([]);
    expect(equal).toBe(total);
    expect(total).toBeGreaterThanOrEqual(300);
    expect(outputs.map(({ output }) => output)).toEqual(expect.arrayContaining(["value", "margin"]));
  });

  it("says which model it is of, and what its rows are about", () => {
    const certificate = readCertificate(readFixture(`certificates/${each.certificate}`));
    const bytes = readFixture(each.model);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(certificate.model).toEqual({ name: each.model.split("/").pop(), bytes: bytes.length, sha256 });
    expect(each.model.startsWith(`${certificate.xgboost}/`)).toBe(true);
    const booster = Booster.load(bytes);
    expect(certificate.featureNames).toEqual(booster.featureNames);
    const about = new Set(Array.from(certificate.kinds!.kind, (kind) => certificate.kinds!.names[kind]));
    expect(about).toContain("one value everywhere");
    if (booster.numTrees > 0) {
      expect([...about]).toEqual(expect.arrayContaining(["leaf", "missing", "special number"]));
      expect(about.has("threshold") || about.has("category")).toBe(true);
    }
    const has = (test: (value: number) => boolean): boolean => certificate.data.some(test);
    expect(
      has(Number.isNaN) && has((value) => Object.is(value, -0)) && has((value) => value === 2 ** -149),
    ).toBe(true);
  });
});

describe("checkCertificate", () => {
  it("has rows on thresholds, beside them and at infinity", () => {
    const { kinds, data, rows, cols } = readCertificate(textOf(CANCER));
    const of = (name: string): number => kinds!.kind.filter((kind) => kinds!.names[kind] === name).length;
    expect(rows * cols).toBe(data.length);
    for (const name of ["threshold", "below threshold", "above threshold", "infinity"]) {
      expect(of(name), name).toBeGreaterThan(5);
    }
    expect(data.includes(Infinity) && data.includes(-Infinity)).toBe(true);
  });

  it("finds one bit that was changed: where, what the row is about, how far off", () => {
    const { row, source } = withBitFlipped();
    const { total, equal, outputs } = check(source);
    expect(total - equal).toBe(1);
    const value = outputs.find(({ output }) => output === "value")!;
    expect(value).toMatchObject({ rows: 150, total: 150, equal: 149, maxUlps: 1 });
    const certificate = readCertificate(source);
    const [difference] = value.firstDifferences;
    expect(difference).toMatchObject({ output: "value", row, index: 0, ulps: 1 });
    expect(difference!.kind).toBe(certificate.kinds!.names[certificate.kinds!.kind[row]!]);
    expect(ulpsBetween(difference!.expected, difference!.found)).toBe(1);
  });

  it("finds a threshold of the model that was moved by one float32", () => {
    const path = "3.4.1/breast-cancer/model.json";
    const document = JSON.parse(decode(readFixture(path)));
    const tree = document.learner.gradient_booster.model.trees[0];
    tree.split_conditions[0] = nextAbove(tree.split_conditions[0]);
    const certificate = readCertificate(textOf(CANCER));
    const { equal, total, outputs } = checkCertificate(Booster.load(document), certificate);
    expect(equal).toBeLessThan(total);
    const differences = outputs.find(({ output }) => output === "leaf")!.firstDifferences;
    expect(differences.length).toBeGreaterThan(0);
    for (const { row } of differences) {
      const feature = tree.split_indices[0];
      expect(certificate.data[row * certificate.cols + feature]).toBe(
        Math.fround(
          JSON.parse(decode(readFixture(path))).learner.gradient_booster.model.trees[0].split_conditions[0],
        ),
      );
    }
  });

  it("shows the difference between the rules of releases", () => {
    const old = entry("1.5.2-categorical-partition");
    const certificate = readCertificate(textOf(old));
    const result = checkCertificate(Booster.load(readFixture(old.model), { rules: "latest" }), certificate, {
      maxDifferences: 3,
    });
    expect(result.equal).toBeLessThan(result.total);
    expect(result.outputs.every(({ firstDifferences }) => firstDifferences.length <= 3)).toBe(true);
  });

  it("compares digests where it is given one", () => {
    const certificate = readCertificate(textOf(CANCER));
    const booster = Booster.load(readFixture(CANCER.model));
    const of = (options: { sha256?: string }): string =>
      checkCertificate(booster, certificate, options).model;
    expect(of({})).toBe("unknown");
    expect(of({ sha256: certificate.model.sha256!.toUpperCase() })).toBe("same");
    expect(of({ sha256: "0".repeat(64) })).toBe("different");
  });

  it("refuses the certificate of another model", () => {
    expect(() => check(textOf(entry("3.4.1-dart-multi-class")))).toThrow(
      /^cols: the certificate has \d+ columns, the model 30 features/,
    );
    const halved = spoiled((certificate) => assign(certificate["outputs"]!["value"]!, "shape", [75, 2]));
    expect(() => check(halved)).toThrow(/^outputs.value: has 2 values a row, the model gives 1/);
    const leaves = { leaf: JSON.parse(textOf(CANCER)).outputs.leaf };
    const linear = JSON.parse(textOf(entry("3.4.1-gblinear-multi-class")));
    expect(() => check({ ...linear, outputs: leaves }, entry("3.4.1-gblinear-multi-class").model)).toThrow(
      /^outputs.leaf: the model does not give it: predLeaf: a gblinear model has no trees/,
    );
    const booster = Booster.load(readFixture(CANCER.model));
    expect(() => checkCertificate(booster, readCertificate(textOf(CANCER)), null as never)).toThrow(
      InputError,
    );
  });
});

/** The last bit of the first value that is not the largest of its kind. */
function withBitFlipped(): { readonly row: number; readonly source: object } {
  const row = 17;
  const source = spoiled((certificate) => {
    const value = certificate["outputs"]!["value"] as unknown as { data: string };
    const bytes = Buffer.from(value.data, "base64");
    bytes[4 * row]! ^= 1;
    value.data = bytes.toString("base64");
  });
  return { row, source };
}

function nextAbove(value: number): number {
  const floats = Float32Array.of(value);
  const bits = new Int32Array(floats.buffer);
  bits[0]! += value > 0 ? 1 : -1;
  return floats[0]!;
}

/** What is changed, and where the error points. */
const HOSTILE: readonly (readonly [where: string, spoil: (certificate: Spoiled) => void])[] = [
  ...(["format", "version", "rows", "cols", "data", "xgboost", "outputs"] as const).flatMap((key) =>
    [undefined, null, {}, [], -1, 0.5, "?", true].flatMap((value) =>
      key === "outputs" && typeof value === "object"
        ? []
        : [[key, (certificate: Spoiled) => assign(certificate, key, value)] as const],
    ),
  ),
  ["outputs", (certificate) => assign(certificate, "outputs", {})],
  ["data", (certificate) => assign(certificate, "rows", 1e9)],
  ["features.names", (certificate) => assign(certificate, "cols", 9e15)],
  ['outputs."votes"', (certificate) => assign(certificate["outputs"]!, "votes", {})],
  [
    'outputs."__proto__"',
    (certificate) =>
      Object.defineProperty(certificate["outputs"]!, "__proto__", { value: {}, enumerable: true }),
  ],
  ["outputs.value", (certificate) => assign(certificate["outputs"]!, "value", [])],
  ["outputs.value.shape", (certificate) => assign(certificate["outputs"]!["value"]!, "shape", [])],
  ["outputs.value.shape", (certificate) => assign(certificate["outputs"]!["value"]!, "shape", [151])],
  ["outputs.value.shape[1]", (certificate) => assign(certificate["outputs"]!["value"]!, "shape", [150, -1])],
  ["outputs.value.data", (certificate) => assign(certificate["outputs"]!["value"]!, "shape", [150, 2 ** 40])],
  ["outputs.value.type", (certificate) => assign(certificate["outputs"]!["value"]!, "type", "constructor")],
  ["outputs.leaf.data", (certificate) => assign(certificate["outputs"]!["leaf"]!, "type", "uint32")],
  ["model.sha256", (certificate) => assign(certificate["model"]!, "sha256", "AB")],
  ["model.bytes", (certificate) => assign(certificate["model"]!, "bytes", "12")],
  ["features.names", (certificate) => assign(certificate["features"]!, "names", ["a"])],
  ["features.names[0]", (certificate) => assign(certificate["features"]!, "names", [7])],
  ["kinds.names", (certificate) => assign(certificate["kinds"]!, "names", "mixture")],
  ["kinds.kind", (certificate) => assign(certificate["kinds"]!, "names", ["mixture"])],
  ["kinds.feature", (certificate) => assign(certificate["kinds"]!, "feature", "")],
];

function assign(target: Spoiled, key: string, value: unknown): void {
  Object.assign(target, { [key]: value });
}

describe("readCertificate", () => {
  it.each(HOSTILE.map(([where, spoil], i) => [where, i, spoil] as const))(
    "refuses %s, case %i",
    (where, _, spoil) => {
      const error = thrown(() => readCertificate(spoiled(spoil)));
      expect(error).toBeInstanceOf(CertificateError);
      expect(error).toMatchObject({ code: "ERR_CERTIFICATE", where });
      expect((error as Error).message.length).toBeLessThan(300);
    },
  );

  it.each(["", "{", "[]", "null", "7", '"format"', "[".repeat(100_000)])("refuses the text %.20s", (text) => {
    expect(thrown(() => readCertificate(text))).toMatchObject({
      code: "ERR_CERTIFICATE",
      where: "certificate",
    });
  });

  it("takes text, bytes and the parsed document for the same, a byte order mark too", () => {
    const text = textOf(CANCER);
    const wanted = readCertificate(text);
    expect(readCertificate(`\uFEFF${text}`)).toEqual(wanted);
    expect(readCertificate(new TextEncoder().encode(text))).toEqual(wanted);
    expect(readCertificate(JSON.parse(text))).toEqual(wanted);
  });

  it("needs no more than rows and outputs", () => {
    const certificate = spoiled((each) => {
      for (const key of [
        "model",
        "platform",
        "created",
        "features",
        "kinds",
        "coverage",
        "numpy",
        "python",
        "seed",
      ]) {
        delete each[key];
      }
    });
    expect(readCertificate(certificate)).toMatchObject({
      model: { name: undefined, sha256: undefined },
      kinds: undefined,
      featureNames: undefined,
      rules: "3.4",
    });
    expect(check(certificate)).toMatchObject({ model: "unknown" });
  });

  it("throws nothing but CertificateError for bytes that were changed at random", () => {
    const bytes = readFixture("certificates/2.1.4-multi-softprob.json");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const changed = bytes.slice();
          for (const [at, byte] of changes) {
            changed[at] = byte;
          }
          const error = thrown(() => readCertificate(changed));
          expect(error === undefined || error instanceof CertificateError).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reads all base64 that there is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(decodeBase64(text, bytes.length, "data")).toEqual(bytes);
        expect(() => decodeBase64(text, bytes.length + 1, "data")).toThrow(CertificateError);
        expect(() => decodeBase64(`*${text.slice(1)}`, Math.max(1, bytes.length), "data")).toThrow(
          CertificateError,
        );
      }),
    );
  });
});

it("ulpsBetween counts the steps between float32", () => {
  expect(ulpsBetween(1, 1 + 2 ** -23)).toBe(1);
  expect(ulpsBetween(0, -0)).toBe(1);
  expect(ulpsBetween(2 ** -149, -(2 ** -149))).toBe(3);
  expect(ulpsBetween(Number.NaN, Number.NaN)).toBe(0);
  expect(ulpsBetween(1, Number.NaN)).toBe(Infinity);
  expect(ulpsBetween(3.4028234663852886e38, Infinity)).toBe(1);
  expect(ulpsBetween(-Infinity, Infinity)).toBe(2 * 0x7f800000 + 1);
});

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

it("the script that writes certificates names no file that it does not have", () => {
  const script = readFileSync(new URL("../tools/certify.py", import.meta.url), "utf8");
  expect(
    script
      .match(/^(?:import|from) (\w+)/gm)
      ?.map((line) => line.split(" ")[1])
      .sort(),
  ).toEqual([
    "argparse",
    "base64",
    "csv",
    "datetime",
    "hashlib",
    "json",
    "numpy",
    "os",
    "platform",
    "sys",
    "tempfile",
    "xgboost",
  ]);
});
