/** The thread that loads models: it comes and goes, and what it says of a model is what loading at once says. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findModels } from "../src/repository/find-models.ts";
import { ModelLoader } from "../src/repository/model-loader.ts";
import { expectBits } from "./support/bits.ts";
import { fixture } from "./support/fixture.ts";

const A = fixture("binary-logistic");
const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-loader-"));
writeFileSync(join(folder, "good.ubj"), A.model);
writeFileSync(join(folder, "bad.ubj"), A.model.subarray(0, 1000));
const [bad, good] = findModels(folder);
const loader = new ModelLoader({ maxModelBytes: 1 << 20, checks: [] });

afterAll(async () => {
  await loader.close();
  rmSync(folder, { recursive: true });
});

it("answers as loading at once does, to the bit", async () => {
  const [inThread, atOnce] = [await loader.load(good!, true), await loader.load(good!, false)];
  for (const { executor } of [inThread, atOnce]) {
    expectBits(
      executor.booster.predict({ data: A.values, rows: A.rows, cols: A.cols }).data,
      A.expected.value,
    );
    expectBits(
      executor.booster.predict({ data: A.values, rows: A.rows, cols: A.cols }, { predLeaf: true }).data,
      A.expected.leaf,
    );
  }
  const { name, version, digest, notes } = inThread;
  expect({ name, version, digest, notes }).toEqual({
    name: atOnce.name,
    version: atOnce.version,
    digest: atOnce.digest,
    notes: atOnce.notes,
  });
});

it("says the same of a model that cannot be used", async () => {
  const said = async (inBackground: boolean) => {
    const error: unknown = await loader.load(bad!, inBackground).catch((each: unknown) => each);
    return (error as Error).message;
  };
  expect(await said(true)).toBe(await said(false));
  expect(await said(true)).toMatch(/^bad\.ubj: /);
});

it("loads a model while the thread of the one before is ending", async () => {
  await loader.load(good!, true);
  const ending = loader.close();
  expect((await loader.load(good!, true)).name).toBe("good");
  await ending;
});
