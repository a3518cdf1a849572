/** Bytes → model: recognises the format by its content, never by a name. */
import { InputError, ModelFormatError, UnsupportedModelError } from "../errors.ts";
import { buildModel, type ModelParts } from "../model/builder.ts";
import type { UnreadModel } from "../model/model.ts";
import { ByteReader } from "./byte-reader.ts";
import { readDocument, treesOf } from "./document.ts";
import { type DumpOptions, isJsonDump, readJsonDump } from "./dump.ts";
import { type JsonValue, parseJson, parseJsonModel } from "./json.ts";
import { readLegacyBinary } from "./legacy-binary.ts";
import { decodeUtf8 } from "./text.ts";
import { looksLikeTextDump, readTextDump } from "./text-dump.ts";
import { parseUbjson, parseUbjsonModel } from "./ubjson.ts";
import type { PartlyRead, TreeFinder } from "./unread-list.ts";

export type ModelFormat = "json" | "ubjson" | "binary" | "json-dump" | "text-dump";

declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const SNAPSHOT_MAGIC = "CONFIG-offset:";
const BINARY_MAGIC = "binf";
const BASE64_MAGIC = "bs64";

/**
 * Bytes or text of a model file, or an already parsed JSON document. `dump` is needed for dumps only.
 * @param finder where there is one that is faster than what this folder has
 */
export function parseModel(
  source: Uint8Array | ArrayBuffer | string | object,
  dump?: DumpOptions,
  finder?: TreeFinder,
): UnreadModel {
  return buildModel(readParts(source, dump, finder));
}

function readParts(
  source: Uint8Array | ArrayBuffer | string | object,
  dump: DumpOptions | undefined,
  finder: TreeFinder | undefined,
): ModelParts {
  if (typeof source === "string") {
    return readBytes(new TextEncoder().encode(source), dump, finder);
  }
  if (isArrayBuffer(source)) {
    return readBytes(bytesOf(source, 0, source.byteLength), dump, finder);
  }
  if (ArrayBuffer.isView(source)) {
    // Of a Buffer as well: its `subarray` takes many times as long as that of a plain array.
    return readBytes(bytesOf(source.buffer, source.byteOffset, source.byteLength), dump, finder);
  }
  if (typeof source === "object" && source !== null) {
    return readParsed(source as JsonValue, dump);
  }
  throw new InputError(`a model is bytes, text or a parsed JSON document, found ${typeof source}`);
}

/** An empty buffer may be a detached one, of which no view can be made. */
function bytesOf(buffer: ArrayBufferLike, start: number, length: number): Uint8Array {
  return length === 0 ? new Uint8Array(0) : new Uint8Array(buffer, start, length);
}

/** By tag rather than `instanceof`, so that buffers of other realms (workers, frames, tests) and shared ones count. */
function isArrayBuffer(source: object): source is ArrayBuffer {
  const tag = Object.prototype.toString.call(source);
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]";
}

/** A document, a dump, or the list of texts that `get_dump` returns. */
function readParsed(document: JsonValue, dump: DumpOptions | undefined): ModelParts {
  if (Array.isArray(document) && document.length > 0 && document.every((item) => typeof item === "string")) {
    const texts = document as string[];
    const text = looksLikeTextDump(texts[0]!) ? texts.join("\n") : `[${texts.join(",")}]`;
    return readBytes(new TextEncoder().encode(text), dump);
  }
  return isJsonDump(document) ? readJsonDump(document, dump) : readDocument(document);
}

function readBytes(bytes: Uint8Array, dump: DumpOptions | undefined, finder?: TreeFinder): ModelParts {
  switch (detectFormat(bytes)) {
    case "json":
      return readParsed(readJson(bytes, finder), dump);
    case "ubjson":
      return readDocument(readUbjson(bytes, finder));
    case "text-dump":
      return readTextDump(decodeUtf8(withoutLeadingSpace(bytes)), dump);
    case "snapshot":
      return readLegacySnapshot(bytes);
    case "binary":
      return readLegacyBinary(new ByteReader(bytes, true, BINARY_MAGIC.length));
    case "headerless-binary":
      return readLegacyBinary(new ByteReader(bytes, true));
  }
}

/** `json` covers dumps in JSON, which differ in content only. */
type Detected = "json" | "ubjson" | "text-dump" | "snapshot" | "binary" | "headerless-binary";

export function detectFormat(bytes: Uint8Array): Detected {
  const start = latin1(bytes.subarray(0, 64));
  const text = latin1(withoutLeadingSpace(bytes).subarray(0, 64));
  if (start.startsWith(BINARY_MAGIC)) {
    return "binary";
  }
  if (start.startsWith(SNAPSHOT_MAGIC)) {
    return "snapshot";
  }
  if (start.startsWith(BASE64_MAGIC)) {
    throw new UnsupportedModelError("base64 binary models (bs64)", "save the model as JSON or UBJSON");
  }
  if (/^(?:\{\s*["}]|\[\s*["{\]])/.test(text)) {
    return "json";
  }
  if (/^\{[L}]/.test(start)) {
    return "ubjson";
  }
  if (looksLikeTextDump(text)) {
    return "text-dump";
  }
  if (looksLikeLegacyBinary(bytes)) {
    return "headerless-binary";
  }
  throw new ModelFormatError(
    "byte 0",
    `not an XGBoost model: expected JSON, UBJSON, the old binary format or a dump, found ${JSON.stringify(start.slice(0, 20))}`,
  );
}

/** Without a magic number only the contents can tell: an objective's name stands behind 136 bytes of parameters. */
function looksLikeLegacyBinary(bytes: Uint8Array): boolean {
  if (bytes.length < 152) {
    return false;
  }
  const reader = new ByteReader(bytes, true, 136);
  const length = reader.int64("objective");
  return length > 0 && length < 64 && /^[a-z][\w:]*$/i.test(latin1(bytes.subarray(144, 144 + length)));
}

function readJson(bytes: Uint8Array, finder: TreeFinder | undefined): JsonValue {
  const partly = parseJsonModel(bytes, finder);
  return willBeRead(partly) ? partly.document : parseJson(bytes);
}

function readUbjson(bytes: Uint8Array, finder: TreeFinder | undefined): JsonValue {
  const reader = new ByteReader(bytes, false);
  const partly = parseUbjsonModel(reader, finder);
  if (reader.remaining > 0) {
    reader.fail(`${reader.remaining} bytes follow the end of the document`);
  }
  return willBeRead(partly) ? partly.document : parseUbjson(new ByteReader(bytes, false));
}

/** Whether nothing is left unread but the trees of the model: all of a document is checked. */
function willBeRead({ document, unread }: PartlyRead): boolean {
  return unread.every((list) => list === treesOf(document));
}

/** Pickle payload of 1.0 to 1.2: magic, offset of the JSON configuration, binary model, configuration. */
function readLegacySnapshot(bytes: Uint8Array): ModelParts {
  const reader = new ByteReader(bytes, true, SNAPSHOT_MAGIC.length);
  const length = reader.length(1, "model before the configuration");
  const start = reader.offset;
  const model = bytes.subarray(start, start + length);
  const magic = latin1(model.subarray(0, BINARY_MAGIC.length)) === BINARY_MAGIC ? BINARY_MAGIC.length : 0;
  return readLegacyBinary(new ByteReader(bytes.subarray(0, start + length), true, start + magic));
}

/** Without the byte order mark and the white space that texts may start with. */
function withoutLeadingSpace(bytes: Uint8Array): Uint8Array {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[at] === 32 || (bytes[at]! >= 9 && bytes[at]! <= 13)) {
    at++;
  }
  return bytes.subarray(at);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
