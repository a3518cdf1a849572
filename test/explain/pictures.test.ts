/** Pictures: each is a committed fixture (`npm run pictures` makes them anew), well formed, accessible, safe and bounded. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { formatNumber, formatSigned, formatValue } from "../../src/explain/numbers.ts";
import { evenSample } from "../../src/explain/sample.ts";
import { abbreviate, cleanText, columns, escapeXml, textWidth } from "../../src/explain/text.ts";
import { PALETTES } from "../../src/explain/theme.ts";
import * as explain from "../../src/explain.ts";
import { InputError } from "../../src/index.ts";
import { HOSTILE_NAMES, hostile, loans, many, PICTURES, stump, tall, wide } from "../support/pictures.ts";

const FOLDER = fileURLToPath(new URL("../../fixtures/explain/pictures/", import.meta.url));
const names = Object.keys(PICTURES);
const drawn = new Map(names.map((name) => [name, PICTURES[name]!()]));
const svgs = names.filter((name) => drawn.get(name)!.startsWith("<svg"));

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  trimValues: false,
});

/** The document as elements; fails where it is no XML. */
function parse(svg: string): Element {
  expect(XMLValidator.validate(svg)).toBe(true);
  // What XML 1.0 allows as a character.
  expect(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(svg)).toBe(true);
  const convert = (node: Record<string, unknown>): Element => {
    const name = Object.keys(node).find((key) => key !== ":@")!;
    const content = name === "#text" ? [] : (node[name] as Record<string, unknown>[]);
    const children = content.map(convert);
    const own = name === "#text" ? String(node[name]) : children.map(({ text }) => text).join("");
    return { name, attributes: (node[":@"] ?? {}) as Record<string, string>, children, text: own };
  };
  const [root, ...rest] = (parser.parse(svg) as Record<string, unknown>[]).map(convert);
  expect(rest).toEqual([]);
  return root!;
}

function all(element: Element): Element[] {
  return [element, ...element.children.flatMap(all)];
}

const ELEMENTS = [
  "svg",
  "title",
  "desc",
  "style",
  "g",
  "rect",
  "path",
  "line",
  "circle",
  "text",
  "tspan",
  "#text",
];

describe("fixtures", () => {
  it("are all of them and no others", () => {
    expect(
      readdirSync(FOLDER)
        .map((file) => file.replace(/\.\w+$/, ""))
        .sort(),
    ).toEqual([...names].sort());
    expect(svgs.length).toBeGreaterThan(30);
  });

  it.each(names)("%s is as committed", (name) => {
    const file = [`${FOLDER}${name}.svg`, `${FOLDER}${name}.txt`].find(existsSync)!;
    expect(drawn.get(name) === readFileSync(file, "utf8"), "`npm run pictures` makes the fixtures anew").toBe(
      true,
    );
  });
});

describe.each(svgs)("%s", (name) => {
  const svg = drawn.get(name)!;
  const root = parse(svg);

  it("is one image with a name and a text alternative", () => {
    expect(root.name).toBe("svg");
    expect(root.attributes).toMatchObject({ xmlns: "http://www.w3.org/2000/svg", role: "img" });
    const [title, desc] = root.children;
    expect([title!.name, desc!.name]).toEqual(["title", "desc"]);
    expect(title!.text.length).toBeGreaterThan(3);
    expect(desc!.text.length).toBeGreaterThan(10);
    expect(root.attributes["aria-labelledby"]).toBe(`${title!.attributes["id"]} ${desc!.attributes["id"]}`);
  });

  it("has no element, attribute or address that could run or load anything", () => {
    for (const { name: element, attributes } of all(root)) {
      expect(ELEMENTS).toContain(element);
      for (const [attribute, value] of Object.entries(attributes)) {
        expect(attribute).not.toMatch(/^on|href|^style$/i);
        expect(value).not.toMatch(/url\(|javascript:/i);
      }
    }
    const style = all(root).find((each) => each.name === "style")!.text;
    expect(style).not.toMatch(/@import|url\(|</);
  });

  it("has finite coordinates, text of 12 pixels and more, and text that begins inside", () => {
    const [, , width, height] = root.attributes["viewBox"]!.split(" ").map(Number) as [
      number,
      number,
      number,
      number,
    ];
    expect(svg).not.toMatch(/="[^"]*(?:NaN|Infinity|undefined)[^"]*"/);
    for (const each of all(root).filter((element) => element.name === "text")) {
      expect(Number(each.attributes["font-size"] ?? 12)).toBeGreaterThanOrEqual(12);
      if (!name.startsWith("tree")) {
        expect(Number(each.attributes["x"])).toBeGreaterThanOrEqual(0);
        expect(Number(each.attributes["x"])).toBeLessThanOrEqual(width);
        expect(Number(each.attributes["y"])).toBeLessThanOrEqual(height);
      }
    }
  });

  it("keeps its text inside, by the widths of a wide font", () => {
    const width = Number(root.attributes["width"]);
    if (name.startsWith("tree")) {
      return;
    }
    for (const each of all(root).filter((element) => element.name === "text")) {
      const shown = each.children
        .filter((child) => child.name !== "title")
        .map(({ text }) => text)
        .join("");
      const size = Number(each.attributes["font-size"] ?? 12);
      const half =
        textWidth(shown.replace(/&\w+;|&#\d+;/g, "m"), size) * (each.attributes["font-weight"] ? 1.08 : 1);
      const x = Number(each.attributes["x"]);
      const anchor = each.attributes["text-anchor"];
      const [from, to] =
        anchor === "end" ? [x - half, x] : anchor === "middle" ? [x - half / 2, x + half / 2] : [x, x + half];
      expect(from, shown).toBeGreaterThanOrEqual(-6);
      expect(to, shown).toBeLessThanOrEqual(width + 6);
    }
  });
});

/** The codes that `colour` writes. */
const ANSI = new RegExp(`${String.fromCharCode(27)}\\[(?:38;5;\\d+|\\d)m`, "g");

describe("text renderings", () => {
  const texts = names.filter((name) => !svgs.includes(name));

  it.each(texts)("%s keeps to its width and moves no cursor", (name) => {
    const text = drawn.get(name)!;
    const width = name.includes("colour") ? 100 : /hostile|chain/.test(name) ? 60 : 80;
    const plain = text.replace(ANSI, "");
    expect(plain).not.toMatch(/[\u202a-\u202e]/);
    expect(plain.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    for (const line of plain.split("\n")) {
      expect(columns(line), line).toBeLessThanOrEqual(width);
    }
    expect(text === plain).toBe(!name.includes("colour"));
  });

  it("refuse widths that cannot be", () => {
    expect(() => explain.textWaterfall(hostile, { width: 10 })).toThrow(/width is 10/);
    expect(() => explain.textTree(stump, { width: 1e6 })).toThrow(InputError);
  });
});

describe("any names and numbers", { timeout: 60_000 }, () => {
  const anyName = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.constantFrom(...HOSTILE_NAMES));
  const anyNumber = fc.oneof(
    fc.double(),
    fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1e308, -1e308, 5e-324),
  );
  const anyValue = fc.oneof(anyNumber, anyName, fc.constantFrom(null, undefined, true));
  const anyRow = fc.array(fc.tuple(anyNumber, anyName, anyValue), { maxLength: 14 }).chain((entries) =>
    fc.record({
      values: fc.constant(entries.map(([value]) => value)),
      names: fc.constant(entries.map(([, name]) => name)),
      features: fc.constant(entries.map(([, , feature]) => feature)),
      base: anyNumber,
      output: anyName,
    }),
  );

  it.each([explain.waterfall, explain.force])("%o stays well formed", (picture) => {
    fc.assert(
      fc.property(anyRow, fc.integer({ min: 320, max: 900 }), (row, width) => {
        parse(picture(row, { width }));
      }),
      { numRuns: 150 },
    );
  });

  it("text waterfalls keep to their width", () => {
    fc.assert(
      fc.property(anyRow, fc.integer({ min: 40, max: 120 }), (row, width) => {
        for (const line of explain.textWaterfall(row, { width }).split("\n")) {
          expect(columns(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/\p{Cc}/u);
        }
      }),
      { numRuns: 150 },
    );
  });

  it.each([explain.beeswarm, explain.summaryBars])("%o stays well formed", (picture) => {
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.nat(5),
        fc.array(anyNumber, { minLength: 60, maxLength: 60 }),
        (rows, cols, numbers) => {
          const values = { data: numbers.slice(0, rows * cols), rows, cols };
          const features = { data: numbers.slice(60 - rows * cols), rows, cols };
          parse(picture({ values, features }));
          if (cols > 0) {
            parse(explain.dependence({ values, features }, { feature: 0, partner: cols - 1 }));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("escapes to XML that gives the cleaned text back", () => {
    fc.assert(
      fc.property(anyName, (text) => {
        const clean = cleanText(text);
        const back = escapeXml(text).replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => {
          return { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" }[entity]!;
        });
        expect(back).toBe(clean);
        expect(cleanText(clean)).toBe(clean);
      }),
    );
  });

  it("abbreviates to the room, and leaves alone what fits", () => {
    const measure = (text: string): number => textWidth(text, 13);
    fc.assert(
      fc.property(anyName, fc.integer({ min: 15, max: 300 }), (text, room) => {
        const shown = abbreviate(text, room, measure);
        expect(shown === text || measure(shown) <= room).toBe(true);
        expect(measure(text) > room || shown === text).toBe(true);
      }),
    );
  });
});

describe("size", { timeout: 60_000 }, () => {
  it("of a beeswarm is bounded by lines and dots, not by rows", () => {
    const large = explain.beeswarm(tall(100_000, 14));
    expect(large.length).toBeLessThan(12 * 16_000 + 10_000);
    const most = explain.beeswarm(tall(20_000, 3), { maxPoints: 10_000 });
    expect(most.length).toBeLessThan(3 * 160_000);
  });

  it("of the others stays small whatever comes", () => {
    expect(explain.waterfall(wide()).length).toBeLessThan(10_000);
    expect(explain.force(wide()).length).toBeLessThan(10_000);
    expect(explain.dependence(tall(100_000), { feature: 0, partner: 1 }).length).toBeLessThan(45_000);
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`feature ${i}`, i]));
    expect(explain.importanceBars(many).length).toBeLessThan(9_000);
    expect(explain.waterfall({ values: [1], base: 0, names: ["x".repeat(1e6)] }).length).toBeLessThan(20_000);
  });

  it("samples keep the extremes and the quantiles", () => {
    const values = Float64Array.from({ length: 50_000 }, (_, i) => Math.sin(i) ** 3);
    values[77] = 9;
    values[78] = -9;
    values[79] = Number.NaN;
    const sample = Array.from(evenSample(values, 101), (i) => values[i]!);
    expect(sample).toHaveLength(101);
    expect([sample[0], sample[100]]).toEqual([-9, 9]);
    const sorted = [...values].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
    // A bin is 18 / 4096 wide here.
    expect(Math.abs(sample[25]! - sorted[Math.floor(sorted.length / 4)]!)).toBeLessThan(0.01);
    expect(Math.abs(sample[50]! - sorted[Math.floor(sorted.length / 2)]!)).toBeLessThan(0.01);
  });
});

describe("colours", () => {
  function luminance(colour: string): number {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(a: string, b: string): number {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (high + 0.05) / (low + 0.05);
  }

  it.each(["light", "dark"] as const)("of text in the %s theme have a contrast of 4.5 and more", (theme) => {
    const palette = PALETTES[theme];
    for (const text of [palette.ink, palette.muted, palette.up, palette.down]) {
      expect(contrast(text, palette.background)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(text, palette.box)).toBeGreaterThanOrEqual(4.5);
    }
    for (const bar of [palette.up, palette.down]) {
      expect(contrast(palette.onBar, bar)).toBeGreaterThanOrEqual(4.5);
    }
    // Marks need 3.
    for (const mark of palette.ramp) {
      expect(contrast(mark, palette.background)).toBeGreaterThanOrEqual(3);
    }
  });

  it("follow the reader by default, and the option", () => {
    expect(explain.force(hostile)).toContain("prefers-color-scheme:dark");
    for (const theme of ["light", "dark"] as const) {
      const svg = explain.force(hostile, { theme });
      expect(svg).not.toContain("prefers-color-scheme");
      expect(svg).toContain(PALETTES[theme].ink);
    }
  });
});

describe("numbers", () => {
  it.each([
    [0, "0"],
    [-0, "0"],
    [1.23456, "1.235"],
    [-1.5, "−1.5"],
    [12345.678, "12346"],
    [999999.9, "1e6"],
    [1234567.8, "1.235e6"],
    [123456789, "123456789"],
    [1e-7, "1e−7"],
    [0.00012345, "0.0001234"],
    [0.1 + 0.2, "0.3"],
    [Math.fround(17.99), "17.99"],
    [Number.NaN, "NaN"],
    [-Infinity, "−∞"],
    [1.7976931348623157e308, "1.798e308"],
    [5e-324, "4.941e−324"],
  ])("%d is %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it("have signs where they push, and words where they are missing", () => {
    expect([0.5, -0.5, 0, -0, Number.NaN].map((value) => formatSigned(value))).toEqual([
      "+0.5",
      "−0.5",
      "0",
      "0",
      "NaN",
    ]);
    expect([Number.NaN, null, undefined, "red", 29300, true].map(formatValue)).toEqual([
      ...["missing", "missing", "missing", "red", "29300", "true"],
    ]);
  });
});

describe("options and data that do not fit", () => {
  const row = { values: [1, 2], base: 0 };
  it.each<[string, () => unknown, RegExp]>([
    ["theme", () => explain.waterfall(row, { theme: "blue" as "dark" }), /theme is "blue"/],
    ["width", () => explain.waterfall(row, { width: 10 }), /width is 10/],
    ["maxDisplay", () => explain.waterfall(row, { maxDisplay: 0 }), /maxDisplay is 0/],
    ["names", () => explain.force({ ...row, names: ["a"] }), /names has 1 entries for 2/],
    ["features", () => explain.force({ ...row, features: [] }), /features has 0 entries/],
    [
      "values",
      () => explain.waterfall({ values: ["1"] as unknown as number[], base: 0 }),
      /values\[0\] is "1"/,
    ],
    ["base", () => explain.waterfall({ values: [] } as never), /base is undefined/],
    ["matrix", () => explain.beeswarm({ values: { data: [1], rows: 1, cols: 2 } }), /1 numbers for 1 × 2/],
    ["maxPoints", () => explain.beeswarm(many, { maxPoints: 1e9 }), /maxPoints/],
    ["feature", () => explain.dependence(many, { feature: "agee" }), /feature is "agee"/],
    [
      "no features",
      () => explain.dependence({ values: many.values }, { feature: 0 }),
      /features of the rows/,
    ],
    ["score", () => explain.importanceBars({ a: "1" as unknown as number }), /score of "a" is "1"/],
    ["leaf", () => explain.treeDiagram(loans.tree(0), { leaf: 0 }), /leaf is 0/],
    ["maxDepth", () => explain.treeDiagram(loans.tree(0), { maxDepth: -1 }), /maxDepth is -1/],
    ["tree", () => explain.textTree({} as never), /booster\.tree/],
    ["group", () => explain.curvePicture(explain.responseCurve(loans, {}, 0), { group: 1 }), /group is 1/],
    ["shape", () => explain.rowContributions({ data: [1, 2], shape: [2] }), /shape \[2\]/],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(message);
  });

  it("contributions of several groups are told apart", () => {
    const prediction = { data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], shape: [2, 2, 3] };
    expect(explain.rowContributions(prediction, 1, 1)).toEqual({ values: Float64Array.of(10, 11), base: 12 });
    expect(explain.contributionMatrix(prediction, 1)).toEqual({
      data: Float64Array.of(4, 5, 10, 11),
      rows: 2,
      cols: 2,
    });
    expect(() => explain.rowContributions(prediction, 2)).toThrow(/row is 2/);
    expect(() => explain.contributionMatrix(prediction, 2)).toThrow(/group is 2/);
  });
});
