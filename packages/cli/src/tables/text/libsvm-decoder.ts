/**
 * LIBSVM: `label index:value …`, as XGBoost reads it: absent indices are missing, `qid:` is ignored, `#` begins a comment. A
 * value of a categorical feature is its code.
 */
import type {
  BlockPayload,
  ColumnPlan,
  DecodedBlock,
  Decoder,
  DecoderSpec,
  FeatureEncoder,
  KeptColumn,
  RowRefusal,
} from "../table.ts";
import { cursor, readNumber } from "./number.ts";
import { textBytes } from "./payload.ts";
import { quote } from "./reasons.ts";
import { TextFields } from "./text-fields.ts";
import { linesOf } from "./text-lines.ts";

const TOKENS = /[^ \t\r\f\v]+/g;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const NAN = new Set(["nan", "NaN", "NA", "null"]);

/** Of the same class as the bytes of CSV, as `readNumber` is the faster for it. */
const utf8 = new TextEncoder();

class Refusal extends Error {
  readonly column: string | undefined;

  constructor(reason: string, column?: string) {
    super(reason);
    this.column = column;
  }
}

export class LibsvmDecoder implements Decoder {
  readonly #plan: ColumnPlan;
  readonly #names: readonly string[];
  readonly #base: number;
  readonly #fields: TextFields;
  /** By feature: the row, counted from 1, that has set it last. */
  #setBy = new Int32Array(0);

  constructor(spec: DecoderSpec, plan: ColumnPlan, encoder: FeatureEncoder) {
    this.#plan = plan;
    this.#names = encoder.names;
    this.#base = spec.options.libsvmBase ?? 0;
    this.#fields = new TextFields(encoder, spec.options.missing);
  }

  decode(payload: BlockPayload): DecodedBlock {
    const lines = linesOf(textBytes(payload));
    const width = this.#names.length;
    const features = new Float32Array(lines.length * width).fill(Number.NaN);
    const labels: (string | null)[] = [];
    const refused: RowRefusal[] = [];
    this.#setBy = new Int32Array(width);
    lines.forEach((text, line) => {
      const tokens = text === undefined ? [] : (text.replace(/#[\s\S]*/, "").match(TOKENS) ?? []);
      if (text !== undefined && tokens.length === 0) {
        return;
      }
      const row = labels.length;
      labels.push(tokens[0] ?? null);
      try {
        if (text === undefined) {
          throw new Refusal("is not UTF-8");
        }
        this.#row(tokens, features, row);
      } catch (error) {
        if (!(error instanceof Refusal)) {
          throw error;
        }
        const { column, message } = error;
        refused.push({ row, line, ...(column === undefined ? {} : { column }), reason: message });
      }
    });
    const rows = labels.length;
    const filled = features.subarray(0, rows * width);
    const kept = this.#plan.keep.map((column) => this.#kept(column, labels, filled));
    return { rows, lines: lines.length, features: filled, kept, refused };
  }

  #row(tokens: readonly string[], features: Float32Array, row: number): void {
    const label = tokens[0]!;
    if (label.includes(":")) {
      throw new Refusal(`begins with ${quote(label)}, expected a label without a weight`);
    }
    numberOf(label, "label");
    for (let i = 1; i < tokens.length; i++) {
      const token = tokens[i]!;
      const colon = token.indexOf(":");
      if (token.startsWith("qid:")) {
        continue;
      }
      const feature = this.#feature(token, colon);
      if (this.#setBy[feature] === row + 1) {
        throw new Refusal(`index ${token.slice(0, colon)} stands twice`, this.#names[feature]);
      }
      this.#setBy[feature] = row + 1;
      const value = token.slice(colon + 1);
      features[row * this.#names.length + feature] = this.#fields.isMissing(value)
        ? Number.NaN
        : numberOf(value, this.#names[feature]!);
    }
  }

  #feature(token: string, colon: number): number {
    const index = token.slice(0, Math.max(colon, 0));
    if (!/^\d+$/.test(index)) {
      throw new Refusal(`found ${quote(token)}, expected index:value`);
    }
    const feature = Number(index) - this.#base;
    if (feature < 0 || feature >= this.#names.length) {
      const last = this.#names.length - 1 + this.#base;
      throw new Refusal(`found index ${index}, expected ${this.#base} to ${last}`);
    }
    return feature;
  }

  #kept(column: number, labels: readonly (string | null)[], features: Float32Array): KeptColumn {
    const name = this.#plan.names[column]!;
    const feature = this.#plan.features[column]!;
    if (feature < 0) {
      return { name, type: { name: "text" }, values: labels };
    }
    const values = labels.map((_, row) => {
      const value = features[row * this.#names.length + feature]!;
      return Number.isNaN(value) ? null : value;
    });
    return { name, type: { name: "float32" }, values };
  }
}

function numberOf(text: string, column: string): number {
  const bytes = utf8.encode(`${text}\n`);
  const value = readNumber(bytes, 0);
  if (cursor.end === bytes.length - 1 && cursor.end > 0) {
    return value;
  }
  if (NAN.has(text)) {
    return Number.NaN;
  }
  const infinity = INFINITY.exec(text);
  if (infinity === null) {
    throw new Refusal(`found ${quote(text)}, expected a number`, column);
  }
  return infinity[1] === "-" ? -Infinity : Infinity;
}
