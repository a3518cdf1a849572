/** Memory of a batch does not grow with its table: 300 MB of CSV through the command, with and without threads. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import { expect, it } from "vitest";
import { startCommand, temporaryFolder } from "../support/command.ts";

const ROWS = 900_000;
const MAX_MEGABYTES = 250;
const TUMOUR = fileURLToPath(new URL("../../../../examples/tumour", import.meta.url));

const folder = temporaryFolder();

it.each([
  ["0", "plain"],
  ["2", "plain"],
  ["0", "gzip"],
])(
  "%s threads, %s",
  async (workers, compression) => {
    const features = readFileSync(`${TUMOUR}/feature_list`, "utf8").trim().split("\n");
    const out = `${folder}/${workers}-${compression}.csv`;
    const { process: child, result } = startCommand(
      [
        "predict",
        "-m",
        TUMOUR,
        "-d",
        "-",
        "--format",
        "csv",
        "-o",
        out,
        "--keep",
        "id",
        "--workers",
        workers,
      ],
      "",
      true,
    );
    const packer = compression === "gzip" ? createGzip({ level: 1 }) : undefined;
    packer?.pipe(child.stdin!);
    const into = packer ?? child.stdin!;
    into.write(`id,${features.join()}\n`);
    let written = 0;
    for (let begin = 0; begin < ROWS; begin += 1000) {
      const lines = Array.from({ length: 1000 }, (_, i) => lineOf(begin + i, features.length)).join("");
      written += lines.length;
      if (!into.write(lines)) {
        await once(into, "drain");
      }
    }
    into.end();
    const { status, stderr } = await result;
    expect(status, stderr).toBe(0);
    const megabytes = Number(/(\d+) MB at most/.exec(stderr)?.[1]);
    console.log(`${(written / 1e6).toFixed(0)} MB, ${workers} threads, ${compression}: ${stderr.trim()}`);
    expect(written).toBeGreaterThan(300e6);
    expect(megabytes).toBeLessThan(MAX_MEGABYTES);
    const lines = readFileSync(out, "utf8").trimEnd().split("\n");
    expect(lines.length).toBe(ROWS + 1);
    expect(lines.at(-1)).toMatch(new RegExp(`^row ${ROWS - 1},0\\.\\d+$`));
  },
  300_000,
);

function lineOf(row: number, width: number): string {
  let line = `row ${row}`;
  for (let i = 0; i < width; i++) {
    line += `,${(row * 7 + i * 13) % 1009}.${1_000_000 + ((row * 31 + i) % 999_983)}`;
  }
  return `${line}\n`;
}
