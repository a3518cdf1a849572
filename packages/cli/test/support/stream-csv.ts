/** Decodes CSV from standard input and prints rows, refused rows, a sum and the peak of memory: run as a process of its own. */
import { createDecoder, openTable } from "../../src/tables/open.ts";
import { planColumns } from "../../src/tables/plan.ts";
import { encoderOf } from "./tables.ts";

const encoder = encoderOf(Array.from({ length: 20 }, (_, i) => `f${i}`));
const source = await openTable(process.stdin, "csv", {}, encoder.names);
const { plan } = planColumns(source.columns, encoder, ["id"]);
const decoder = createDecoder(source.decoder, plan, encoder);
const total = { rows: 0, refused: 0, sum: 0, lastId: "", bytes: 0, blocks: 0, megabytes: 0 };
for await (const { payload, read } of source.blocks()) {
  const { rows, features, refused, kept } = await decoder.decode(payload);
  total.rows += rows;
  total.refused += refused.length;
  total.sum += features.reduce((sum, value) => (Number.isNaN(value) ? sum : sum + value), 0);
  total.lastId = String(kept[0]!.values[rows - 1]);
  total.bytes = read;
  total.blocks++;
}
total.megabytes = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify(total));
