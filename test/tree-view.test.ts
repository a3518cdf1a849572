/** `Booster.tree` and its like: the trees of a file as plain data, by which a reader scores as the engine does. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Booster, InputError, type TreeView } from "../src/index.ts";
import { arbitraryModel, hostileRows } from "./support/arbitrary.ts";
import { writeJson } from "./support/document.ts";
import { modelDocument, modelOf } from "./support/model.ts";

function fixture(path: string): Booster {
  return Booster.load(readFileSync(fileURLToPath(new URL(`../fixtures/3.4.1/${path}`, import.meta.url))));
}

/** Reads a tree as its documentation says, by the latest rules; returns the leaf's id. */
function leafOf({ nodes }: TreeView, row: ArrayLike<number>): number {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (let node = nodes[0]!; ; ) {
    if (node.kind === "leaf") {
      return node.id;
    }
    const value = row[node.feature]!;
    const right =
      node.threshold === undefined
        ? value >= 0 && node.categories!.includes(Math.trunc(value))
        : !(value < node.threshold);
    const goesRight = Number.isNaN(value) ? node.missing === "right" : right;
    node = byId.get(goesRight ? node.right : node.left)!;
  }
}

describe("tree", { timeout: 60_000 }, () => {
  it("leads every row to the leaf that predLeaf names", () => {
    fc.assert(
      fc.property(arbitraryModel({ booster: "gbtree" }), fc.nat(1e6), (spec, seed) => {
        const booster = Booster.load(writeJson(modelDocument(spec)), { rules: "latest" });
        const rows = hostileRows(spec, 4, seed);
        const { data } = booster.predict({ data: rows, rows: 4, cols: spec.numFeatures }, { predLeaf: true });
        const { numTrees } = booster;
        expect(numTrees).toBe(spec.trees.length);
        for (let t = 0; t < numTrees; t++) {
          const tree = booster.tree(t);
          for (let row = 0; row < 4; row++) {
            const values = rows.subarray(row * spec.numFeatures, (row + 1) * spec.numFeatures);
            expect(leafOf(tree, values)).toBe(data[row * numTrees + t]);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("says group, round, weight, gain and cover", () => {
    const booster = fixture("dart-multi-class/model.json");
    const trees = Array.from({ length: booster.numTrees }, (_, t) => booster.tree(t));
    const groups = booster.numOutputGroups;
    expect(trees.map(({ group }) => group)).toEqual(trees.map((_, t) => t % groups));
    expect(trees.map(({ round }) => round)).toEqual(trees.map((_, t) => Math.floor(t / groups)));
    expect(trees.some(({ weight }) => weight !== 1)).toBe(true);
    for (const node of trees[0]!.nodes) {
      expect(node.cover).toBeGreaterThan(0);
      expect(node.kind === "leaf" || node.gain! > 0).toBe(true);
    }
  });

  it("gives vector leaves whole, and categories that go right", () => {
    const vector = fixture("vector-leaf/model.json");
    const leaf = vector.tree(0).nodes.find(({ kind }) => kind === "leaf")!;
    expect(leaf.kind === "leaf" && leaf.value.length).toBe(vector.numOutputGroups);
    const categorical = fixture("string-categories/model.json");
    const splits = Array.from({ length: categorical.numTrees }, (_, t) => categorical.tree(t).nodes).flat();
    const sets = splits.flatMap((node) => (node.kind === "split" && node.categories ? [node] : []));
    expect(sets.length).toBeGreaterThan(0);
    for (const { feature, categories, threshold } of sets) {
      expect(threshold).toBeUndefined();
      expect(Math.max(...categories!)).toBeLessThan(categorical.categoryNames(feature)!.length);
    }
  });

  it("gives the splits that predictions obey", () => {
    const spec = modelOf([
      [{ feature: 0, threshold: [1], defaultLeft: true, left: 1, right: 2 }, { leaf: 1 }, { leaf: 2 }],
    ]);
    const text = writeJson(modelDocument(spec));
    expect(Booster.load(text).tree(0).nodes[0]).toMatchObject({ categories: [1], threshold: undefined });
    expect(Booster.load(text, { rules: "1.4" }).tree(0).nodes[0]).toMatchObject({
      categories: undefined,
      threshold: Number.NaN,
    });
  });

  it("refuses trees that are not there", () => {
    const booster = fixture("one-tree/model.json");
    expect(booster.tree(0).index).toBe(0);
    for (const index of [-1, 1, 0.5, Number.NaN, "0" as unknown as number]) {
      expect(() => booster.tree(index)).toThrow(InputError);
    }
    expect(() => fixture("gblinear/model.json").tree(0)).toThrow(/the model has none/);
  });
});

describe("encodeRow", () => {
  it("gives the numbers that predictRow scores", () => {
    const booster = fixture("string-categories/model.json");
    const names = booster.featureNames!;
    const feature = names.findIndex((_, i) => booster.categoryNames(i) !== undefined);
    const category = booster.categoryNames(feature)![2]!;
    const row = booster.encodeRow({ [names[feature]!]: category });
    expect(row[feature]).toBe(2);
    expect(row.filter(Number.isNaN)).toHaveLength(names.length - 1);
    expect(booster.predictRow(row)).toEqual(booster.predictRow({ [names[feature]!]: category }));
    expect(() => booster.encodeRow({ [names[feature]!]: "no such category" })).toThrow(InputError);
  });
});
