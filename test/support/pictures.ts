/** The pictures that are kept as fixtures: ordinary, small, large and hostile inputs, by file name. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  beeswarm,
  type Contributions,
  contributionMatrix,
  curvePicture,
  dependence,
  force,
  gridPicture,
  importanceBars,
  type ResponseCurve,
  type RowContributions,
  responseCurve,
  responseGrid,
  rowContributions,
  summaryBars,
  textTree,
  textWaterfall,
  treeDiagram,
  waterfall,
} from "../../src/explain.ts";
import { Booster, type TreeNodeView, type TreeView } from "../../src/index.ts";
import { randomNumbers } from "./arbitrary.ts";
import { writeJson } from "./document.ts";
import { modelDocument, modelOf } from "./model.ts";

const FOLDER = fileURLToPath(new URL("../../fixtures/explain/", import.meta.url));

interface Inputs {
  readonly names: readonly string[];
  readonly categories: Readonly<Record<string, readonly string[]>>;
  readonly rows: number;
  readonly features: readonly (number | null)[];
  readonly contributions: { readonly shape: readonly number[]; readonly data: readonly number[] };
  readonly gain: Readonly<Record<string, number>>;
}

export const inputs = JSON.parse(readFileSync(`${FOLDER}contributions.json`, "utf8")) as Inputs;
export const loans: Booster = Booster.load(readFileSync(`${FOLDER}model.json`));

const { names } = inputs;
const cols = names.length;
const data = Float64Array.from(inputs.features, (value) => value ?? Number.NaN);
const LOG_ODDS = "log-odds of default";

export const many: Contributions = {
  values: contributionMatrix(inputs.contributions),
  features: { data, rows: inputs.rows, cols },
  names,
  featureTypes: loans.featureTypes,
  output: `contribution to the ${LOG_ODDS}`,
};

/** Codes as names, as a person would have them. */
function readable(row: number): unknown[] {
  return names.map((name, i) => {
    const value = data[row * cols + i]!;
    return inputs.categories[name]?.[value] ?? value;
  });
}

export function applicant(row: number): RowContributions {
  return { ...rowContributions(inputs.contributions, row), features: readable(row), names, output: LOG_ODDS };
}

export const HOSTILE_NAMES: readonly string[] = [
  `"quoted" & 'single'`,
  "<script>alert(1)</script>",
  "]]><![CDATA[--><!--",
  "a name of two hundred characters ".repeat(7).slice(0, 200),
  "👩‍👩‍👧‍👦 family 🏳️‍🌈 size 👍🏽",
  "سعر الفائدة السنوي",
  "line\nbreak\ttab\u0000null\u001b[31mred\u0007",
  "\u202egnirts desrever\u202c",
  "lone \ud800 surrogate \uffff",
  "汉字特征名称很长很长很长很长很长很长很长很长很长很长很长很长",
  "",
  "   ",
  'style="fill:red" onload="alert(1)"',
  "&amp;&lt;&#x3C;",
  "Wide WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
];

export const hostile: RowContributions = {
  values: HOSTILE_NAMES.map((_, i) => (i % 2 === 0 ? 1 : -1) * (1.4 - i * 0.085)),
  base: -0.25,
  names: HOSTILE_NAMES,
  features: [
    `</text><script>x</script>`,
    Number.NaN,
    null,
    "value ".repeat(40),
    Infinity,
    "٣٫١٤",
    -0,
    0,
    1e-300,
    123456789,
    undefined,
    -1.5e12,
    "\u0007",
    true,
    0.1 + 0.2,
  ],
  output: `<b>"output" & more</b>`,
};

/** Two thousand rows of hostile names with odd numbers among them. */
function oddMatrix(): Contributions {
  const random = randomNumbers(5);
  const width = HOSTILE_NAMES.length;
  const odd = [Number.NaN, Infinity, -Infinity, 0, -0];
  const number = (size: number): number =>
    random() < 0.03 ? odd[Math.floor(random() * odd.length)]! : (random() - 0.5) * size;
  return {
    values: {
      data: Array.from({ length: 400 * width }, (_, i) => number(2 / (1 + (i % width)))),
      rows: 400,
      cols: width,
    },
    features: { data: Array.from({ length: 400 * width }, () => number(10)), rows: 400, cols: width },
    names: HOSTILE_NAMES,
  };
}

/** 10,000 features of falling size. */
export function wide(): RowContributions {
  const random = randomNumbers(3);
  const values = Float64Array.from({ length: 10_000 }, (_, i) => ((random() - 0.45) * 4) / (1 + i ** 0.7));
  return { values, base: 0.3, output: "price, €" };
}

export function tall(rows: number, width = 6): Contributions {
  const random = randomNumbers(11);
  const values = new Float64Array(rows * width);
  const features = new Float64Array(rows * width);
  for (let i = 0; i < values.length; i++) {
    const x = random() + random() + random() - 1.5;
    features[i] = random() < 0.05 ? Number.NaN : x;
    values[i] = (Math.sin(x * 2) + (random() - 0.5) * 0.3) / (1 + (i % width));
  }
  return { values: { data: values, rows, cols: width }, features: { data: features, rows, cols: width } };
}

const one: RowContributions = { values: [0.8], base: -1, features: [3], names: ["only"] };
const none: RowContributions = { values: [], base: 0.5 };
const odd: RowContributions = {
  values: [Infinity, -Infinity, Number.NaN, 0, -0, 1e-12, 2.5],
  base: 1,
  features: [1, 2, 3, 0, -0, Number.NaN, Infinity],
};

/** A tree with the path of one applicant. */
const naming = {
  names,
  categories: (feature: number): readonly string[] | undefined => inputs.categories[names[feature]!],
};

function pathOf(index: number, row: number): { leaf: number; row: Float64Array } {
  const values = data.slice(row * cols, (row + 1) * cols);
  return { leaf: loans.predict([values], { predLeaf: true }).data[index]!, row: values };
}

/** A balanced tree of `depth` levels, or a chain, with hostile names. */
function grown(depth: number, chain: boolean): TreeView {
  const nodes: TreeNodeView[] = [];
  const waiting: { id: number; depth: number; grows: boolean }[] = [{ id: 0, depth: 0, grows: true }];
  let next = 1;
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    const { id, depth: level, grows } = at;
    if (!grows || level === depth) {
      nodes.push({ kind: "leaf", id, value: [((id * 37) % 11) - 5], cover: undefined });
      continue;
    }
    const categorical = id % 3 === 1;
    nodes.push({
      kind: "split",
      id,
      feature: id % HOSTILE_NAMES.length,
      threshold: categorical ? undefined : id / 7,
      categories: categorical ? Array.from({ length: 1 + (id % 60) }, (_, code) => code) : undefined,
      left: next,
      right: next + 1,
      missing: id % 2 === 0 ? "left" : "right",
      gain: undefined,
      cover: undefined,
    });
    waiting.push(
      { id: next, depth: level + 1, grows: !chain },
      { id: next + 1, depth: level + 1, grows: true },
    );
    next += 2;
  }
  return { index: 12, round: 4, group: 1, weight: 0.5, nodes };
}

const hostileNaming = {
  names: HOSTILE_NAMES,
  categories: (): readonly string[] => HOSTILE_NAMES,
};

export const stump: TreeView = {
  index: 0,
  round: 0,
  group: 0,
  weight: 1,
  nodes: [{ kind: "leaf", id: 0, value: [0.25], cover: 10 }],
};

const vectorLeaves: TreeView = {
  ...stump,
  nodes: [
    {
      kind: "split",
      id: 0,
      feature: 0,
      threshold: -0,
      categories: undefined,
      left: 1,
      right: 2,
      missing: "left",
      gain: 3,
      cover: 9,
    },
    { kind: "leaf", id: 1, value: [0.1, -0.25, 3], cover: 5 },
    { kind: "leaf", id: 2, value: [Number.NaN, Infinity, -Infinity, 4, 5], cover: 4 },
  ],
};

type Pictures = Readonly<Record<string, () => string>>;

/** Every picture once in the theme of the document, some once more in the other ones. */
export const PICTURES: Pictures = {
  waterfall: () => waterfall(applicant(3)),
  "waterfall-dark": () => waterfall(applicant(3), { theme: "dark", title: "Applicant 3: why this score" }),
  "waterfall-hostile": () => waterfall(hostile, { maxDisplay: 20 }),
  "waterfall-narrow": () => waterfall(hostile, { maxDisplay: 20, width: 320 }),
  "waterfall-10000": () => waterfall(wide()),
  "waterfall-one": () => waterfall(one),
  "waterfall-none": () => waterfall(none),
  "waterfall-odd": () => waterfall(odd),
  "waterfall-zero": () => waterfall({ values: [0, -0, 0], base: 0 }),
  force: () => force(applicant(3)),
  "force-dark": () => force(applicant(8), { theme: "dark", title: "Applicant 8" }),
  "force-hostile": () => force(hostile, { maxDisplay: 20 }),
  "force-10000": () => force(wide()),
  "force-one": () => force(one),
  "force-none": () => force(none),
  "force-odd": () => force(odd),
  beeswarm: () => beeswarm(many),
  "beeswarm-dark": () => beeswarm(many, { theme: "dark", title: "What moves the risk" }),
  "beeswarm-hostile": () => beeswarm(oddMatrix(), { maxPoints: 200, maxDisplay: 20 }),
  "beeswarm-100000": () => beeswarm(tall(100_000), { maxPoints: 400, maxDisplay: 4 }),
  "beeswarm-none": () => beeswarm({ values: { data: [], rows: 0, cols: 3 } }),
  "summary-bars": () => summaryBars(many),
  "summary-bars-dark": () => summaryBars(many, { theme: "dark" }),
  dependence: () => dependence(many, { feature: "debt ratio", partner: "loan amount" }),
  "dependence-missing": () => dependence(many, { feature: "income", partner: "debt ratio", theme: "dark" }),
  "dependence-categories": () =>
    dependence(many, {
      feature: "region",
      partner: "late payments",
      categories: inputs.categories["region"],
    }),
  "dependence-hostile": () => dependence(oddMatrix(), { feature: 1, partner: 3 }),
  importance: () => importanceBars(inputs.gain, { importanceType: "gain" }),
  "importance-signed": () =>
    importanceBars(
      { a: 1.5, b: -2, c: 0, "<i>": 0.5, e: Number.NaN },
      { importanceType: "weight", theme: "dark" },
    ),
  tree: () => treeDiagram(loans.tree(0), { ...naming, maxDepth: 3, ...pathOf(0, 3) }),
  "tree-whole-dark": () => treeDiagram(loans.tree(1), { ...naming, theme: "dark", title: "Tree 1, whole" }),
  "tree-hostile": () => treeDiagram(grown(10, false), hostileNaming),
  "tree-chain": () => treeDiagram(grown(5000, true), { ...hostileNaming, leaf: 10_000, maxNodes: 41 }),
  "tree-leaf": () => treeDiagram(stump),
  "tree-vector-leaves": () => treeDiagram(vectorLeaves, { names: ["x"] }),
  "text-waterfall": () => textWaterfall(applicant(3)),
  "text-waterfall-colour": () => textWaterfall(applicant(3), { colour: true, width: 100 }),
  "text-waterfall-hostile": () => textWaterfall(hostile, { maxDisplay: 20, width: 60 }),
  "text-waterfall-none": () => textWaterfall(none),
  "text-waterfall-odd": () => textWaterfall(odd),
  "text-tree": () => textTree(loans.tree(0), { ...naming, maxDepth: 3, ...pathOf(0, 3) }),
  "text-tree-colour": () => textTree(loans.tree(0), { ...naming, ...pathOf(0, 3), colour: true }),
  "text-tree-hostile": () => textTree(grown(10, false), { ...hostileNaming, width: 60 }),
  "text-tree-chain": () => textTree(grown(5000, true), { leaf: 10_000, maxNodes: 41, width: 60 }),
  "text-tree-leaf": () => textTree(stump),
  curve: () =>
    curvePicture(responseCurve(loans, applicantValues(8), "debt ratio"), {
      output: "probability of default",
      limit: 0.3,
    }),
  "curve-margin-dark": () =>
    curvePicture(responseCurve(loans, applicantValues(3), "income", { output: "margin" }), {
      output: LOG_ODDS,
      theme: "dark",
      title: "If the income were another",
    }),
  "curve-categories": () =>
    curvePicture(responseCurve(loans, applicantValues(8), "region"), {
      output: "probability of default",
      categories: inputs.categories["region"],
      limit: 0.2,
    }),
  "curve-hostile": () =>
    curvePicture(hostileCurve(), { output: HOSTILE_NAMES[1]!, group: 1, categories: HOSTILE_NAMES }),
  "curve-flat": () => curvePicture(responseCurve(flat(), [1, 2], 1)),
  grid: () =>
    gridPicture(responseGrid(loans, applicantValues(8), ["debt ratio", "loan amount"]), {
      output: "probability",
    }),
  "grid-categories-dark": () =>
    gridPicture(responseGrid(loans, applicantValues(8), ["debt ratio", "region"]), {
      output: "probability",
      categories: [undefined, inputs.categories["region"]],
      theme: "dark",
    }),
  "grid-flat": () => gridPicture(responseGrid(flat(), [1, Number.NaN], [0, 1])),
};

function applicantValues(row: number): Float64Array {
  return data.slice(row * cols, (row + 1) * cols);
}

/** A feature of many categories with odd values. */
function hostileCurve(): ResponseCurve {
  const codes = Int32Array.from({ length: 100 }, (_, i) => i * 3);
  const values = Float32Array.from({ length: 2 * 102 }, (_, i) =>
    i % 31 === 1 ? [NaN, Infinity, -Infinity][i % 3]! : Math.sin(i),
  );
  const axis = {
    kind: "categorical",
    feature: 0,
    name: HOSTILE_NAMES[5]!,
    codes,
    labels: Array.from(codes, String),
    size: 102,
  } as const;
  return { axis, outputs: 2, values, current: 12 };
}

/** A model of one leaf. */
function flat(): Booster {
  return Booster.load(writeJson(modelDocument(modelOf([[{ leaf: 2 }]], { numFeatures: 2 }))));
}
