/** Memory stays bounded however long a table is: 300 MB through the decoder, in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROWS = 2_000_000;
const MAX_MEGABYTES = 250;

const folder = mkdtempSync(join(tmpdir(), "text-memory-"));
const script = join(folder, "stream-csv.mjs");

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL("../support/stream-csv.ts", import.meta.url))],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

it.each([false, true])(
  "300 MB of CSV, gzip: %s",
  async (gzip) => {
    const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    const closed = once(child, "close");
    const packer = gzip ? createGzip({ level: 1 }) : undefined;
    packer?.pipe(child.stdin);
    const into = packer ?? child.stdin;
    const written = await writeTable(
      (text) => into.write(text),
      () => once(into, "drain"),
    );
    into.end();
    expect(await closed).toEqual([0, null]);
    const total = JSON.parse(Buffer.concat(output).toString());
    console.log(`${(written / 1e6).toFixed(0)} MB, gzip ${gzip}: ${JSON.stringify(total)}`);
    expect(written).toBeGreaterThan(300e6);
    expect(total).toMatchObject({
      rows: ROWS,
      refused: ROWS / 1000,
      lastId: `id ${ROWS - 1}`,
      bytes: written,
    });
    expect(total.megabytes).toBeLessThan(MAX_MEGABYTES);
  },
  300_000,
);

/** Every thousandth row is one that is refused. */
async function writeTable(
  write: (text: string) => boolean,
  drained: () => Promise<unknown>,
): Promise<number> {
  const values = Array.from({ length: 20 }, (_, i) => `${(i - 7) / 3}`.slice(0, 9));
  const row = values.join(",");
  const head = `id,${values.map((_, i) => `f${i}`).join(",")}\n`;
  write(head);
  let bytes = head.length;
  for (let at = 0; at < ROWS; at += 1000) {
    const rows = Array.from(
      { length: 1000 },
      (_, i) => `id ${at + i},${i === 500 ? row.replace("0.6", "x") : row}`,
    );
    const text = `${rows.join("\n")}\n`;
    bytes += text.length;
    if (!write(text)) {
      await drained();
    }
  }
  return bytes;
}
