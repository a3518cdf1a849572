/** Fields of text as the model sees them: what all text formats share. */
import type { FeatureEncoder } from "../table.ts";

/** Texts of a column that are remembered. */
const MAX_MEMO = 10_000;
/** Longer texts are not. */
const MAX_LENGTH = 100;

export class TextFields {
  readonly #encoder: FeatureEncoder;
  readonly #missing: ReadonlySet<string>;
  readonly #memos: readonly Map<string, number>[];

  constructor(encoder: FeatureEncoder, missing: readonly string[] = []) {
    this.#encoder = encoder;
    this.#missing = new Set(missing);
    this.#memos = encoder.names.map(() => new Map());
  }

  /** Whether the user has named texts that mean missing. */
  get hasMissing(): boolean {
    return this.#missing.size > 0;
  }

  isMissing(text: string): boolean {
    return this.#missing.has(text) || this.#missing.has(text.trim());
  }

  /** @throws InputError for what is neither a number nor a category */
  encode(text: string, feature: number): number {
    const memo = this.#memos[feature]!;
    const known = memo.get(text);
    if (known !== undefined) {
      return known;
    }
    const value = this.isMissing(text) ? Number.NaN : this.#encoder.encodeText(text, feature);
    if (memo.size < MAX_MEMO && text.length <= MAX_LENGTH) {
      memo.set(text, value);
    }
    return value;
  }
}
