/** A hundred models swapped in under load over gRPC. */
import { expect, it } from "vitest";
import { startService } from "../support/service.ts";
import { A, swapUnderLoad } from "../support/swaps.ts";

it("no call of 20 clients is lost, and none answered by two models", async () => {
  const of = await startService({ "m.ubj": A.model });
  const { calls, models } = await swapUnderLoad(of, 100);
  expect(calls).toBeGreaterThan(1_000);
  expect(models).toBe(2);
  await of.stop();
}, 300_000);
