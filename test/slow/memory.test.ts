/** Memory of a loaded model, and the peak while loading: measured in processes of their own, with the garbage collector at hand. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { measureMemory } from "../../bench/scaling-memory.ts";

const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Smaller files have less to say than what the JavaScript engine itself takes: some 10 MB for compiling and collecting. */
const LARGE = 8e6;
/** Sizes of the file that loading may take at its peak. */
const AIM = 4;

/**
 * Peak while loading, in sizes of the file. Four is the aim, which trees of five leaves miss: what a parsed document has of a
 * tree besides its numbers, an object and thirteen lists, weighs more than these.
 */
function peakLimit(workload: string, format: string): number {
  if (workload === "digits") {
    return format === "ubjson" ? 5.5 : 7.5;
  }
  return AIM;
}

describe("memory", () => {
  const child = join(folder, "memory-child.mjs");
  buildSync({
    entryPoints: [new URL("../../bench/memory-child.ts", import.meta.url).pathname],
    outfile: child,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
  });
  const results = measureMemory(folder, child, 2);

  test.each(results)(
    "$workload, $trees trees, $format: a loaded model keeps at most 1.5 times its tables",
    (result) => {
      expect(result.loaded).toBeGreaterThan(result.tables);
      expect(result.loaded / result.tables).toBeLessThan(1.5);
    },
  );

  test.each(results)(
    "$workload, $trees trees, $format: and with the engine's tables, 1.5 times all of them",
    (result) => {
      expect(result.engineTables).toBeGreaterThan(0);
      expect(result.scored / (result.tables + result.engineTables)).toBeLessThan(1.5);
    },
  );

  const judged = results.map((result) => {
    const limit = peakLimit(result.workload, result.format);
    return { ...result, limit, aim: limit > AIM ? `, which misses the aim of ${AIM}` : "" };
  });

  test.each(judged.filter(({ file }) => file > LARGE))(
    "$workload, $trees trees, $format: loading takes at most $limit times the file$aim",
    ({ limit, file, extraPeak }) => {
      expect((file + extraPeak) / file).toBeLessThan(limit);
    },
  );

  for (const { workload, trees, format } of judged.filter(({ file }) => file <= LARGE)) {
    const why = "not bounded yet: the JavaScript engine's own 10 MB and more are many times a small file";
    test.todo(`${workload}, ${trees} trees, ${format}: peak while loading, ${why}`);
  }

  test("files of each format are large enough to tell", () => {
    const large = new Set(results.filter(({ file }) => file > LARGE).map(({ format }) => format));
    expect([...large].sort()).toEqual(["json", "ubjson"]);
  });
});
