/** A model's certificate: XGBoost's own answers to rows that are hard for the model, which it must give to the bit before it is served. */
import { createHash } from "node:crypto";
import { type Certificate, checkCertificate, readCertificate } from "xgboost-infer/certificate";
import { CERTIFICATE } from "./find-models.ts";
import type { Candidate } from "./load-model.ts";

/** Differences that a refusal tells of. */
const SHOWN = 3;

/**
 * Checks a model that has a `certificate.json`.
 * @returns what to tell of it, if it has one
 * @throws Error for a certificate that cannot be read, and for a model that gives other bits
 */
export function certificateCheck({ executor, files }: Candidate): string | undefined {
  const bytes = files.get(CERTIFICATE);
  if (bytes === undefined) {
    return undefined;
  }
  const certificate = readOrRefuse(bytes);
  const { equal, total, outputs, model } = checkCertificate(executor.booster, certificate, {
    sha256: sha256Of({ executor, files }),
    maxDifferences: SHOWN,
  });
  const of = `${total} values of ${certificate.rows} rows by XGBoost ${certificate.xgboost}`;
  if (equal < total) {
    const differences = outputs
      .flatMap(({ firstDifferences }) => firstDifferences)
      .slice(0, SHOWN)
      .map(({ output, row, found, expected }) => `${output} of row ${row} is ${found}, expected ${expected}`);
    throw new Error(
      `${CERTIFICATE}: ${total - equal} of ${of} differ (${differences.join("; ")})${rulesNote(executor, certificate)}`,
    );
  }
  const origin = model === "different" ? ", although it was made of another file" : "";
  return `${CERTIFICATE}: ${of} are equal${origin}`;
}

function readOrRefuse(bytes: Uint8Array): Certificate {
  try {
    return readCertificate(bytes);
  } catch (error) {
    throw new Error(`${CERTIFICATE}: ${(error as Error).message}`, { cause: error });
  }
}

function sha256Of({ executor, files }: Candidate): string {
  return createHash("sha256")
    .update(files.get(executor.manifest.model) ?? "")
    .digest("hex");
}

/** Releases of XGBoost have computed differently; a model is scored by the rules of the one that wrote it. */
function rulesNote({ booster }: Candidate["executor"], { rules, xgboost }: Certificate): string {
  const [major, minor] = booster.version;
  const writer = `${major}.${minor}`;
  return writer === rules
    ? ""
    : `; the model was written by XGBoost ${writer} and is scored by its rules, the certificate is XGBoost ${xgboost}'s`;
}
