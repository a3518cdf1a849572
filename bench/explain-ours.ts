/** This package as a contender of `npm run bench:explain`. */
import { readFileSync } from "node:fs";
import { Booster, type LoadOptions } from "../src/index.ts";
import { type Files, type Loaded, serve } from "./native-child.ts";

function load({ folder, meta, data, rows }: Files, options: LoadOptions): Loaded {
  const booster = Booster.load(readFileSync(`${folder}/model.json`), options);
  const batch = { data, rows: meta.rows, cols: meta.features };
  const out = new Float32Array(meta.rows * meta.outputs);
  const contributions = { predContribs: true };
  return {
    version: `Node ${process.version}`,
    single: (row) => booster.predictRow(rows[row]!, contributions),
    batch: () => {
      booster.predictInto(batch, out, contributions);
      return out;
    },
  };
}

await serve({
  ours: (files) => load(files, {}),
  "ours-javascript": (files) => load(files, { engine: "javascript" }),
  "ours-3.2": (files) => load(files, { rules: "3.2" }),
  "ours-3.2-javascript": (files) => load(files, { rules: "3.2", engine: "javascript" }),
});
