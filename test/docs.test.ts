/** Documents say what is true: snippets run and print what they claim, tables are those of the fixtures, links lead somewhere. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withTables } from "../tools/compatibility.mjs";
import { matches, runSteps, transcriptsOf } from "./support/transcripts.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DOCUMENTS = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith(".md"),
);

/** Files and directories that snippets read, by the name they use. */
const FILES = {
  "model.ubj": "fixtures/3.4.1/breast-cancer/model.ubj",
  "one-tree.json": "fixtures/3.4.1/one-tree/model.json",
  "loans.json": "fixtures/explain/model.json",
  "contributions.json": "fixtures/explain/contributions.json",
  "dump.json": "fixtures/3.4.1/binary-logistic/dump.json",
  tumour: "examples/tumour",
  "patients.csv": "examples/patients.csv",
};

// Inside the repository, so that a snippet's import of the package finds it under its own name.
let folder = "";

beforeAll(() => {
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  folder = mkdtempSync(join(ROOT, ".cache/snippets-"));
  for (const place of [".", ...DOCUMENTS.map(transcriptFolder)]) {
    for (const [name, path] of Object.entries(FILES)) {
      cpSync(join(ROOT, path), join(folder, place, name), { recursive: true });
    }
  }
});

/** Transcripts of a document go on from each other, and know nothing of those of other documents. */
function transcriptFolder(document: string): string {
  return document.replace(/\W/g, "-");
}

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.each(DOCUMENTS)("%s", (name) => {
  const text = readFileSync(join(ROOT, name), "utf8");
  const snippets = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

  it.each(snippets.map((snippet, i) => [i + 1, snippet] as const))("snippet %i runs", (number, snippet) => {
    const file = join(folder, `${name.replace(/\W/g, "-")}-${number}.mjs`);
    writeFileSync(file, transformSync(snippet, { loader: "ts" }).code);
    const printed = execFileSync(process.execPath, [file], { cwd: folder, encoding: "utf8" })
      .trim()
      .split("\n");
    const claimed = [...snippet.matchAll(/console\.log\(.*\); \/\/ (-?[\d.]+)$/gm)].map((match) => match[1]);
    expect(printed.length).toBeGreaterThan(0);
    expect(printed.filter((line) => claimed.includes(line))).toEqual(claimed);
  });

  it.each(transcriptsOf(text).map((steps, i) => [i + 1, steps] as const))(
    "transcript %i is what the commands print",
    (_, steps) => {
      const printed = runSteps(steps, join(folder, transcriptFolder(name)), join(ROOT, "node_modules/.bin"));
      steps.forEach(({ command, output }, i) => {
        if (!matches(output, printed[i] ?? [])) {
          expect(printed[i]?.join("\n"), command).toBe(output.join("\n"));
        }
      });
    },
  );

  it("links to files that exist", () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(name), link)))).toEqual([]);
  });
});

it("README and docs have snippets at all", () => {
  const count = DOCUMENTS.map(
    (name) => readFileSync(join(ROOT, name), "utf8").match(/```ts\n/g)?.length ?? 0,
  );
  expect(count.reduce((sum, each) => sum + each)).toBeGreaterThanOrEqual(3);
});

it("docs/compatibility.md has the tables of the fixtures", () => {
  const document = readFileSync(join(ROOT, "docs/compatibility.md"), "utf8");
  expect(withTables(document)).toBe(document);
});

it.each(["bench", "bench:native", "bench:tables"])("README repeats what %s printed", (name) => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const file = name === "bench" ? "latest.md" : `${name.slice("bench:".length)}.md`;
  const table = readFileSync(join(ROOT, "bench/results", file), "utf8").trim();
  expect(readme).toContain(`<!-- ${name} -->\n${table}\n<!-- end of ${name} -->`);
});
