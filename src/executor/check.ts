/** The check of a row: what is absent, how much it weighs, and whether the policy lets the row pass. */
import { describe } from "../errors.ts";
import { FeatureCheckError, listNames } from "./errors.ts";
import type { Importance } from "./importance.ts";
import type { CheckPolicy } from "./manifest.ts";

/** What is absent from a row. */
export interface Absent {
  /** Names in the model's order, those in `allowMissing` too. */
  readonly missing: string[];
  /** Share of importance, 0 to 1, that they hold, those in `allowMissing` left out. NaN where there is no importance. */
  readonly missingWeight: number;
}

/** Decimal weights are not exact in binary: 0.1 + 0.2 of 1 is a little above a limit of 0.3, which nobody means. */
const ROUNDING = 1e-12;

export class FeatureCheck {
  readonly #policy: CheckPolicy;
  readonly #names: readonly string[];
  readonly #weights: Float64Array | undefined;
  readonly #total: number;
  /** By column: 1 where the feature may be absent at no cost. */
  readonly #allowed: Uint8Array;

  /** @param importance only mode `weight` needs one */
  constructor(policy: CheckPolicy, names: readonly string[], importance: Importance | undefined) {
    const allowed = new Set(policy.allowMissing);
    this.#policy = policy;
    this.#names = names;
    this.#weights = importance?.weights;
    this.#total = importance?.total ?? Number.NaN;
    this.#allowed = Uint8Array.from(names, (name) => (allowed.has(name) ? 1 : 0));
  }

  /** What is absent from the row at `values[at …]`. Sums go by column, so that their last bit is always the same. */
  absent(values: Float32Array, at: number): Absent {
    const missing: string[] = [];
    let weight = 0;
    for (let column = 0; column < this.#names.length; column++) {
      const value = values[at + column]!;
      // biome-ignore lint/suspicious/noSelfCompare: NaN alone differs from itself, and this is quicker than a call
      if (value !== value) {
        missing.push(this.#names[column]!);
        if (this.#allowed[column] === 0) {
          weight += this.#weights === undefined ? Number.NaN : this.#weights[column]!;
        }
      }
    }
    return { missing, missingWeight: weight === 0 ? 0 : weight / this.#total };
  }

  /**
   * The error that a row is refused with, if it is.
   * @param row its number in a batch
   */
  refusal(
    absent: Absent,
    unknown: readonly string[] | undefined,
    row: number | undefined,
  ): FeatureCheckError | undefined {
    const { mode, weightLimit, allowMissing, unknownFeatures } = this.#policy;
    const refusesUnknown = unknown !== undefined && unknownFeatures === "refuse";
    const tooHeavy = mode === "weight" && absent.missingWeight > weightLimit! + ROUNDING;
    const costly =
      tooHeavy || (mode === "allowlist" && absent.missing.length > 0) ? this.#costly(absent.missing) : [];
    if (costly.length === 0 && !refusesUnknown) {
      return undefined;
    }
    const reasons: string[] = [];
    if (tooHeavy) {
      const features = listNames(costly, (name) => `${describe(name)} (${percent(this.#share(name))})`);
      reasons.push(
        `absent features hold ${absent.missingWeight} of the importance, weightLimit is ${weightLimit}: ${features}`,
      );
    } else if (costly.length > 0) {
      const allowed = allowMissing.length === 0 ? "nothing" : `only ${listNames(allowMissing)}`;
      reasons.push(`absent features: ${listNames(costly)}; allowMissing allows ${allowed}`);
    }
    if (refusesUnknown) {
      reasons.push(`not features of the model: ${listNames(unknown)}`);
    }
    const facts = { ...absent, unknown: [...(unknown ?? [])], costly, reason: reasons.join("; "), row };
    return new FeatureCheckError(
      { ...facts, weightLimit: mode === "weight" ? weightLimit : undefined },
      refusesUnknown,
    );
  }

  /** Absent features that count, the heaviest first; in mode `weight` without those that weigh nothing. */
  #costly(missing: readonly string[]): string[] {
    const columns = this.#columnsOf(missing).filter(
      (column) =>
        this.#allowed[column] === 0 && (this.#policy.mode !== "weight" || this.#weights![column]! > 0),
    );
    const weights = this.#weights;
    return columns
      .sort((a, b) => (weights === undefined ? 0 : weights[b]! - weights[a]!) || a - b)
      .map((column) => this.#names[column]!);
  }

  #columnsOf(missing: readonly string[]): number[] {
    const names = new Set(missing);
    return [...this.#names.keys()].filter((column) => names.has(this.#names[column]!));
  }

  #share(name: string): number {
    return this.#weights![this.#names.indexOf(name)]! / this.#total;
  }
}

/** Three digits, which is enough to see what matters. */
function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
