import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { loadFile } from "xgboost-infer/node";

const booster = await loadFile(process.argv[2]);

async function* scored(lines) {
  for await (const line of lines) {
    const row = JSON.parse(line);
    const [score] = booster.predictRow(row, { validateFeatures: false }); // fields of other names are left alone
    yield `${JSON.stringify({ ...row, score })}\n`;
  }
}
await pipeline(createInterface({ input: process.stdin }), scored, process.stdout);
