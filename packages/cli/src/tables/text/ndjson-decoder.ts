/** NDJSON: an object a line. Of a key that stands twice in an object the last value counts, as in every reader of JSON. */
import type {
  BlockPayload,
  ColumnPlan,
  DecodedBlock,
  Decoder,
  DecoderSpec,
  FeatureEncoder,
  RowRefusal,
} from "../table.ts";
import { textBytes } from "./payload.ts";
import { quote, reasonOf } from "./reasons.ts";
import { TextFields } from "./text-fields.ts";
import { linesOf } from "./text-lines.ts";

const JSON_TYPE = { name: "json" } as const;

/** What a key stands for that is no feature. */
const PASSED = -1;
const UNKNOWN = -2;

interface Refused {
  readonly reason: string;
  readonly column?: string;
}

export class NdjsonDecoder implements Decoder {
  readonly #plan: ColumnPlan;
  readonly #encoder: FeatureEncoder;
  readonly #fields: TextFields;
  /** By feature: 1 where a number is the value itself. */
  readonly #isNumber: Uint8Array;
  /** By name: the feature, or -1 for what is passed through. */
  readonly #known: ReadonlyMap<string, number>;
  /** Keys of the last row and their features: most rows have the same keys in the same order, and as the same objects. */
  readonly #lastKeys: string[] = [];
  readonly #lastFeatures: number[] = [];

  constructor(spec: DecoderSpec, plan: ColumnPlan, encoder: FeatureEncoder) {
    this.#plan = plan;
    this.#encoder = encoder;
    this.#fields = new TextFields(encoder, spec.options.missing);
    this.#isNumber = Uint8Array.from(encoder.kinds, (kind) => (kind === "number" ? 1 : 0));
    this.#known = new Map([
      ...plan.keep.map((column) => [plan.names[column]!, PASSED] as const),
      ...encoder.names.map((name, feature) => [name, feature] as const),
    ]);
  }

  decode(payload: BlockPayload): DecodedBlock {
    const lines = linesOf(textBytes(payload));
    const width = this.#isNumber.length;
    const features = new Float32Array(lines.length * width).fill(Number.NaN);
    const kept: unknown[][] = this.#plan.keep.map(() => []);
    const refused: RowRefusal[] = [];
    const unknown: (string[] | undefined)[] = [];
    let row = 0;
    lines.forEach((text, line) => {
      if (text !== undefined && text.trim() === "") {
        return;
      }
      const object = text === undefined ? { reason: "is not UTF-8" } : parse(text);
      const strangers: string[] = [];
      const reason = isRefused(object) ? object : this.#encode(object.row, features, row * width, strangers);
      if (strangers.length > 0) {
        unknown[row] = strangers;
      }
      if (reason !== undefined) {
        refused.push({ row, line, ...reason });
      }
      this.#plan.keep.forEach((column, place) => {
        const name = this.#plan.names[column]!;
        kept[place]!.push(isRefused(object) || !Object.hasOwn(object.row, name) ? null : object.row[name]);
      });
      row++;
    });
    return {
      rows: row,
      lines: lines.length,
      features: features.subarray(0, row * width),
      kept: this.#plan.keep.map((column, place) => ({
        name: this.#plan.names[column]!,
        type: JSON_TYPE,
        values: kept[place]!,
      })),
      refused,
      unknown,
    };
  }

  /** @returns why the row is refused, if it is */
  #encode(
    row: Readonly<Record<string, unknown>>,
    out: Float32Array,
    at: number,
    unknown: string[],
  ): Refused | undefined {
    const keys = Object.keys(row);
    const checkMissing = this.#fields.hasMissing;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const feature = this.#featureOf(key, i);
      if (feature < 0) {
        if (feature === UNKNOWN) {
          unknown.push(key);
        }
        continue;
      }
      const value = row[key];
      if (typeof value === "number" && this.#isNumber[feature] === 1 && !checkMissing) {
        out[at + feature] = value;
        continue;
      }
      try {
        out[at + feature] = this.#value(value, feature);
      } catch (error) {
        return { column: key, reason: reasonOf(error) };
      }
    }
    return undefined;
  }

  #value(value: unknown, feature: number): number {
    const missing =
      (typeof value === "string" || typeof value === "number") && this.#fields.isMissing(String(value));
    return missing ? Number.NaN : this.#encoder.encodeValue(value, feature);
  }

  #featureOf(key: string, place: number): number {
    if (this.#lastKeys[place] === key) {
      return this.#lastFeatures[place]!;
    }
    const feature = this.#known.get(key) ?? UNKNOWN;
    // Objects may have any number of keys, but few have many more than the model.
    if (place < 2 * this.#isNumber.length + 100) {
      this.#lastKeys[place] = key;
      this.#lastFeatures[place] = feature;
    }
    return feature;
  }
}

function isRefused(object: Refused | { readonly row: object }): object is Refused {
  return "reason" in object;
}

function parse(text: string): Refused | { readonly row: Record<string, unknown> } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { reason: `is not JSON: ${(error as Error).message}` };
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? { row: value as Record<string, unknown> }
    : { reason: `is ${quote(text.trim())}, expected an object by feature name` };
}
