/** Files are what their first bytes say: every model of the fixtures, and every certificate and table. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { HEAD_BYTES, sniff } from "../src/tables/sniff.ts";

const FIXTURES = fileURLToPath(new URL("../../../fixtures/", import.meta.url));

interface Manifest {
  readonly cases: readonly { readonly files: readonly { readonly kind: string; readonly path: string }[] }[];
}

function kindOf(path: string): string {
  const file = openSync(FIXTURES + path, "r");
  const head = new Uint8Array(HEAD_BYTES);
  const length = readSync(file, head, 0, HEAD_BYTES, 0);
  closeSync(file);
  return sniff(path.split("/").at(-1)!, head.subarray(0, length)).is;
}

describe("sniff", () => {
  const { cases } = JSON.parse(readFileSync(`${FIXTURES}manifest.json`, "utf8")) as Manifest;
  // A list of texts, as `get_dump` returns it in Python, is no file that XGBoost writes: who loads it joins the texts.
  const files = cases.flatMap((each) => each.files).filter(({ kind }) => !kind.startsWith("get-dump"));
  const kinds = [...new Set(files.map(({ kind }) => kind))];

  it.each(kinds)("knows models of the kind %s", (kind) => {
    const wrong = files.filter((file) => file.kind === kind && kindOf(file.path) !== "model");
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it("there are all kinds", () => expect(kinds.length).toBeGreaterThanOrEqual(5));

  it("knows certificates and tables", () => {
    const certificates = readdirSync(`${FIXTURES}certificates`, { recursive: true, encoding: "utf8" }).filter(
      (path) => /certificate.*\.json$/.test(path),
    );
    const tables = readdirSync(`${FIXTURES}tables`).filter((path) => /\.(parquet|arrows?)$/.test(path));
    expect(tables.map((path) => kindOf(`tables/${path}`))).toEqual(tables.map(() => "table"));
    expect(certificates.map((path) => kindOf(`certificates/${path}`))).toEqual(
      certificates.map(() => "certificate"),
    );
    expect(kindOf("../examples/tumour/certificate.json")).toBe("certificate");
    expect(kindOf("../examples/patients.csv")).toBe("table");
    expect(kindOf("../packages/explorer/sample/tumours.csv")).toBe("table");
  });
});
