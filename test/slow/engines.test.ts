/** The heavy twin of test/engines.test.ts: more arbitrary models, and larger ones. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Booster } from "../../src/index.ts";
import { arbitraryModel, hostileRows, type ModelOptions, RULES } from "../support/arbitrary.ts";
import { expectSameBits } from "../support/bits.ts";
import { writeUbjson } from "../support/document.ts";
import { modelDocument } from "../support/model.ts";

describe("arbitrary models and rows", () => {
  it.each<[what: string, options: ModelOptions, numRuns: number]>([
    ["of every kind", {}, 4000],
    ["numerical, in lockstep", { categorical: false, maxSplits: 12, maxRounds: 30 }, 1500],
    ["of some hundred nodes", { maxSplits: 300, maxRounds: 4, maxParallel: 2 }, 500],
    ["with vector leaves", { vectorLeaves: true }, 1500],
    ["DART", { booster: "dart" }, 1500],
  ])("%s", (_, options, numRuns) => {
    let trees = 0;
    fc.assert(
      fc.property(
        arbitraryModel(options),
        fc.constantFrom(...RULES),
        fc.integer({ min: 1, max: 150 }),
        fc.nat(1e9),
        (model, rules, rows, seed) => {
          const bytes = writeUbjson(modelDocument(model));
          const reference = Booster.load(bytes, { engine: "reference", rules });
          const others = (["javascript", "wasm"] as const).map((engine) =>
            Booster.load(bytes, { engine, rules }),
          );
          const data = { data: hostileRows(model, rows, seed), rows, cols: model.numFeatures };
          for (const other of others) {
            expectSameBits(other.predict(data).data, reference.predict(data).data, "values");
            if (model.booster !== "gblinear") {
              const leaf = { predLeaf: true };
              expectSameBits(other.predict(data, leaf).data, reference.predict(data, leaf).data, "leaves");
            }
          }
          trees += model.trees.length;
        },
      ),
      { numRuns, seed: 77 },
    );
    expect(trees).toBeGreaterThan(numRuns);
  });
});
