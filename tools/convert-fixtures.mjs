/**
 * `node tools/convert-fixtures.mjs FOLDER`: every model file of `fixtures/` converted to JSON and UBJSON, for
 * `fixtures/convert.py`, which loads them with XGBoost. Needs `npm run build`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const folder = process.argv[2];
if (folder === undefined) {
  throw new Error("the folder to write to is needed");
}
const { convertModel } = await import(`${root}dist/convert.js`);
const manifest = JSON.parse(readFileSync(`${root}fixtures/manifest.json`, "utf8"));
const index = [];
for (const { name, files, inputs, model } of manifest.cases) {
  for (const [number, { kind, path, dump, exact }] of files.entries()) {
    const converted = [];
    for (const to of ["json", "ubj"]) {
      const target = join(name, `${number}-${kind}.${to}`);
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(
        join(folder, target),
        convertModel(readFileSync(`${root}fixtures/${path}`), { to, dump }),
      );
      converted.push(target);
    }
    index.push({
      case: name,
      kind,
      path,
      converted,
      exact: exact ?? true,
      input: inputs.main,
      features: model.numFeatures,
      twin: files.find((/** @type {{ kind: string }} */ file) => file.kind === "json")?.path ?? null,
    });
  }
}
writeFileSync(join(folder, "index.json"), JSON.stringify(index));
console.log(`${index.length} files, each to JSON and UBJSON, in ${folder}`);
