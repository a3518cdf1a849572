/** This package as a contender of `npm run bench:explain`. */
import { readFileSync } from "node:fs";
import { Booster, type EngineOption } from "../src/index.ts";
import { type Files, type Loaded, serve } from "./native-child.ts";

function load({ folder, meta, data, rows }: Files, engine: EngineOption): Loaded {
  const booster = Booster.load(readFileSync(`${folder}/model.json`), { engine });
  const batch = { data, rows: meta.rows, cols: meta.features };
  const out = new Float32Array(meta.rows * meta.outputs);
  const options = { predContribs: true };
  return {
    version: `Node ${process.version}`,
    single: (row) => booster.predictRow(rows[row]!, options),
    batch: () => {
      booster.predictInto(batch, out, options);
      return out;
    },
  };
}

await serve({
  ours: (files) => load(files, "auto"),
  "ours-javascript": (files) => load(files, "javascript"),
});
