/** A model's features by name: their columns, and what a named value means in float32. */
import { describe, InputError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import { toNumber } from "./bigint.ts";

/** Reads a value by feature name: numbers, booleans, big integers, category names; absent ones are missing. */
export class FeatureTable {
  readonly count: number;
  /** More columns than these may come; no tree looks at them. */
  readonly open: boolean;
  readonly #model: Model;
  #columns: Map<string, number> | undefined;
  /** By feature: category name → code. Made when the first name comes. */
  readonly #codes = new Map<number, ReadonlyMap<string, number>>();

  constructor(model: Model) {
    this.#model = model;
    this.count = model.numFeatures;
    this.open = model.numFeaturesIsLeast;
  }

  /** The model's own name of a feature, or XGBoost's `f0`, `f1`, … */
  name(feature: number): string {
    return this.#model.featureNames?.[feature] ?? `f${feature}`;
  }

  /** Column of a feature, or -1 for a name that the model does not know. */
  column(name: string): number {
    const names = this.#model.featureNames;
    if (names === undefined) {
      const digits = /^f(0|[1-9]\d{0,9})$/.exec(name)?.[1];
      return digits !== undefined && Number(digits) < this.count ? Number(digits) : -1;
    }
    this.#columns ??= new Map(names.map((each, index) => [each, index]));
    return this.#columns.get(name) ?? -1;
  }

  unknown(name: string, row?: number): InputError {
    const known = Array.from({ length: Math.min(this.count, 10) }, (_, i) => describe(this.name(i))).join(
      ", ",
    );
    const where = row === undefined ? "the data" : `row ${row}`;
    return new InputError(
      `${where} has the field ${describe(name)}, which is not a feature of the model; expected ${known}` +
        `${this.count > 10 ? `, … (${this.count} features)` : ""}; validateFeatures: false ignores such fields`,
      { ...(row === undefined ? {} : { row }), feature: name },
    );
  }

  /** A named value as a number; the caller rounds it to float32, and knows what means missing. */
  value(value: unknown, feature: number, row: number, missing: number): number {
    switch (typeof value) {
      case "number":
      case "bigint":
        return this.#number(value, feature, row, missing);
      case "undefined":
        return Number.NaN;
      case "boolean":
        return value ? 1 : 0;
      case "string":
        return this.#code(value, feature, row);
      default:
        return value === null ? Number.NaN : this.refuse(value, feature, row, "a number");
    }
  }

  #number(value: number | bigint, feature: number, row: number, missing: number): number {
    const number = typeof value === "bigint" ? toNumber(value) : value;
    return this.hasIntegerCategories(feature) && !Number.isNaN(number) && Math.fround(number) !== missing
      ? this.#code(String(value), feature, row)
      : number;
  }

  /** Named numbers are categories here, as in a data frame, and not codes. */
  hasIntegerCategories(feature: number): boolean {
    return this.#model.categories.get(feature)?.kind === "integer";
  }

  #code(name: string, feature: number, row: number): number {
    const categories = this.#model.categories.get(feature);
    if (categories === undefined) {
      const categorical = this.#model.featureTypes?.[feature] === "c";
      return this.refuse(
        name,
        feature,
        row,
        categorical ? "a category code: the model file holds no category names" : "a number",
      );
    }
    let codes = this.#codes.get(feature);
    if (codes === undefined) {
      // Files of 3.1 to 3.3 can hold damaged names twice; the first one counts.
      codes = new Map(categories.names.map((each, code) => [each, code] as const).reverse());
      this.#codes.set(feature, codes);
    }
    const code = codes.get(name);
    if (code === undefined) {
      const known = categories.names.slice(0, 10).map(describe).join(", ");
      const more = categories.names.length > 10 ? `, … (${categories.names.length} categories)` : "";
      return this.refuse(name, feature, row, `a category of the training set: ${known}${more}`);
    }
    return code;
  }

  /** Throws the error for a value that cannot be used. */
  refuse(value: unknown, feature: number, row: number, expected: string): never {
    const name = this.name(feature);
    throw new InputError(
      `row ${row}, feature ${feature} (${describe(name)}): found ${describe(value)}, expected ${expected}`,
      { row, feature: name },
    );
  }
}
