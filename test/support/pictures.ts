/** The pictures that are kept as fixtures: ordinary, small, large and hostile inputs, by file name. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  beeswarm,
  type Contributions,
  contributionMatrix,
  dependence,
  force,
  importanceBars,
  type RowContributions,
  rowContributions,
  summaryBars,
  waterfall,
} from "../../src/explain.ts";
import { Booster } from "../../src/index.ts";
import { randomNumbers } from "./arbitrary.ts";

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
};
