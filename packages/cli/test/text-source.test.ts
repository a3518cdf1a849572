/** Blocks of tables of text: where they begin and end, going on at one, compression. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Zstd } from "@hpcc-js/wasm-zstd";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTable } from "../src/tables/open.ts";
import type { RawBlock } from "../src/tables/table.ts";
import { closingQuote, countLines, LINES, quotedLines } from "../src/tables/text/lines.ts";
import { BLOCK_BYTES } from "../src/tables/text/source.ts";
import { encoderOf, readWhole, streamOf } from "./support/tables.ts";

const folder = mkdtempSync(join(tmpdir(), "text-source-"));
const encoder = encoderOf(["a", "b"]);
let zstd: Zstd;
let big: Buffer;

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

beforeAll(async () => {
  zstd = await Zstd.load();
  const lines = Array.from({ length: 60_000 }, (_, i) =>
    i % 1000 === 7 ? `"line\n${i}",${i},"x""y"` : `row ${"-".repeat(i % 97)},${i / 8},${-i}`,
  );
  big = Buffer.from(`id,a,b\n${lines.join("\n")}`);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Where blocks end, and what is in them. */
async function cut(blocks: AsyncIterable<RawBlock>) {
  const list: { readonly next: unknown; readonly size: number; readonly index: number }[] = [];
  for await (const { next, payload, index } of blocks) {
    list.push({ next, index, size: payload.kind === "text" ? payload.bytes.length : -1 });
  }
  return list;
}

describe("blocks", () => {
  it("are the same however bytes come in, compressed or not", async () => {
    const expected = await cut((await openTable(file("a.csv", big), "csv", {}, [])).blocks());
    expect(expected.length).toBeGreaterThan(1);
    expect(
      expected
        .map(({ size }) => size)
        .slice(0, -1)
        .every((size) => size > BLOCK_BYTES - 200 && size <= BLOCK_BYTES),
    ).toBe(true);
    expect(expected.reduce((sum, { size }) => sum + size, "id,a,b\n".length)).toBe(big.length);
    expect(expected.at(-1)!.next).toEqual({ index: expected.length, offset: big.length, line: 60_060 });
    for (const sizes of [[70_000], [1 << 21], [65_536, 1, 3, 999_983]]) {
      expect(await cut((await openTable(streamOf(big, sizes), "csv", {}, [])).blocks())).toEqual(expected);
    }
    for (const packed of [gzipSync(big), zstd.compress(big)]) {
      expect(await cut((await openTable(file("a.csv.packed", packed), "csv", {}, [])).blocks())).toEqual(
        expected,
      );
      expect(await cut((await openTable(streamOf(packed, [1000]), "csv", {}, [])).blocks())).toEqual(
        expected,
      );
    }
  }, 30_000);

  it("can be gone on with, from a file, compressed or not, and from standard input", async () => {
    const path = file("b.csv", big);
    const whole = await readWhole(path, "csv", encoder, { keep: ["id"] });
    const { next } = whole.blocks[0]!;
    const inputs = [path, file("b.gz", gzipSync(big)), file("b.zst", zstd.compress(big)), streamOf(big)];
    for (const input of inputs) {
      const rest = await readWhole(input, "csv", encoder, { keep: ["id"], from: next });
      expect(rest.rows).toBeLessThan(whole.rows);
      expect(rest.features).toEqual(whole.features.slice(-2 * rest.rows));
      expect(rest.kept["id"]).toEqual(whole.kept["id"]!.slice(-rest.rows));
      expect(rest.blocks.map(({ index }) => index)).toEqual(whole.blocks.slice(1).map(({ index }) => index));
      expect(rest.blocks.at(-1)!.next).toEqual(whole.blocks.at(-1)!.next);
    }
  }, 30_000);

  it("can be gone on with after the last one, and not beyond the end", async () => {
    const path = file("c.csv", Buffer.from("a\n1\n"));
    const { blocks } = await readWhole(path, "csv", encoder);
    expect(await readWhole(path, "csv", encoder, { from: blocks[0]!.next })).toMatchObject({ rows: 0 });
    const packed = file("c.csv.gz", gzipSync("a\n1\n"));
    await expect(
      readWhole(packed, "csv", encoder, { from: { index: 1, offset: 100, line: 9 } }),
    ).rejects.toThrow("not the same table");
  });

  it("say how much of a file was read", async () => {
    const path = file("d.csv.gz", gzipSync(big));
    const source = await openTable(path, "csv", {}, []);
    const { size } = source;
    expect(size!.unit).toBe("bytes");
    let last = 0;
    for await (const { read } of source.blocks()) {
      expect(read).toBeGreaterThanOrEqual(last);
      last = read;
    }
    expect(last).toBe(size!.total);
    expect((await openTable(streamOf(big), "csv", {}, [])).size).toBeUndefined();
  });

  it("hold one record where it is longer than a block, and end with an error where it is longer than 64 MiB", async () => {
    const long = "x".repeat(BLOCK_BYTES);
    const table = await readWhole(
      streamOf(Buffer.from(`id,a\n1,1\n"${long}\n${long}",2\n3,3\n`)),
      "csv",
      encoder,
    );
    expect(table.features.filter((_, i) => i % 2 === 0)).toEqual([1, 2, 3]);
    expect(table.lines).toBe(4);
    const endless = Buffer.alloc(70 << 20, "y\n");
    endless.write('a,b\n1,2\n3,"');
    await expect(readWhole(streamOf(endless, [1 << 20]), "csv", encoder)).rejects.toMatchObject({
      message: "<stdin>:3: a row is longer than 64 MiB; a quote may not be closed",
      line: 3,
    });
  }, 30_000);

  it("can be read only once from standard input", async () => {
    const source = await openTable(streamOf(Buffer.from("a\n1\n")), "csv", {}, []);
    await cut(source.blocks());
    await expect(cut(source.blocks())).rejects.toThrow("only once");
  });
});

describe("compression", () => {
  it("reads several members and frames", async () => {
    const parts = ["a,b\n1,", "2\n3,4\n", "5,6"].map((text) => Buffer.from(text));
    for (const packed of [parts.map((part) => gzipSync(part)), parts.map((part) => zstd.compress(part))]) {
      const bytes = Buffer.concat(packed);
      expect((await readWhole(streamOf(bytes, [5]), "csv", encoder)).features).toEqual([1, 2, 3, 4, 5, 6]);
      expect((await readWhole(file("m", bytes), "csv", encoder)).features).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });

  it.each(["gz", "zst"])(
    "says so where bytes are damaged, missing or not compressed: %s",
    async (extension) => {
      const packed = Buffer.from(extension === "gz" ? gzipSync(big) : zstd.compress(big));
      const half = file(`half.csv.${extension}`, packed.subarray(0, packed.length >> 1));
      await expect(readWhole(half, "csv", encoder)).rejects.toMatchObject({ name: "TableError" });
      const damaged = Buffer.from(packed);
      damaged.fill(0x5a, 1000, 1200);
      await expect(readWhole(file(`bad.${extension}`, damaged), "csv", encoder)).rejects.toMatchObject({
        name: "TableError",
        message: expect.stringMatching(/bad\.(gz|zst): cannot be read on/),
      });
      const plain = file(`plain.csv.${extension}`, Buffer.from("a\n1\n"));
      await expect(readWhole(plain, "csv", encoder)).rejects.toThrow("is not compressed with");
    },
    30_000,
  );

  it("says so where there is no such file", async () => {
    await expect(readWhole(join(folder, "none.csv"), "csv", encoder)).rejects.toMatchObject({
      name: "UsageError",
    });
    await expect(readWhole(folder, "csv", encoder)).rejects.toThrow("is a directory");
    await expect(readWhole(file("0.csv", Buffer.alloc(0)), "csv", encoder)).rejects.toThrow(
      "0.csv: is empty",
    );
  });
});

describe("record ends", () => {
  const text = fc.string({ unit: fc.constantFrom(...'a,"\n\r'), maxLength: 40 });

  it("are those of a reader that goes through all bytes", () => {
    fc.assert(
      fc.property(text, (each) => {
        const bytes = Buffer.from(each);
        const ends = slowEnds(each);
        expect(quotedLines(44).last(bytes, bytes.length)).toBe(ends.at(-1) ?? 0);
        expect(quotedLines(44).first(bytes, bytes.length)).toBe(ends[0] ?? 0);
        expect(LINES.last(bytes, bytes.length)).toBe(each.lastIndexOf("\n") + 1);
      }),
      { numRuns: 2000 },
    );
  });

  it("count lines wherever they lie", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300, max: 12 });
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(), (each, a, b) => {
        const [begin, end] = [a % each.length, b % (each.length + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ];
        expect(countLines(each, begin, end)).toBe(
          each.subarray(begin, end).filter((byte) => byte === 10).length,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("close quotes", () => {
    expect(closingQuote(Buffer.from('"a""b",'), 0, 7)).toBe(5);
    expect(closingQuote(Buffer.from('"a""'), 0, 4)).toBe(4);
  });
});

/** A character at a time, in one of three states. */
function slowEnds(text: string): number[] {
  const ends: number[] = [];
  let state: "begin" | "plain" | "quoted" = "begin";
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (state === "quoted") {
      if (c === '"' && text[at + 1] === '"') {
        at++;
      } else if (c === '"') {
        state = "plain";
      }
    } else if (c === "\n") {
      ends.push(at + 1);
      state = "begin";
    } else {
      state = c === "," ? "begin" : c === '"' && state === "begin" ? "quoted" : "plain";
    }
  }
  return ends;
}
