/** Replays a certificate: the rows through a loaded model, its answers beside XGBoost's, bit by bit. */
import { describe, InputError } from "../errors.ts";
import type { Booster } from "../predict/booster.ts";
import type { PredictOptions } from "../predict/options.ts";
import { CertificateError } from "./errors.ts";
import { ulpsBetween } from "./float32.ts";
import type { Certificate, CertifiedOutput, OutputName } from "./read.ts";

export interface CertificateCheckOptions {
  /** SHA-256 of the bytes of the model's file, in hexadecimal digits, to be compared with the certificate's. */
  readonly sha256?: string;
  /** How many differences are listed for each output. Default: 10. */
  readonly maxDifferences?: number;
}

/** What came of a check. Values are equal when their bits are, any NaN being equal to any other. */
export interface CertificateResult {
  /** Values of all outputs. */
  readonly total: number;
  readonly equal: number;
  readonly outputs: readonly OutputResult[];
  /** Whether the file is the one that XGBoost loaded; "unknown" where a digest is missing. */
  readonly model: "same" | "different" | "unknown";
}

export interface OutputResult {
  readonly output: OutputName;
  readonly rows: number;
  readonly total: number;
  readonly equal: number;
  /** The largest distance, in units of the last place; see `ulpsBetween`. */
  readonly maxUlps: number;
  /** In the order of rows. */
  readonly firstDifferences: readonly CertificateDifference[];
}

export interface CertificateDifference {
  readonly output: OutputName;
  /** Row of the certificate, counted from 0. */
  readonly row: number;
  /** Place among the values of the row. */
  readonly index: number;
  /** XGBoost's value. */
  readonly expected: number;
  readonly found: number;
  readonly ulps: number;
  /** What the row is about, such as "below threshold", and the feature that it is about. */
  readonly kind: string | undefined;
  readonly feature: number | undefined;
}

const OPTIONS: Readonly<Record<OutputName, PredictOptions>> = {
  value: {},
  margin: { outputMargin: true },
  leaf: { predLeaf: true },
  contribs: { predContribs: true },
};

/**
 * Scores the rows of a certificate and compares with what XGBoost answered. The rules of XGBoost's releases differ: load the
 * booster with `rules: certificate.rules` to compare with the release that wrote the certificate.
 * @throws CertificateError where the certificate is of a model with other features or outputs
 */
export function checkCertificate(
  booster: Booster,
  certificate: Certificate,
  options: CertificateCheckOptions = {},
): CertificateResult {
  if (typeof options !== "object" || options === null) {
    throw new InputError(`options is ${describe(options)}, expected an object`);
  }
  if (certificate.cols !== booster.numFeatures) {
    throw new CertificateError(
      "cols",
      `the certificate has ${certificate.cols} columns, the model ${booster.numFeatures} features: it is another model's`,
    );
  }
  const outputs = certificate.outputs.map((output) =>
    checkOutput(booster, certificate, output, options.maxDifferences ?? 10),
  );
  return {
    total: outputs.reduce((sum, { total }) => sum + total, 0),
    equal: outputs.reduce((sum, { equal }) => sum + equal, 0),
    outputs,
    model: compareDigests(certificate.model.sha256, options.sha256),
  };
}

function compareDigests(
  certified: string | undefined,
  given: string | undefined,
): CertificateResult["model"] {
  if (certified === undefined || given === undefined) {
    return "unknown";
  }
  return certified === given.toLowerCase() ? "same" : "different";
}

function checkOutput(
  booster: Booster,
  certificate: Certificate,
  { name, shape, data }: CertifiedOutput,
  maxDifferences: number,
): OutputResult {
  const rows = shape[0]!;
  const { cols } = certificate;
  const found = answer(booster, name, { data: certificate.data.subarray(0, rows * cols), rows, cols });
  if (found.length !== data.length) {
    const width = (values: Float32Array): number => values.length / rows;
    throw new CertificateError(
      `outputs.${name}`,
      `has ${width(data)} values a row, the model gives ${width(found)}: it is another model's`,
    );
  }
  const width = data.length / rows;
  const firstDifferences: CertificateDifference[] = [];
  let [equal, maxUlps] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    if (Object.is(found[i], data[i])) {
      equal++;
      continue;
    }
    const ulps = ulpsBetween(found[i]!, data[i]!);
    maxUlps = Math.max(maxUlps, ulps);
    if (firstDifferences.length < maxDifferences) {
      const row = Math.floor(i / width);
      const values = { expected: data[i]!, found: found[i]!, ulps };
      firstDifferences.push({ output: name, row, index: i % width, ...values, ...about(certificate, row) });
    }
  }
  return { output: name, rows, total: data.length, equal, maxUlps, firstDifferences };
}

function answer(
  booster: Booster,
  name: OutputName,
  rows: { readonly data: Float32Array; readonly rows: number; readonly cols: number },
): Float32Array {
  try {
    return booster.predict(rows, OPTIONS[name]).data;
  } catch (error) {
    if (error instanceof InputError) {
      throw new CertificateError(`outputs.${name}`, `the model does not give it: ${error.message}`);
    }
    throw error;
  }
}

function about({ kinds }: Certificate, row: number): Pick<CertificateDifference, "kind" | "feature"> {
  const feature = kinds?.feature[row];
  return {
    kind: kinds?.names[kinds.kind[row]!],
    feature: feature === undefined || feature < 0 ? undefined : feature,
  };
}
