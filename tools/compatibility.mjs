/**
 * `node tools/compatibility.mjs`: writes the tables of docs/compatibility.md from the fixtures' manifest and the table of
 * rules. A test fails when the document and the fixtures differ.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { root } from "./run.mjs";

const DOCUMENT = `${root}docs/compatibility.md`;

/** @typedef {{ kind: string, rules?: string[], exact?: boolean }} File */
/**
 * @typedef {{ release: string, booster: string, objective: string, tags: string[], files: File[],
 *   calls: { id: string, options: Record<string, unknown>, expect: Record<string, Record<string, { at?: number[] }>> }[] }} Case
 */

/** @type {{ releases: Record<string, unknown>, cases: Case[] }} */
const manifest = JSON.parse(readFileSync(`${root}fixtures/manifest.json`, "utf8"));
const releases = Object.keys(manifest.releases);

/** @type {{ cases: { name: string, calls: { id: string }[], scores: Record<string, object> }[] }} */
const explained = JSON.parse(readFileSync(`${root}fixtures/explain/manifest.json`, "utf8"));

/** What is explained, by the name of a call; importances come with the case. */
const EXPLANATIONS = {
  contributions: /^contribs/,
  "approximate contributions": /^approx(?!-alone|-int)/,
  interactions: /^interactions/,
  "approximate interactions": /^approx-interactions/,
};

const FORMATS = {
  json: "JSON model",
  ubj: "UBJSON model",
  binary: "old binary, with `binf`",
  "binary-headerless": "old binary, without",
  snapshot: "pickle payload",
  "dump-json": "`dump_model`, JSON",
  "dump-text": "`dump_model`, text",
  "get-dump-json": "`get_dump`, JSON",
  "get-dump-text": "`get_dump`, text",
};

/** What is asked for, by the options of a call. */
const OUTPUTS = {
  values: (/** @type {Record<string, unknown>} */ o) => !o["outputMargin"] && !o["predLeaf"],
  margins: (/** @type {Record<string, unknown>} */ o) => o["outputMargin"] === true,
  leaves: (/** @type {Record<string, unknown>} */ o) => o["predLeaf"] === true,
  "`iterationRange`": (/** @type {Record<string, unknown>} */ o) => "iterationRange" in o,
  "`baseMargin`": (/** @type {Record<string, unknown>} */ o) => "baseMargin" in o,
  "`missing`": (/** @type {Record<string, unknown>} */ o) => "missing" in o,
  "`strictShape`": (/** @type {Record<string, unknown>} */ o) => "strictShape" in o,
};

/**
 * A table with one column a release; a cell says how many, or nothing for none.
 * @param {string} heading
 * @param {readonly string[]} names
 * @param {(name: string, release: string) => number} count
 */
function table(heading, names, count) {
  const rows = names.map((name) => {
    const cells = releases.map((release) => count(name, release) || "");
    return `| ${name} | ${cells.join(" | ")} |`;
  });
  const head = `| ${heading} | ${releases.join(" | ")} |\n|---|${"--:|".repeat(releases.length)}`;
  return `${head}\n${rows.join("\n")}`;
}

/** @param {string} release */
function casesOf(release) {
  return manifest.cases.filter((each) => each.release === release);
}

function formats() {
  const kinds = Object.entries(FORMATS);
  return table(
    "format",
    kinds.map(([, name]) => name),
    (name, release) => {
      const kind = kinds.find((each) => each[1] === name)?.[0];
      return casesOf(release).reduce(
        (sum, { files }) => sum + files.filter((f) => f.kind === kind).length,
        0,
      );
    },
  );
}

function boosters() {
  const names = [...new Set(manifest.cases.map((each) => each.booster))].sort();
  return table(
    "booster",
    names,
    (name, release) => casesOf(release).filter((c) => c.booster === name).length,
  );
}

function kinds() {
  const names = [...new Set(manifest.cases.flatMap((each) => each.tags))].sort();
  return table(
    "kind",
    names,
    (name, release) => casesOf(release).filter((c) => c.tags.includes(name)).length,
  );
}

function objectives() {
  const names = [...new Set(manifest.cases.map((each) => each.objective))].sort();
  return table(
    "objective",
    names,
    (name, release) => casesOf(release).filter((c) => c.objective === name).length,
  );
}

function outputs() {
  return table(
    "output or option",
    Object.keys(OUTPUTS),
    (name, release) =>
      casesOf(release)
        .flatMap((each) => each.calls)
        .filter(({ options }) => OUTPUTS[/** @type {keyof typeof OUTPUTS} */ (name)](options)).length,
  );
}

function explanations() {
  return table("explanation", [...Object.keys(EXPLANATIONS), "importances"], (name, release) => {
    const cases = explained.cases.filter((each) => each.name.startsWith(`${release}/`));
    const pattern = EXPLANATIONS[/** @type {keyof typeof EXPLANATIONS} */ (name)];
    return pattern === undefined
      ? cases.filter(({ scores }) => Object.keys(scores).length > 0).length
      : cases.flatMap(({ calls }) => calls).filter(({ id }) => pattern.test(id)).length;
  });
}

const SECTIONS = { formats, boosters, kinds, objectives, outputs, explanations };

/**
 * The document with its tables made anew.
 * @param {string} document
 */
export function withTables(document) {
  return Object.entries(SECTIONS).reduce((text, [name, make]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
    const [start, stop] = [text.indexOf(begin), text.indexOf(end)];
    if (start < 0 || stop < start) {
      throw new Error(`docs/compatibility.md has no section ${name}`);
    }
    return `${text.slice(0, start + begin.length)}\n${make()}\n${text.slice(stop)}`;
  }, document);
}

if (process.argv[1]?.endsWith("compatibility.mjs")) {
  writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, "utf8")));
}
