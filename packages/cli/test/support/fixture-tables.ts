/** Fixtures of the engine as tables of text. */
import { fileURLToPath } from "node:url";
import {
  type FixtureCase,
  type FixtureInput,
  manifest,
  readArray,
  readFixture,
} from "../../../../test/support/fixtures.ts";

const ROOT = fileURLToPath(new URL("../../../../fixtures/", import.meta.url));

export function fixtureCase(name: string): FixtureCase {
  return manifest.cases.find((each) => each.name === name)!;
}

/** Path of a case's model. */
export function modelPath(name: string): string {
  return ROOT + fixtureCase(name).files.find(({ kind }) => kind === "json")!.path;
}

/** Rows of a fixture as CSV, a number as the shortest text that reads back to it. */
export function csvOf(name: string, input = "main"): string {
  const fixture = fixtureCase(name);
  const { names, rows } = tableOf(fixture, fixture.inputs[input]!);
  const lines = [names, ...rows].map((fields) => `${fields.map(field).join(",")}\n`);
  return lines.join("");
}

interface TextTable {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function tableOf(fixture: FixtureCase, input: FixtureInput): TextTable {
  if (input.kind === "records") {
    const records: Record<string, unknown>[] = JSON.parse(Buffer.from(readFixture(input.path!)).toString());
    const names = fixture.model.featureNames!;
    return { names, rows: records.map((record) => names.map((name) => text(record[name]))) };
  }
  const values = readArray({ path: input.path!, dtype: input.dtype! });
  const cols = input.cols!;
  const names =
    input.names ?? fixture.model.featureNames ?? Array.from({ length: cols }, (_, col) => `f${col}`);
  const rows = Array.from({ length: input.rows }, (_, row) =>
    Array.from(values.subarray(row * cols, (row + 1) * cols), text),
  );
  return { names, rows };
}

function text(value: unknown): string {
  return value === null || value === undefined || Number.isNaN(value) ? "" : String(value);
}

function field(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** The numbers of a CSV table without kept columns, row-major. */
export function numbersOf(csv: Uint8Array): {
  readonly names: readonly string[];
  readonly data: Float32Array;
} {
  const [header = "", ...lines] = Buffer.from(csv).toString().trimEnd().split("\n");
  const numbers = lines.flatMap((line) => line.split(",").map(numberOf));
  return { names: header.split(","), data: Float32Array.from(numbers) };
}

function numberOf(written: string): number {
  return /^-?inf/i.test(written)
    ? Number(`${written.startsWith("-") ? "-" : ""}Infinity`)
    : Number(written || "NaN");
}
