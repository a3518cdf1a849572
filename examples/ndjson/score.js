import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { loadFile } from "xgboost-infer/node";

const booster = await loadFile(process.argv[2]);

async function* scored(lines) {
  for await (const line of lines) {
    const [score] = booster.predictRow(JSON.parse(line), { validateFeatures: false }); // other fields are left alone
    yield `${line.slice(0, line.lastIndexOf("}"))},"score":${score}}\n`;
  }
}
await pipeline(createInterface({ input: process.stdin }), scored, process.stdout);
