/** A fixture of the repository as a model to serve: its file, rows, and the bits that Python answered. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./service.ts";

interface Call {
  readonly id: string;
  readonly rows?: readonly number[];
  readonly expect: Readonly<
    Record<string, Readonly<Record<string, { readonly at?: readonly [number, number] }>>>
  >;
}

interface Case {
  readonly name: string;
  readonly expected: string;
  readonly model: { readonly featureNames: readonly string[] | null };
  readonly inputs: Readonly<
    Record<string, { readonly path: string; readonly rows: number; readonly cols: number }>
  >;
  readonly calls: readonly Call[];
}

const { cases } = readJson("manifest.json") as { readonly cases: readonly Case[] };
const explained = readJson("explain/manifest.json") as {
  readonly cases: readonly { readonly name: string; readonly calls: readonly Call[] }[];
};

export interface Fixture {
  readonly model: Uint8Array;
  readonly names: readonly string[];
  readonly rows: number;
  readonly cols: number;
  /** Row-major; NaN is missing. */
  readonly values: Float32Array;
  readonly expected: Readonly<Record<"value" | "margin" | "leaf", Float32Array>>;
  /** Contributions of some of the rows. */
  readonly contribs: { readonly rows: readonly number[]; readonly data: Float32Array };
}

export function fixture(name: string, release = "3.4.1"): Fixture {
  const found = cases.find((each) => each.name === `${release}/${name}`)!;
  const { path, rows, cols } = found.inputs["main"]!;
  const all = floats(found.expected);
  const contribs = explained.cases
    .find((each) => each.name === found.name)!
    .calls.find(({ id }) => id === "contribs")!;
  return {
    model: readFileSync(join(ROOT, `fixtures/${release}/${name}/model.ubj`)),
    names: found.model.featureNames ?? Array.from({ length: cols }, (_, i) => `f${i}`),
    rows,
    cols,
    values: floats(path),
    expected: {
      value: part(all, callOf(found, "value")),
      margin: part(all, callOf(found, "margin")),
      leaf: part(all, callOf(found, "leaf")),
    },
    contribs: { rows: contribs.rows!, data: part(floats(`explain/${release}.f32`), contribs) },
  };
}

/** Rows as JSON text, with the words that clients write for what is not finite. */
export function rowTexts({ values, cols }: Fixture, rows: readonly number[]): string[][] {
  return rows.map((row) => Array.from(values.subarray(row * cols, (row + 1) * cols), String));
}

/** A row by feature name, as JSON text. */
export function namedText(of: Fixture, row: number): string {
  const [values] = rowTexts(of, [row]);
  return `{${values!.map((value, i) => `${JSON.stringify(of.names[i])}:${value}`).join(",")}}`;
}

export function allRows({ rows }: Fixture): number[] {
  return Array.from({ length: rows }, (_, row) => row);
}

function callOf(found: Case, id: string): Call {
  return found.calls.find((call) => call.id === id)!;
}

/** Of the expectations by rules, those of the file, which are the default. */
function part(all: Float32Array, { expect }: Call): Float32Array {
  const [offset, length] = expect["*"]!["file"]!.at!;
  return all.slice(offset, offset + length);
}

function floats(path: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(join(ROOT, "fixtures", path))).buffer);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, "fixtures", path), "utf8"));
}
