/** apache-arrow, loaded when the first Arrow table comes: it takes a fifth of a second, which no other format should pay. */
import { createRequire } from "node:module";
import type * as Arrow from "apache-arrow";
import type { FileBlock, Footer } from "apache-arrow/ipc/metadata/file";
import type { Message } from "apache-arrow/ipc/metadata/message";
import { decompressZstd } from "../parquet/decompress.ts";
import { decompressLz4Frame } from "./lz4-frame.ts";

interface Library {
  readonly arrow: typeof Arrow;
  readonly Message: typeof Message;
  readonly Footer: typeof Footer;
  readonly FileBlock: typeof FileBlock;
}

let library: Library | undefined;

export function loadArrow(): Library {
  library ??= load();
  return library;
}

function load(): Library {
  const require = createRequire(import.meta.url);
  const arrow = require("apache-arrow") as typeof Arrow;
  const { LZ4_FRAME, ZSTD } = arrow.CompressionType;
  arrow.compressionRegistry.set(LZ4_FRAME, { decode: decompressLz4Frame });
  arrow.compressionRegistry.set(ZSTD, { decode: (bytes) => aligned(decompressZstd(bytes)) });
  return {
    arrow,
    ...(require("apache-arrow/ipc/metadata/message") as { readonly Message: typeof Message }),
    ...(require("apache-arrow/ipc/metadata/file") as Pick<Library, "Footer" | "FileBlock">),
  };
}

/** Columns of eight bytes a value are views, which must begin at a multiple of eight. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
}
