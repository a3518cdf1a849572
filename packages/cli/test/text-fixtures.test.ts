/** Rows of the fixtures, written as each format of text, are read with the bits that they had. */
import { expect, it } from "vitest";
import { manifest, readArray } from "../../../test/support/fixtures.ts";
import { createEncoder } from "../src/tables/open.ts";
import type { TableFormat } from "../src/tables/table.ts";
import { encoderOf, readWhole, streamOf } from "./support/tables.ts";

interface Rows {
  readonly rows: number;
  readonly names: readonly string[];
  readonly values: Float32Array;
}

const inputs = manifest.cases
  .filter(({ release }) => release === "3.4.1")
  .flatMap(({ name, inputs: all }) =>
    Object.entries(all).flatMap(([key, { path, dtype, rows, cols, names }]) =>
      path === undefined || dtype !== "float32" || cols === undefined
        ? []
        : [
            {
              id: `${name} ${key}`,
              path,
              rows,
              names: names ?? Array.from({ length: cols }, (_, i) => `f${i}`),
            },
          ],
    ),
  );

const writers: Partial<Record<TableFormat, (rows: Rows) => Uint8Array>> = {
  csv: (rows) => columnar("csv", rows),
  tsv: (rows) => columnar("tsv", rows),
  ndjson: ({ rows, names, values }) =>
    lines(
      rows,
      (row) =>
        `{${names.map((name, i) => `${JSON.stringify(name)}:${json(values[row * names.length + i]!)}`)}}`,
    ),
  libsvm: ({ rows, names, values }) =>
    lines(rows, (row) => {
      const cells = Array.from(values.subarray(row * names.length, (row + 1) * names.length), (value, i) =>
        Number.isNaN(value) ? "" : ` ${i}:${Object.is(value, -0) ? "-0" : value}`,
      );
      return `0${cells.join("")}`;
    }),
};

function columnar(format: TableFormat, { rows, names, values }: Rows): Uint8Array {
  const encoder = createEncoder(
    format,
    names.map((name) => ({ name, type: { name: "float32" } })),
  );
  const columns = names.map((_, i) =>
    Float32Array.from({ length: rows }, (_, row) => values[row * names.length + i]!),
  );
  return Buffer.concat([encoder.begin(), encoder.block({ rows, columns }), encoder.end()]);
}

function lines(rows: number, line: (row: number) => string): Uint8Array {
  return Buffer.from(Array.from({ length: rows }, (_, row) => line(row)).join("\n"));
}

function json(value: number): string {
  return Number.isNaN(value)
    ? "null"
    : Number.isFinite(value)
      ? numberText(value)
      : `${value < 0 ? "-" : ""}1e999`;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

it("there are inputs", () => {
  expect(inputs.length).toBeGreaterThan(40);
  expect(inputs.some(({ names }) => names.includes("__proto__"))).toBe(true);
});

it.each(["csv", "tsv", "ndjson", "libsvm"] as const)("as %s", async (format) => {
  for (const { id, path, rows, names } of inputs) {
    const values = readArray({ path, dtype: "float32" }) as Float32Array;
    const bytes = writers[format]!({ rows, names, values });
    const table = await readWhole(streamOf(bytes), format, encoderOf(names));
    expect(table.refused, id).toEqual([]);
    expect(
      table.features.every((value, i) => Object.is(value, values[i])),
      id,
    ).toBe(true);
    expect(table.features.length, id).toBe(values.length);
  }
});
