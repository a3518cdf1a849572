/** What a broken model may do, small real files to break, and how long loading takes as files grow. */
import { expect } from "vitest";
import {
  Booster,
  type DumpOptions,
  InputError,
  ModelFormatError,
  UnsupportedModelError,
} from "../../src/index.ts";
import { randomNumbers } from "./arbitrary.ts";
import { expectSameBits } from "./bits.ts";
import { manifest, readFixture } from "./fixtures.ts";

export type Source = Parameters<typeof Booster.load>[0];

/** Rows of wider models would take more memory than the test is worth. */
const MAX_ROW = 1 << 20;
const SQUARED: DumpOptions = { objective: "reg:squarederror", baseScore: 0.5 };
const CODES = {
  [ModelFormatError.name]: "ERR_MODEL_FORMAT",
  [UnsupportedModelError.name]: "ERR_UNSUPPORTED_MODEL",
  [InputError.name]: "ERR_INPUT",
};

export interface Outcome {
  readonly loaded: Booster | undefined;
  readonly error: ModelFormatError | UnsupportedModelError | InputError | undefined;
}

/**
 * Loads a model: either it works, and the engines agree on a row, or it throws one of the promised errors. `InputError` is
 * one of them for dumps only, about what the caller has to say of them. Anything else fails the test.
 */
export function tryLoad(source: Source, dump?: DumpOptions): Outcome {
  const options = dump === undefined ? {} : { dump };
  let loaded: Booster;
  try {
    loaded = Booster.load(source, { ...options, engine: "auto" });
  } catch (error) {
    expectPromised(error, dump !== undefined);
    return { loaded: undefined, error: error as ModelFormatError };
  }
  if (loaded.numFeatures <= MAX_ROW) {
    const reference = Booster.load(source, { ...options, engine: "reference" });
    const random = randomNumbers(1);
    for (const value of [() => Number.NaN, () => 0, () => (random() - 0.5) * 10]) {
      const row = Float32Array.from({ length: loaded.numFeatures }, value);
      expectSameBits(loaded.predictRow(row), reference.predictRow(row), "row of a broken model");
    }
  }
  return { loaded, error: undefined };
}

function expectPromised(error: unknown, inputAllowed: boolean): void {
  const { message, code } = error as Error & { code: unknown };
  const thrown = (error as object).constructor;
  const classes: unknown[] = [ModelFormatError, UnsupportedModelError, ...(inputAllowed ? [InputError] : [])];
  if (!classes.includes(thrown)) {
    expect.fail(`threw ${thrown?.name}, which is not promised: ${(error as Error).stack}`);
  }
  if (code !== CODES[thrown.name] || message.length < 10 || message.length > 1000) {
    expect.fail(`code ${code}, message of ${message.length} characters: ${message.slice(0, 200)}`);
  }
}

/** For models that must be refused as badly formed. */
export function expectRefused(source: Source, message: RegExp = /./, dump?: DumpOptions): void {
  const { error } = tryLoad(source, dump);
  expect(error?.message ?? "loaded").toMatch(message);
  expect(error).toBeInstanceOf(ModelFormatError);
}

export interface SmallFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly dump: DumpOptions | undefined;
}

/** Small real files: every format, every kind of booster, every part of the schema. */
const PATHS = [
  "3.4.1/one-tree/model.json",
  "3.4.1/one-tree/model.ubj",
  "1.5.2/one-tree/model.bin",
  "0.90/binary-logistic-base-tiny/model.bin",
  "0.90/gblinear/model.bin",
  "1.2.1/gblinear/model.bin",
  "3.4.1/gblinear/model.json",
  "3.4.1/gblinear/model.ubj",
  "1.2.1/gblinear/snapshot.bin",
  "1.6.2/gblinear/snapshot.bin",
  "1.3.3/gblinear/snapshot.bin",
  "3.4.1/gblinear/dump.json",
  "3.4.1/gblinear/dump.txt",
  "3.4.1/root-leaves/dump.json",
  "3.4.1/feature-names/get_dump-text.json",
  "1.1.1/dart/model-headerless.bin",
  "3.3.0/categorical-dart/model.json",
  "3.4.1/categorical-dart/model.ubj",
  "2.0.3/vector-leaf-multi-class/model.ubj",
  "3.4.1/vector-leaf/model.json",
  "3.4.1/vector-leaf/dump.json",
  "3.4.1/vector-leaf/dump.txt",
  "3.4.1/categorical-one-hot/dump.txt",
  "3.4.1/string-categories-binary/model.json",
  "3.4.1/string-categories-binary/model.ubj",
  "3.4.1/integer-categories/model.ubj",
  "2.1.4/categorical-multi-class/model.json",
];

export function smallFiles(): SmallFile[] {
  return PATHS.map((path) => {
    const file = manifest.cases.flatMap((fixture) => fixture.files).find((each) => each.path === path);
    const isDump = file?.dump !== undefined;
    return { path, bytes: readFixture(path), dump: isDump ? { ...SQUARED, ...file.dump } : undefined };
  });
}

/** `bytes` with `count` bytes changed: any value, one bit, or a value that a parser cares about. */
export function flipBytes(bytes: Uint8Array, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const copy = bytes.slice();
  const count = 1 + Math.floor(random() ** 3 * 6);
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random() * copy.length);
    const kind = random();
    if (kind < 0.4) {
      copy[at]! ^= 1 << Math.floor(random() * 8);
    } else if (kind < 0.7) {
      copy[at] = MEANINGFUL.charCodeAt(Math.floor(random() * MEANINGFUL.length));
    } else {
      copy[at] = Math.floor(random() * 256);
    }
  }
  return copy;
}

const MEANINGFUL = '[]{}",:\\-+.0129eENIu$#LlUdDSTFZi \n\t<=]\x00\xff\x7f\x80';

/** Some bytes cut out, doubled, or swapped with others. */
export function spliceBytes(bytes: Uint8Array, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const at = Math.floor(random() * bytes.length);
  const length = Math.floor(random() ** 2 * 64);
  const from = Math.floor(random() * bytes.length);
  const middle = random() < 0.4 ? new Uint8Array(0) : bytes.subarray(from, from + length);
  const rest = random() < 0.5 ? at + length : at;
  return Uint8Array.from([...bytes.subarray(0, at), ...middle, ...bytes.subarray(rest)]);
}

/** Above this a growth is more than linear: n log n measures about 1.1, what noise adds is less than the rest. */
const LINEAR = 1.6;

/**
 * Exponent of growth: 1 where time is linear in size, 2 where it is quadratic. The slope of the best times over sizes that
 * double; noise only ever adds time, so a steep slope is measured again, and each size keeps its best time.
 */
export function growthExponent(
  run: (size: number) => void,
  sizes: readonly number[],
  believe = LINEAR,
): number {
  const best = sizes.map(() => Infinity);
  let exponent = Infinity;
  for (let attempt = 0; attempt < 12 && exponent >= believe; attempt++) {
    for (const [i, size] of sizes.entries()) {
      best[i] = Math.min(
        best[i]!,
        bestTime(() => run(size)),
      );
    }
    exponent = slope(sizes, best);
  }
  return exponent;
}

/** Quick runs are repeated: the first of them is compiled while it runs. */
function bestTime(run: () => void): number {
  let best = Infinity;
  const start = performance.now();
  for (let i = 0; i < 2 || (performance.now() - start < 4 && i < 50); i++) {
    const before = performance.now();
    run();
    best = Math.min(best, performance.now() - before);
    if (best > 100) {
      break;
    }
  }
  return best;
}

/** Least squares in logarithms. */
function slope(sizes: readonly number[], times: readonly number[]): number {
  const xs = sizes.map(Math.log);
  const ys = times.map(Math.log);
  const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [x, y] = [mean(xs), mean(ys)];
  const covariance = mean(xs.map((each, i) => (each - x) * (ys[i]! - y)));
  return covariance / mean(xs.map((each) => (each - x) ** 2));
}

/** A source of about `size` bytes. */
export type Growing = (size: number) => readonly [Source, DumpOptions?];

/** Loading takes time linear in the size, memory in proportion to it, and ends as it may. */
export function expectLinear(grow: Growing, sizes: readonly number[]): void {
  const sources = new Map(sizes.map((size) => [size, grow(size)]));
  const load = (size: number): void => {
    const [source, dump] = sources.get(size)!;
    try {
      Booster.load(source, dump === undefined ? {} : { dump });
    } catch (error) {
      if (![ModelFormatError, UnsupportedModelError, InputError].some((each) => error instanceof each)) {
        throw error;
      }
    }
  };
  const memory = process.memoryUsage().arrayBuffers;
  expect(growthExponent(load, sizes)).toBeLessThan(LINEAR);
  expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(1000 * sizes[sizes.length - 1]!);
  const [source, dump] = sources.get(sizes[0]!)!;
  tryLoad(source, dump);
}
