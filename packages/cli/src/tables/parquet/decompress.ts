/** Codecs of Parquet's pages, and of Arrow's buffers: native ones where Node has them. */
import * as zlib from "node:zlib";
import { compressors } from "hyparquet-compressors";

type Decompress = (bytes: Uint8Array, size: number) => Uint8Array;

/** Node has zstd from 22.15 on. */
const nativeZstd = (zlib as { readonly zstdDecompressSync?: typeof zlib.gunzipSync }).zstdDecompressSync;

/** Limits the output, so that a few hostile bytes cannot stand for all memory. */
function limited(decompress: typeof zlib.gunzipSync): Decompress {
  return (bytes, size) => decompress(bytes, { maxOutputLength: Math.max(1, size) });
}

const CODECS: Readonly<Record<string, Decompress>> = {
  SNAPPY: compressors.SNAPPY!,
  GZIP: limited(zlib.gunzipSync),
  BROTLI: limited(zlib.brotliDecompressSync as typeof zlib.gunzipSync),
  ZSTD: nativeZstd === undefined ? compressors.ZSTD! : limited(nativeZstd),
  LZ4: compressors.LZ4!,
  LZ4_RAW: compressors.LZ4_RAW!,
};

/** Bytes of a page, at most: writers aim at a megabyte. */
const MAX_BYTES = 2 ** 28;

/**
 * @param size of what the bytes stand for
 * @throws Error for an unknown codec, or where the bytes do not stand for `size` others
 */
export function decompress(codec: string, bytes: Uint8Array, size: number): Uint8Array {
  if (codec === "UNCOMPRESSED") {
    return bytes;
  }
  const unpack = CODECS[codec];
  if (unpack === undefined) {
    throw new Error(`compression ${codec} is not supported`);
  }
  if (size > MAX_BYTES) {
    throw new Error(`${size} bytes in one piece are more than the ${MAX_BYTES} that are allowed`);
  }
  const unpacked = size === 0 ? new Uint8Array() : unpack(bytes, size);
  if (unpacked.length !== size) {
    throw new Error(`found ${unpacked.length} bytes where ${size} were announced`);
  }
  return unpacked;
}

/** A zstd frame of unknown size. */
export function decompressZstd(bytes: Uint8Array): Uint8Array {
  return CODECS["ZSTD"]!(bytes, MAX_BYTES);
}
