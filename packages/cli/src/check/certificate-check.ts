/** A model against its certificate. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Certificate,
  type CertificateDifference,
  CertificateError,
  type CertificateResult,
  checkCertificate,
  type OutputResult,
  readCertificate,
} from "xgboost-infer/certificate";
import type { ModelExecutor } from "xgboost-infer/executor";
import { UsageError } from "../errors.ts";
import { type CheckReport, type Difference, grouped, type OutputReport } from "./report.ts";

export interface CertificateCheck {
  readonly executor: ModelExecutor;
  /** The model as the user named it. */
  readonly model: string;
  /** Path of the model's file. */
  readonly modelFile: string;
  readonly rules: string;
  readonly certificate: string;
  readonly maxDifferences: number;
}

/** @throws UsageError for a certificate that cannot be read, or is another model's */
export function checkWithCertificate(options: CertificateCheck): CheckReport {
  const { executor, maxDifferences } = options;
  const bytes = readBytes(options.certificate);
  try {
    const certificate = readCertificate(bytes);
    const sha256 = createHash("sha256").update(readFileSync(options.modelFile)).digest("hex");
    const result = checkCertificate(executor.booster, certificate, { sha256, maxDifferences });
    const equal = result.equal === result.total;
    return {
      model: options.model,
      engine: executor.booster.engine,
      rules: options.rules,
      source: `${options.certificate}: ${grouped(certificate.rows)} rows by XGBoost ${certificate.xgboost}`,
      outputs: result.outputs.map((output) => outputReport(output, certificate, executor.features)),
      notes: notesOf(options, certificate, result),
      equal,
    };
  } catch (error) {
    throw error instanceof CertificateError
      ? new UsageError(`${options.certificate}: ${error.message}`)
      : error;
  }
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`);
  }
}

function outputReport(
  result: OutputResult,
  certificate: Certificate,
  names: readonly string[],
): OutputReport {
  const { output, total, equal, maxUlps, firstDifferences } = result;
  return {
    output,
    total,
    equal,
    equalRounded: 0,
    maxUlps,
    differences: firstDifferences.map((each) => difference(each, total / result.rows, certificate, names)),
  };
}

function difference(
  found: CertificateDifference,
  width: number,
  { data, cols }: Certificate,
  names: readonly string[],
): Difference {
  const { output, row, index, kind, feature } = found;
  const order = Array.from({ length: cols }, (_, column) => column);
  const first = feature === undefined ? order : [feature, ...order.filter((each) => each !== feature)];
  return {
    row,
    name: width === 1 ? output : `${output}[${index}]`,
    expected: found.expected,
    found: found.found,
    ulps: found.ulps,
    ...(kind === undefined
      ? {}
      : { about: feature === undefined ? kind : `${kind}, of ${names[feature] ?? feature}` }),
    features: first.map((column) => [names[column] ?? `f${column}`, data[row * cols + column]!]),
  };
}

function notesOf(
  { executor, rules }: CertificateCheck,
  certificate: Certificate,
  { model, equal, total }: CertificateResult,
): string[] {
  const notes: string[] = [];
  const { name, sha256 } = certificate.model;
  if (model === "different") {
    notes.push(
      `Note: the certificate was made of another file, ${name ?? "without a name"}, SHA-256 ${sha256}.`,
    );
  }
  const [major, minor] = executor.booster.version;
  const writer = `${major}.${minor}`;
  if (equal < total && rules === "file" && writer !== certificate.rules) {
    notes.push(
      `Note: the model was written by XGBoost ${writer} and is scored by its rules; XGBoost ${certificate.xgboost} may have others: see --rules ${certificate.rules}.`,
    );
  }
  return notes;
}

/** Where a model's file lies. */
export function modelFileOf(path: string, isDirectory: boolean, executor: ModelExecutor): string {
  return isDirectory ? join(path, executor.manifest.model) : path;
}
