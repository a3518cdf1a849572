/** The tables of fixtures/tables, and what XGBoost makes of them. */
import { readFileSync } from "node:fs";

const FOLDER = new URL("../../fixtures/tables/", import.meta.url);

interface Expected {
  readonly rows: number;
  readonly features: readonly string[];
  /** rows × features, as XGBoost's DMatrix holds them. */
  readonly values: Float32Array;
  readonly predictions: Float32Array;
}

export function readTable(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

export function expectedRows(): Expected {
  const text = new TextDecoder().decode(readTable("expected.json"));
  const { rows, features, values, predictions } = JSON.parse(text);
  return { rows, features, values: floats(values), predictions: floats(predictions) };
}

function floats(base64: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(base64, "base64")).buffer);
}
