/** Memory of a loaded model, and the peak while loading: measured in processes of their own, with the garbage collector at hand. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { measureMemory } from "../../bench/scaling-memory.ts";

const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Sizes of the file that loading may take at its peak. */
const TIMES_THE_FILE = 4;
/** Small files cannot pay for what is taken once, for code and its compiling: 2 MB by a model of 1 kB, 3 MB by one of 1 MB. */
const BESIDES_THE_FILE = 4e6;
/** From here on, it is the first of the two that counts. */
const LARGE = BESIDES_THE_FILE / (TIMES_THE_FILE - 1);

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
    "$workload, $trees trees, $format: loading takes at most 4 times the file, or 4 MB besides it",
    ({ file, extraPeak }) => {
      expect(extraPeak).toBeGreaterThan(0);
      expect(extraPeak).toBeLessThan(Math.max((TIMES_THE_FILE - 1) * file, BESIDES_THE_FILE));
    },
  );

  test.each(results)(
    "$workload, $trees trees, $format: of which the loader itself takes at most 4 times the file, however small",
    ({ file, ownPeak }) => {
      expect(ownPeak).toBeGreaterThan(0);
      expect(ownPeak).toBeLessThan((TIMES_THE_FILE - 1) * file);
    },
  );

  test("files of each format are large enough to tell", () => {
    const large = new Set(results.filter(({ file }) => file > LARGE).map(({ format }) => format));
    expect([...large].sort()).toEqual(["json", "ubjson"]);
  });
});
