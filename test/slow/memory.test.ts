/** Memory of a loaded model, and the peak while loading: measured in processes of their own, with the garbage collector at hand. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { measureMemory } from "../../bench/scaling-memory.ts";

const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Sizes of the file that loading may take at its peak, besides the file. */
const OTHER_THAN_THE_FILE = 3;

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

  test.each(results)(
    "$workload, $trees trees, $format: loading takes at most 4 times the file",
    ({ file, extraPeak }) => {
      expect(extraPeak).toBeGreaterThan(0);
      expect(extraPeak).toBeLessThan(OTHER_THAN_THE_FILE * file);
    },
  );

  test.each(results)(
    "$workload, $trees trees, $format: and so without optimising compilers, after another model",
    ({ file, ownPeak }) => {
      expect(ownPeak).toBeGreaterThan(0);
      expect(ownPeak).toBeLessThan(OTHER_THAN_THE_FILE * file);
    },
  );
});
