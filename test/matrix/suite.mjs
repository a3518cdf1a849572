/**
 * The parity suite of the runtime matrix. It runs wherever JavaScript does: it needs nothing but the language, and gets the package's
 * exports and the pack (`pack.ts`) from whoever imports it.
 */

/**
 * @typedef {Pick<typeof import("xgboost-infer"), "Booster"> & Pick<typeof import("xgboost-infer/executor"), "ModelExecutor">
 *   & Pick<typeof import("xgboost-infer/certificate"), "readCertificate" | "checkCertificate">
 *   & Pick<typeof import("xgboost-infer/explain"), "waterfall">
 *   & Pick<typeof import("xgboost-infer/convert"), "convertModel">} Library
 */
/** @typedef {{ data: number, options: object, expected: number, single: boolean }} Call */
/** @typedef {{ name: string, model: number, load: object, calls: Call[] }} Check */
/**
 * @typedef {{ checks: Check[], batch: { model: number, data: number, expected: number }, models: unknown[], data: unknown[], expected: unknown[], tumour: Record<string, unknown> }} Pack
 */
/** @typedef {{ data: Float32Array, rows: number, cols: number }} Dense */
/** @typedef {{ predict: (data: Dense, options?: object) => Promise<{ data: Float32Array }>, workers: number, close: () => unknown }} Pool */

const ENGINES = /** @type {const} */ (["auto", "wasm", "javascript"]);
const BATCH_ROWS = 20_000;

/** What is equal to XGBoost's values, and what is not. */
class Tally {
  equal = 0;
  total = 0;
  /** @type {string[]} the first few that differ or failed */
  wrong = [];

  /**
   * @param {string} name
   * @param {ArrayLike<number>} found
   * @param {Float32Array} expected
   */
  compare(name, found, expected) {
    this.total += expected.length;
    let equal = 0;
    for (let i = 0; i < expected.length; i++) {
      // Any NaN is equal to any other, 0 is not equal to -0.
      equal += Object.is(found[i], expected[i]) ? 1 : 0;
    }
    this.equal += equal;
    if ((equal < expected.length || found.length !== expected.length) && this.wrong.length < 10) {
      this.wrong.push(`${name}: ${equal} of ${expected.length} equal, ${found.length} given`);
    }
  }

  /**
   * @param {string} name
   * @param {number} total how many values this was about
   * @param {unknown} error
   */
  failed(name, total, error) {
    this.total += Math.max(total, 1);
    if (this.wrong.length < 10) {
      this.wrong.push(`${name}: ${error}`);
    }
  }
}

/**
 * Every check of the pack with every engine, then the executor with its certificate, and the other entries.
 * @param {Library} library
 * @param {string} text of the pack
 */
export function runSuite(library, text) {
  const pack = readPack(text);
  const tally = new Tally();
  for (const check of pack.checks) {
    for (const engine of ENGINES) {
      runCheck(library, pack, check, engine, tally);
    }
  }
  runExecutor(library, pack, tally);
  runConvert(library, pack, tally);
  if (!library.waterfall({ values: [1], base: 0 }).startsWith("<svg")) {
    tally.failed("explain", 1, "no picture");
  }
  const { booster, batch, expected } = openBatch(library, pack);
  tally.compare("a large batch", booster.predict(batch).data, expected);
  const { equal, total, wrong } = tally;
  return { equal, total, wrong, engine: booster.engine };
}

/**
 * A large batch by workers.
 * @param {Library} library
 * @param {string} text of the pack
 * @param {{ create: (source: never, options: { workers: number }) => Promise<Pool> }} pools
 */
export async function runPool(library, text, pools) {
  const tally = new Tally();
  const { booster, batch, expected } = openBatch(library, readPack(text));
  const pool = await pools.create(/** @type {never} */ (booster), { workers: 2 });
  tally.compare("workers", (await pool.predict(batch)).data, expected);
  const { workers } = pool;
  await pool.close();
  return { equal: tally.equal, total: tally.total, wrong: tally.wrong, workers };
}

/**
 * Rows per second of a large batch: the best of some calls.
 * @param {Library} library
 * @param {string} text of the pack
 * @param {() => number} clock in milliseconds
 */
export function measureRate(library, text, clock) {
  const { booster, batch } = openBatch(library, readPack(text));
  let best = Number.POSITIVE_INFINITY;
  for (const end = clock() + 500; clock() < end; ) {
    const start = clock();
    booster.predict(batch);
    best = Math.min(best, clock() - start);
  }
  return (1000 * BATCH_ROWS) / best;
}

/**
 * The large batch some times, for whoever has a clock.
 * @param {Library} library
 * @param {string} text of the pack
 * @param {number} times
 */
export function scoreBatches(library, text, times) {
  const { booster, batch } = openBatch(library, readPack(text));
  for (let i = 0; i < times; i++) {
    booster.predict(batch);
  }
  return { rows: times * BATCH_ROWS };
}

/**
 * @param {Library} library
 * @param {Pack} pack
 * @param {Check} check
 * @param {(typeof ENGINES)[number]} engine
 * @param {Tally} tally
 */
function runCheck({ Booster }, pack, { name, model, load, calls }, engine, tally) {
  const booster = Booster.load(/** @type {Uint8Array} */ (pack.models[model]), { ...load, engine });
  for (const { data, options, expected, single } of calls) {
    const rows = /** @type {Dense} */ (pack.data[data]);
    const wanted = /** @type {Float32Array} */ (pack.expected[expected]);
    const title = `${name}, engine ${engine}, ${JSON.stringify(options)}`;
    try {
      const decoded = /** @type {object} */ (decode(options));
      tally.compare(title, booster.predict(rows, decoded).data, wanted);
      if (single) {
        tally.compare(`${title}, row by row`, rowByRow(booster, rows, decoded), wanted);
      }
    } catch (error) {
      tally.failed(title, wanted.length, error);
    }
  }
}

/**
 * @param {import("xgboost-infer").Booster} booster
 * @param {Dense} dense
 * @param {object} options
 */
function rowByRow(booster, { data, rows, cols }, options) {
  return Array.from({ length: rows }, (_, r) => [
    ...booster.predictRow(data.subarray(r * cols, (r + 1) * cols), options),
  ]).flat();
}

/**
 * A model directory, and the certificate that lies in it.
 * @param {Library} library
 * @param {Pack} pack
 * @param {Tally} tally
 */
function runExecutor({ ModelExecutor, checkCertificate, readCertificate }, { tumour }, tally) {
  const files = /** @type {Record<string, Uint8Array>} */ (tumour);
  const certificate = readCertificate(/** @type {Uint8Array} */ (files["certificate.json"]));
  const { equal, total } = checkCertificate(ModelExecutor.load(files).booster, certificate);
  tally.equal += equal;
  tally.total += total;
  if (equal < total) {
    tally.wrong.push(`certificate: ${equal} of ${total} equal`);
  }
}

/**
 * A model written anew as JSON gives the same values.
 * @param {Library} library
 * @param {Pack} pack
 * @param {Tally} tally
 */
function runConvert(library, pack, tally) {
  const converted = library.convertModel(/** @type {Uint8Array} */ (pack.models[pack.batch.model]), {
    to: "json",
  });
  const { batch, expected } = openBatch(library, pack);
  tally.compare("converted", library.Booster.load(converted).predict(batch).data, expected);
}

/**
 * The rows of one check, again and again, and what is expected of them.
 * @param {Library} library
 * @param {Pack} pack
 */
function openBatch({ Booster }, { batch, models, data, expected }) {
  const rows = /** @type {Dense} */ (data[batch.data]);
  const values = /** @type {Float32Array} */ (expected[batch.expected]);
  return {
    booster: Booster.load(/** @type {Uint8Array} */ (models[batch.model])),
    batch: {
      data: Float32Array.from({ length: BATCH_ROWS * rows.cols }, (_, i) => at(rows.data, i)),
      rows: BATCH_ROWS,
      cols: rows.cols,
    },
    expected: Float32Array.from({ length: BATCH_ROWS }, (_, i) => at(values, i)),
  };
}

/**
 * @param {Float32Array} values
 * @param {number} i
 */
function at(values, i) {
  return values[i % values.length] ?? Number.NaN;
}

/**
 * @param {string} text
 * @returns {Pack}
 */
function readPack(text) {
  const { checks, batch, models, data, expected, tumour } = JSON.parse(text);
  const decoded = /** @type {Pick<Pack, "models" | "data" | "expected" | "tumour">} */ (
    decode({ models, data, expected, tumour })
  );
  return { checks, batch, ...decoded };
}

const ARRAYS = { Uint8Array, Int32Array, Float32Array, Float64Array, BigInt64Array };

/**
 * Typed arrays, NaN and infinities of their place-holders.
 * @param {unknown} value
 * @returns {unknown}
 */
function decode(value) {
  if (Array.isArray(value)) {
    return value.map(decode);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const { $, base64 } = /** @type {{ $?: string, base64?: string }} */ (value);
  if ($ !== undefined) {
    return base64 === undefined
      ? Number($)
      : new ARRAYS[/** @type {keyof typeof ARRAYS} */ ($)](bytesOf(base64).buffer);
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, decode(each)]));
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** @param {string} base64 */
function bytesOf(base64) {
  const length = (base64.length / 4) * 3 - (base64.match(/=*$/)?.[0].length ?? 0);
  const bytes = new Uint8Array(length);
  for (let i = 0, to = 0; i < base64.length; i += 4) {
    const four = [0, 1, 2, 3].reduce(
      (all, k) => (all << 6) | Math.max(0, DIGITS.indexOf(base64[i + k] ?? "")),
      0,
    );
    for (const shift of [16, 8, 0]) {
      if (to < length) {
        bytes[to++] = four >> shift;
      }
    }
  }
  return bytes;
}
