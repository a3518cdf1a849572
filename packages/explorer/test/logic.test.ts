/** What the views show, against the model itself. */
import { describe, expect, it } from "vitest";
import { Analyst } from "../src/logic/analyst.ts";
import { extentOf, meanSizes, nearestDot, stack, topFeatures } from "../src/logic/beeswarm.ts";
import { contributionsOf } from "../src/logic/contributions.ts";
import { domainsOf } from "../src/logic/domains.ts";
import { pairFlip, singleFlips } from "../src/logic/flips.ts";
import { float32Text, number, plural, signed } from "../src/logic/format.ts";
import { rankPartners } from "../src/logic/partners.ts";
import { colourShares, spreadRows } from "../src/logic/sample.ts";
import { firstOpen, layoutTree, neighbour, visibleRange } from "../src/logic/tree-layout.ts";
import { buffersOf, pathTo, placeOf, tableOf } from "../src/logic/tree-table.ts";
import { conditions, describeNode, describeTree, type Names } from "../src/logic/tree-words.ts";
import { waterfall } from "../src/logic/waterfall.ts";
import { load, randomNumbers, rowsOf } from "./support/models.ts";

const MODELS = [
  "3.4.1/breast-cancer/model.json",
  "3.4.1/deep/model.json",
  "3.4.1/multi-softprob/model.json",
  "3.4.1/categorical-partition/model.json",
  "3.4.1/dart/model.json",
  "explain/model.json",
];

const names: Names = {
  features: ["age", "region"],
  categories: (f) => (f === 1 ? ["north", "south", "east"] : undefined),
};

describe("numbers in words", () => {
  it("have few digits and a real minus sign", () => {
    expect(
      [1234567, 0.00001234, -0.5, 123456.7, Number.NaN, Number.NEGATIVE_INFINITY, 0].map((x) => number(x)),
    ).toEqual(["1,234,567", "1.234e−5", "−0.5", "123457", "NaN", "−∞", "0"]);
    expect([signed(0.25), signed(-0.25), signed(0)]).toEqual(["+0.25", "−0.25", "0"]);
    expect([plural(1, "row"), plural(1234567, "row")]).toEqual(["1 row", "1,234,567 rows"]);
  });

  it("read back as the same float32", () => {
    const random = randomNumbers(3);
    for (let i = 0; i < 2000; i++) {
      const value = Math.fround((random() - 0.5) * 10 ** (random() * 20 - 10));
      expect(Math.fround(Number(float32Text(value)))).toBe(value);
    }
    expect(float32Text(Math.fround(0.1))).toBe("0.1");
  });
});

describe("waterfall", () => {
  it("ends at the margin, largest first, and sums what has no line", () => {
    const values = [0.1, -3, 0.5, 2, -0.05];
    const { steps, total, least, greatest } = waterfall(values, 1, 4);
    expect(steps.map(({ feature }) => feature)).toEqual([1, 3, 2, -1]);
    expect(steps.at(-1)!.features).toBe(2);
    expect(steps.at(-1)!.from).toBe(1);
    expect(steps[0]!.to).toBe(total);
    expect(total).toBeCloseTo(0.55, 10);
    expect([least, greatest]).toEqual([total, Math.max(...steps.map(({ from }) => from))]);
    expect(waterfall([], 2, 5)).toMatchObject({ steps: [], total: 2 });
  });
});

describe("samples", () => {
  it("spread over a table, its ends included", () => {
    expect([...spreadRows(5, 10)]).toEqual([0, 1, 2, 3, 4]);
    const rows = spreadRows(1_000_000, 1000);
    expect([rows.length, rows[0], rows.at(-1)]).toEqual([1000, 0, 999_999]);
    expect(new Set(rows).size).toBe(1000);
    expect(spreadRows(0, 10)).toHaveLength(0);
  });

  it("colour between the outer percentiles", () => {
    const shares = colourShares([...Array.from({ length: 100 }, (_, i) => i), 1e9, Number.NaN]);
    expect(shares[0]).toBe(0);
    expect(shares[100]).toBe(1);
    expect(shares[50]).toBeCloseTo(0.5, 1);
    expect(shares[101]).toBeNaN();
    expect([...colourShares([3, 3, 3])]).toEqual([0.5, 0.5, 0.5]);
  });
});

describe("beeswarm", () => {
  it("ranks features by their mean size", () => {
    const matrix = { data: Float32Array.of(1, -4, 0, 1, 2, Number.NaN), rows: 2, cols: 3 };
    expect([...meanSizes(matrix)]).toEqual([1, 3, 0]);
    expect(topFeatures(matrix, 2)).toEqual([1, 0]);
    expect(extentOf(matrix.data)).toEqual([-4, 2]);
    expect(extentOf([Number.NaN])).toBeUndefined();
  });

  it("puts dots of one place beside each other within the line", () => {
    const xs = Float32Array.from({ length: 200 }, (_, i) => (i < 150 ? 50 : i));
    const offsets = stack(xs, 4, 30);
    expect(Math.max(...offsets.map(Math.abs))).toBeLessThanOrEqual(15);
    expect(new Set(offsets.subarray(0, 150)).size).toBe(150);
    expect(stack([1, Number.NaN], 4, 30)[1]).toBeNaN();
  });

  it("finds the dot under the pointer", () => {
    expect(nearestDot([0, 10, 20], [0, 0, 0], 11, 1, 5)).toBe(1);
    expect(nearestDot([0, 10, Number.NaN], [0, 0, 0], 50, 0, 5)).toBe(-1);
  });
});

describe("partners", () => {
  it("are those that a contribution varies with at the same value", () => {
    const random = randomNumbers(11);
    const rows = 400;
    const features = { data: Float32Array.from({ length: rows * 4 }, random), rows, cols: 4 };
    const contributions = { data: new Float32Array(rows * 4), rows, cols: 4 };
    for (let row = 0; row < rows; row++) {
      contributions.data[row * 4] =
        features.data[row * 4]! + (features.data[row * 4]! > 0.5 ? 2 : -2) * features.data[row * 4 + 2]!;
    }
    expect(rankPartners(features, contributions, 0)[0]).toBe(2);
    expect(rankPartners(features, contributions, 0).at(-1)).toBe(0);
  });
});

describe.each(MODELS)("%s", (path) => {
  const booster = load(path);
  const analyst = new Analyst(booster);
  const sample = rowsOf(booster, 60, 5);
  const row = (i: number): Float32Array => sample.data.slice(i * sample.cols, (i + 1) * sample.cols);
  const group = booster.numOutputGroups - 1;

  it("explains a row: contributions and base are the margin, leaves lie in the trees", () => {
    const { contributions, base, margins, leaves } = analyst.explainRow(row(0), group);
    const sum = contributions.reduce((a, b) => a + b, base);
    expect(sum).toBeCloseTo(margins[group]!, 3);
    expect(leaves).toHaveLength(booster.numTrees);
    leaves.forEach((leaf, t) => {
      const table = analyst.tree(t);
      const place = placeOf(table, leaf);
      expect(table.feature[place]).toBe(-1);
      expect(pathTo(table, place)[0]).toBe(0);
    });
  });

  it("the path follows the conditions that are shown", () => {
    for (let t = 0; t < Math.min(5, booster.numTrees); t++) {
      const table = analyst.tree(t);
      for (let i = 0; i < 10; i++) {
        const values = row(i);
        const path = pathTo(table, placeOf(table, analyst.explainRow(values, group).leaves[t]!));
        for (const [at, place] of path.slice(0, -1).entries()) {
          const value = values[table.feature[place]!]!;
          const codes = table.categories.get(place);
          const left = Number.isNaN(value)
            ? table.missingLeft[place] === 1
            : codes === undefined
              ? value < table.threshold[place]!
              : !codes.includes(Math.trunc(value));
          expect(path[at + 1]).toBe(left ? table.left[place] : table.right[place]);
        }
      }
    }
  });

  it("ranks partners of a feature among the rows that were kept", () => {
    expect(new Analyst(booster).partners(0)).toEqual([]);
    const prediction = booster.predict(sample, { predContribs: true });
    const groups = booster.numOutputGroups;
    const data = contributionsOf(prediction.data, sample.rows, groups, group, sample.cols);
    expect(data.subarray(0, sample.cols)).toEqual(
      Float32Array.from(analyst.explainRow(row(0), group).contributions),
    );
    analyst.keepSample(sample, { ...sample, data });
    expect([...analyst.partners(0)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: sample.cols }, (_, i) => i),
    );
  });

  it("finds single changes that flip, and nothing nearer does", () => {
    const domains = domainsOf(booster, sample);
    const scores = Array.from({ length: 60 }, (_, i) => booster.predictRow(row(i))[group]!).sort(
      (a, b) => a - b,
    );
    const threshold = scores[40]!;
    let flips = 0;
    for (let i = 0; i < 20; i++) {
      const score = booster.predictRow(row(i))[group]!;
      for (const flip of singleFlips(booster, row(i), { threshold, group, domains })) {
        flips++;
        const [{ feature, from, to }] = flip.changes as [(typeof flip.changes)[0]];
        const changed = row(i);
        changed[feature] = to;
        const now = booster.predictRow(changed)[group]!;
        expect(now).toBe(flip.score);
        expect(now >= threshold).toBe(score < threshold);
        const domain = domains[feature]!;
        if (domain.kind === "numeric" && !Number.isNaN(from)) {
          expect(to).toBeGreaterThanOrEqual(domain.least);
          expect(to).toBeLessThanOrEqual(domain.greatest);
          // A step back towards the old value does not flip.
          changed[feature] = domain.whole ? to - Math.sign(to - from) : Math.fround(to + (from - to) * 1e-5);
          expect(booster.predictRow(changed)[group]! >= threshold || changed[feature] === to).toBe(
            score >= threshold || changed[feature] === to,
          );
        }
      }
    }
    expect(flips).toBeGreaterThan(0);
  });

  it("finds pairs that flip, of which neither suffices", () => {
    const domains = domainsOf(booster, sample);
    const scores = Array.from({ length: 60 }, (_, i) => booster.predictRow(row(i))[group]!).sort(
      (a, b) => a - b,
    );
    const threshold = scores[50]!;
    for (let i = 0; i < 12; i++) {
      const score = booster.predictRow(row(i))[group]!;
      const flip = pairFlip(booster, row(i), { threshold, group, domains });
      if (flip === undefined) {
        continue;
      }
      const changed = row(i);
      for (const { feature, to } of flip.changes) {
        const alone = row(i);
        alone[feature] = to;
        expect(booster.predictRow(alone)[group]! >= threshold).toBe(score >= threshold);
        changed[feature] = to;
      }
      expect(booster.predictRow(changed)[group]!).toBe(flip.score);
      expect(flip.score >= threshold).toBe(score < threshold);
    }
  });

  it("response curves say what predictions say", () => {
    for (let feature = 0; feature < Math.min(5, sample.cols); feature++) {
      const { curve, values } = analyst.respond(row(1), feature, "value");
      expect(curve.outputs).toBe(values.length);
      expect(analyst.respond(row(1), feature, "margin").margins).toEqual(
        booster.predictRow(row(1), { outputMargin: true }),
      );
    }
  });

  it("counts the splits of a feature", async () => {
    const weight = booster.getScore({ importanceType: "weight" });
    for (const [name, splits] of Object.entries(weight).slice(0, 5)) {
      const feature = booster.featureNames?.indexOf(name) ?? Number(name.slice(1));
      const uses = await analyst.treesWith([feature]);
      expect(uses.reduce((sum, use) => sum + use.splits, 0)).toBe(splits);
    }
  });
});

describe("domains", () => {
  it("come from the table, from thresholds without one, from categories where there are some", () => {
    const loans = load("explain/model.json");
    const at = loans.featureNames!.indexOf("region");
    expect(domainsOf(loans, undefined)[at]).toMatchObject({ kind: "categorical" });
    const age = loans.featureNames!.indexOf("age");
    const rows = { data: new Float32Array(2 * loans.numFeatures).fill(40), rows: 2, cols: loans.numFeatures };
    rows.data[age] = 18;
    expect(domainsOf(loans, rows)[age]).toMatchObject({ least: 18, greatest: 40, whole: true });
    const without = domainsOf(loans, undefined)[age]!;
    expect(without.kind === "numeric" && without.least < without.greatest).toBe(true);
  });
});

describe("trees", () => {
  const deep = load("3.4.1/deep/model.json");
  const table = tableOf(deep.tree(0));

  it("as columns hold what the tree holds", () => {
    const { nodes } = deep.tree(0);
    expect(table.size).toBe(nodes.length);
    expect(table.below[0]).toBe(nodes.length);
    nodes.forEach((node, place) => {
      expect(table.ids[place]).toBe(node.id);
      if (node.kind === "split") {
        expect(table.ids[table.left[place]!]).toBe(node.left);
        expect(table.parent[table.right[place]!]).toBe(place);
        expect(table.threshold[place]).toBe(node.threshold);
      } else {
        expect(table.values[place]).toBe(node.value[0]);
      }
    });
    expect(buffersOf(table)).toHaveLength(14);
  });

  it("are laid out without two nodes of a level in one place", () => {
    const layout = layoutTree(table, () => true);
    expect(layout.visible).toHaveLength(table.size);
    expect(layout.lines).toBe(table.leaves);
    expect(layout.depth).toBe(table.depth);
    for (const places of layout.levels) {
      for (let i = 1; i < places.length; i++) {
        expect(layout.line[places[i]!]! - layout.line[places[i - 1]!]!).toBeGreaterThanOrEqual(1);
      }
    }
    const [from, to] = visibleRange(layout, layout.depth, 2, 9);
    for (const [i, place] of layout.levels[layout.depth]!.entries()) {
      const line = layout.line[place]!;
      expect(i >= from && i < to).toBe(line >= 2 && line < 9);
    }
  });

  it("open as far as there is room, and the arrow keys go where there is something", () => {
    const open = firstOpen(table, 8);
    const layout = layoutTree(table, (place) => open.has(place));
    expect(layout.lines).toBe(Math.min(8, table.leaves));
    expect(neighbour(table, layout, 0, "parent")).toBe(0);
    const child = neighbour(table, layout, 0, "left");
    expect(neighbour(table, layout, child, "parent")).toBe(0);
    expect(neighbour(table, layout, child, "below")).toBe(table.right[0]);
    expect(neighbour(table, layout, table.right[0]!, "above")).toBe(child);
    const closed = layoutTree(table, () => false);
    expect(closed.lines).toBe(1);
    expect(neighbour(table, closed, 0, "left")).toBe(0);
  });

  it("of depth 16 are laid out in well under a frame", () => {
    const nodes = 2 ** 17 - 1;
    const full = tableOf({
      index: 0,
      round: 0,
      group: 0,
      weight: 1,
      nodes: Array.from({ length: nodes }, (_, id) =>
        id < nodes / 2 - 1
          ? {
              kind: "split" as const,
              id,
              feature: id % 7,
              threshold: id,
              categories: undefined,
              left: 2 * id + 1,
              right: 2 * id + 2,
              missing: "left" as const,
              gain: 1,
              cover: 1,
            }
          : { kind: "leaf" as const, id, value: [id], cover: 1 },
      ),
    });
    expect(full.depth).toBe(16);
    const times = Array.from({ length: 5 }, () => {
      const begin = performance.now();
      layoutTree(full, () => true);
      return performance.now() - begin;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it("in words", () => {
    const tree = tableOf({
      index: 2,
      round: 1,
      group: 0,
      weight: 1,
      nodes: [
        {
          kind: "split",
          id: 0,
          feature: 1,
          threshold: undefined,
          categories: [0, 2],
          left: 1,
          right: 2,
          missing: "right",
          gain: 3.5,
          cover: 20,
        },
        { kind: "leaf", id: 1, value: [0.25], cover: 12 },
        { kind: "leaf", id: 2, value: [-0.5], cover: 8 },
      ],
    });
    expect(conditions(tree, 0, names)).toEqual(["not in {north, east}", "in {north, east}"]);
    expect(describeNode(tree, 0, names)).toBe(
      "Split, node 0: region not in {north, east} or in {north, east}, missing goes with in {north, east}, gain 3.5, cover 20",
    );
    expect(describeNode(tree, 2, names)).toBe("Leaf, node 2: −0.5, cover 8");
    expect(describeTree(tree)).toBe("Tree 2, round 1: 3 nodes, 2 leaves, depth 1");
  });
});
