/** Compressed bytes in and out. */
import type { Readable } from "node:stream";
import { pipeline, Transform } from "node:stream";
import * as zlib from "node:zlib";
import { Zstd } from "@hpcc-js/wasm-zstd";
import { Decompress } from "fzstd";
import type { Compression } from "./format.ts";
import type { OutputBlock, TableEncoder } from "./table.ts";

/** Compressed bytes that are taken at a time: a hostile block of zstd of 4 bytes may stand for 128 KiB. */
const ZSTD_SLICE = 4096;

/** The bytes that `source` stands for. Errors of `source` are errors of what is returned. */
export function decompress(source: Readable, compression: Compression): Readable {
  const unpacking = compression === "gzip" ? zlib.createGunzip({ chunkSize: 1 << 18 }) : unpackZstd();
  pipeline(source, unpacking, () => {
    // The reader of `unpacking` gets the error.
  });
  return unpacking;
}

/** Node has zstd from 22.15 on, several times as fast as the pure JavaScript that serves before. */
function unpackZstd(): Transform {
  const native = (zlib as { readonly createZstdDecompress?: () => Transform }).createZstdDecompress;
  return native === undefined ? new ZstdTransform() : native();
}

class ZstdTransform extends Transform {
  readonly #decompress = new Decompress((data) => {
    if (data.length > 0) {
      this.push(data);
    }
  });

  override _transform(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    try {
      for (let at = 0; at < chunk.length; at += ZSTD_SLICE) {
        this.#decompress.push(chunk.subarray(at, at + ZSTD_SLICE));
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: (error?: Error) => void): void {
    try {
      this.#decompress.push(new Uint8Array(0), true);
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}

/**
 * Compresses what an encoder gives. Each piece is a gzip member or zstd frame of its own, so that a run that was interrupted
 * and resumed writes the same bytes as one that was not.
 */
export async function compressed(encoder: TableEncoder, compression: Compression): Promise<TableEncoder> {
  const pack = compression === "gzip" ? packGzip : packZstd(await Zstd.load());
  const packed = (bytes: Uint8Array) => (bytes.length === 0 ? bytes : pack(bytes));
  return {
    begin: () => packed(encoder.begin()),
    block: (block: OutputBlock) => packed(encoder.block(block)),
    end: () => packed(encoder.end()),
    state: () => encoder.state(),
    restore: (state) => encoder.restore(state),
  };
}

function packGzip(bytes: Uint8Array): Uint8Array {
  return zlib.gzipSync(bytes);
}

/** WebAssembly on every release of Node, so that the bytes do not depend on it. */
function packZstd(zstd: Zstd): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => zstd.compress(bytes);
}
