import type { BlockPayload } from "../table.ts";

/** The bytes of a block of text. */
export function textBytes(payload: BlockPayload): Uint8Array {
  if (payload.kind !== "text") {
    throw new TypeError(`a block is ${payload.kind}, expected text`);
  }
  return payload.bytes;
}
