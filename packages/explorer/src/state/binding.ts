/**
 * The table's rows as the model sees them: float32, one value a feature, codes for categories, NaN for what is missing.
 *
 *     const rows = binding.value;             // undefined without a model, without a table, or where they do not fit
 *     rows?.row(12)                           // Float32Array, as wide as the model
 *     rows?.values(feature)                   // Float32Array, one value a row; undefined: the table has no such column
 *     rows?.fill(begin, end, out)             // row-major, for booster.predict({ data: out, rows: end - begin, cols: rows.width })
 *     rows?.refused.get(12)                   // why row 12 cannot be scored; such rows have no score
 */
import { computed, type ReadonlySignal } from "@preact/signals";
import { MISSING } from "../tables/column-builder.ts";
import { float32OfText } from "../tables/number.ts";
import type { Column, Table, TextColumn } from "../tables/table.ts";
import { type Feature, type LoadedModel, model } from "./model.ts";
import { table } from "./table.ts";

export interface Binding {
  readonly model: LoadedModel;
  readonly table: Table;
  readonly rows: number;
  /** Features of the model. */
  readonly width: number;
  /** By feature: the column it is read from. */
  readonly columns: readonly (Column | undefined)[];
  /** How columns were found. */
  readonly by: "name" | "position";
  /** Features that the table has no column for: they count as missing. */
  readonly absent: readonly Feature[];
  /** Columns that are no features: identifiers, labels, predictions. */
  readonly others: readonly Column[];
  /** By row: the first value that is neither a number nor a category of the model. */
  readonly refused: ReadonlyMap<number, string>;
  values(feature: number): Float32Array | undefined;
  fill(begin: number, end: number, out: Float32Array): void;
  row(row: number): Float32Array;
}

interface Outcome {
  readonly binding?: Binding;
  readonly problem?: string;
}

const outcome = computed<Outcome>(() => {
  const [loaded, rows] = [model.value, table.value];
  return loaded === undefined || rows === undefined ? {} : bind(loaded, rows);
});

export const binding: ReadonlySignal<Binding | undefined> = computed(() => outcome.value.binding);

/** Why the table is not one for the model, in words. */
export const bindingProblem: ReadonlySignal<string | undefined> = computed(() => outcome.value.problem);

export function bind(loaded: LoadedModel, from: Table): Outcome {
  const { features } = loaded;
  const named = features.map(({ name }) => from.column(name));
  const byName = named.some((column) => column !== undefined);
  const byPosition = !byName && (loaded.booster.featureNames === undefined || !from.hasNames);
  if (!byName && !byPosition) {
    return { problem: noneFits(features, from) };
  }
  if (byPosition && from.columns.length < features.length) {
    return {
      problem: `The table has ${from.columns.length} columns, the model wants ${features.length} features, by position.`,
    };
  }
  const columns = byName ? named : features.map((_, i) => from.columns[i]);
  const refused = new Map<number, string>();
  const values = features.map((feature, i) => valuesOf(columns[i], feature, refused));
  const used = new Set(columns);
  const width = features.length;
  const fill = (begin: number, end: number, out: Float32Array): void => fillRows(values, begin, end, out);
  return {
    binding: {
      model: loaded,
      table: from,
      rows: from.rows,
      width,
      columns,
      by: byName ? "name" : "position",
      absent: features.filter((_, i) => columns[i] === undefined),
      others: from.columns.filter((column) => !used.has(column)),
      refused,
      values: (feature) => values[feature],
      fill,
      row: (row) => {
        const out = new Float32Array(width);
        fill(row, row + 1, out);
        return out;
      },
    },
  };
}

function noneFits(features: readonly Feature[], from: Table): string {
  const list = (names: readonly string[]): string =>
    names.slice(0, 5).join(", ") + (names.length > 5 ? `, … (${names.length})` : "");
  return (
    `None of the model's features is a column of ${from.name}. The model wants ${list(features.map(({ name }) => name))}; ` +
    `the table has ${list(from.columns.map(({ name }) => name))}.`
  );
}

function fillRows(
  values: readonly (Float32Array | undefined)[],
  begin: number,
  end: number,
  out: Float32Array,
): void {
  const width = values.length;
  for (let feature = 0; feature < width; feature++) {
    const from = values[feature];
    for (let row = begin, at = feature; row < end; row++, at += width) {
      out[at] = from === undefined ? Number.NaN : from[row]!;
    }
  }
}

function valuesOf(
  column: Column | undefined,
  feature: Feature,
  refused: Map<number, string>,
): Float32Array | undefined {
  if (column === undefined) {
    return undefined;
  }
  if (column.kind === "text") {
    return textValues(column, feature, refused);
  }
  if (feature.categories !== undefined) {
    return categoryNumbers(column.values, column.name, feature, refused);
  }
  return column.values instanceof Float32Array ? column.values : Float32Array.from(column.values);
}

/** Each distinct text is looked up once. */
function textValues(
  { codes, texts, name }: TextColumn,
  feature: Feature,
  refused: Map<number, string>,
): Float32Array {
  const meaning = Float32Array.from({ length: texts.length }, (_, i) => textValue(texts.at(i), feature));
  const unknown = Uint8Array.from({ length: texts.length }, (_, i) =>
    Number.isNaN(meaning[i]!) && !MISSING.has(texts.at(i)) ? 1 : 0,
  );
  const out = new Float32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    out[row] = code < 0 ? Number.NaN : meaning[code]!;
    if (code >= 0 && unknown[code] === 1 && !refused.has(row)) {
      refused.set(row, refusal(name, texts.at(code), feature));
    }
  }
  return out;
}

function textValue(text: string, { categories, type }: Feature): number {
  if (categories !== undefined) {
    const code = categories.indexOf(text);
    return code < 0 ? Number.NaN : code;
  }
  if (type === "c") {
    return Number.NaN;
  }
  const lower = text.toLowerCase();
  return lower === "true" ? 1 : lower === "false" ? 0 : float32OfText(text);
}

/** Numbers name categories here, as they do in a data frame: they are not codes. */
function categoryNumbers(
  values: ArrayLike<number>,
  name: string,
  feature: Feature,
  refused: Map<number, string>,
): Float32Array {
  const codes = new Map(
    feature.categories!.map((category, code) => [Number(category), code]).reverse() as [number, number][],
  );
  return Float32Array.from({ length: values.length }, (_, row) => {
    const value = values[row]!;
    const code = Number.isNaN(value) ? Number.NaN : codes.get(value);
    if (code === undefined && !refused.has(row)) {
      refused.set(row, refusal(name, String(value), feature));
    }
    return code ?? Number.NaN;
  });
}

function refusal(column: string, text: string, { categories, type }: Feature): string {
  const known = categories
    ?.slice(0, 5)
    .map((each) => JSON.stringify(each))
    .join(", ");
  const wanted =
    categories !== undefined
      ? `a category of the model (${known}${categories.length > 5 ? ", …" : ""})`
      : type === "c"
        ? "a category code: the model file holds no names"
        : "a number";
  return `column ${JSON.stringify(column)}: found ${JSON.stringify(text)}, expected ${wanted}`;
}
