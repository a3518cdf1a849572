/** Which format a table has, and which columns are the model's. */
import { describe, expect, it } from "vitest";
import { compressionOfPath, detectFormat } from "../src/tables/format.ts";
import { planColumns } from "../src/tables/plan.ts";
import { encoderOf } from "./support/tables.ts";

describe("detectFormat", () => {
  it.each([
    ["a.csv", "csv"],
    ["dir.x/a.b.CSV.GZ", "csv"],
    ["a.tsv.zst", "tsv"],
    ["a.jsonl", "ndjson"],
    ["a.ndjson", "ndjson"],
    ["a.svm", "libsvm"],
    ["a.libsvm.gz", "libsvm"],
    ["a.parquet", "parquet"],
    ["a.arrow", "arrow"],
    ["a.feather", "arrow"],
    ["a.ipc", "arrow"],
    ["a.arrows", "arrows"],
  ])("%s is %s", (path, format) => {
    expect(detectFormat(path)).toBe(format);
  });

  it("goes by what the user says first, and by bytes last", () => {
    expect(detectFormat("a.csv", "tsv")).toBe("tsv");
    expect(detectFormat("a.csv", "jsonl")).toBe("ndjson");
    expect(detectFormat(undefined, "parquet")).toBe("parquet");
    expect(detectFormat(undefined, undefined, Buffer.from("PAR1...."))).toBe("parquet");
    expect(detectFormat("data", undefined, Buffer.from("ARROW1\0\0"))).toBe("arrow");
    expect(detectFormat("data", undefined, Buffer.from([255, 255, 255, 255, 8]))).toBe("arrows");
    expect(detectFormat(undefined, undefined, Buffer.from('{"a":1}'))).toBe("ndjson");
  });

  it.each([
    ["a.txt", undefined],
    ["csv", undefined],
    ["a.gz", undefined],
    ["a.constructor", undefined],
    ["dir.csv/a", undefined],
    [undefined, undefined],
    ["a.csv", "excel"],
    ["a.csv", "toString"],
  ])("knows no format for %s and %s", (path, explicit) => {
    expect(() => detectFormat(path, explicit, Buffer.from("a,b\n"))).toThrow(
      expect.objectContaining({ name: "UsageError", message: expect.stringContaining("csv, tsv, ndjson") }),
    );
  });

  it("tells compression", () => {
    expect(["a.csv.gz", "a.zst", "a.csv", "gz"].map(compressionOfPath)).toEqual([
      "gzip",
      "zstd",
      undefined,
      undefined,
    ]);
  });
});

describe("planColumns", () => {
  const encoder = encoderOf(["a", "b", "c"]);

  it("matches columns by name, and says what is missing and what is not used", () => {
    const { plan, missing, unused } = planColumns(["x", "c", "id", "a", "y"], encoder, ["id", "c"]);
    expect([...plan.features]).toEqual([-1, 2, -1, 0, -1]);
    expect(plan.keep).toEqual([2, 1]);
    expect(missing).toEqual(["b"]);
    expect(unused).toEqual(["x", "y"]);
    expect(planColumns(["x", "a"], encoder, "all")).toMatchObject({ plan: { keep: [0, 1] }, unused: [] });
  });

  it("has the model's columns, and those to be kept, where rows name their own", () => {
    const { plan, missing, unused } = planColumns(undefined, encoder, ["id", "b", "id"]);
    expect(plan.names).toEqual(["a", "b", "c", "id"]);
    expect([...plan.features]).toEqual([0, 1, 2, -1]);
    expect(plan.keep).toEqual([3, 1, 3]);
    expect([missing, unused]).toEqual([[], []]);
  });

  it("refuses to keep a column that is not there", () => {
    expect(() => planColumns(["a", "b"], encoder, ["z"])).toThrow(
      'there is no column "z" to keep; the table has "a", "b"',
    );
  });
});
