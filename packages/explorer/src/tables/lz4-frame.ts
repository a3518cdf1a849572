/**
 * LZ4 frames, which pandas and pyarrow write into Feather files unless told otherwise.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md, lz4_Block_format.md
 */

const MAGIC = 0x184d2204;

/** @throws RangeError for a damaged frame */
export function decompressLz4Frame(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint8(4);
  if (view.getUint32(0, true) !== MAGIC || flags >> 6 !== 1 || (flags & 1) !== 0) {
    throw new RangeError("a buffer is no LZ4 frame without a dictionary");
  }
  const checksum = (flags & 16) === 0 ? 0 : 4;
  const out = new Output(bytes.length * 4);
  let at = (flags & 8) === 0 ? 7 : 15;
  for (;;) {
    const head = view.getUint32(at, true);
    at += 4;
    if (head === 0) {
      return out.taken();
    }
    const length = head & 0x7fffffff;
    if (at + length > bytes.length) {
      throw new RangeError("an LZ4 frame ends too early");
    }
    const block = bytes.subarray(at, at + length);
    if (head >>> 31 === 1) {
      out.append(block);
    } else {
      decodeBlock(block, out);
    }
    at += length + checksum;
  }
}

function decodeBlock(block: Uint8Array, out: Output): void {
  let at = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; ) {
      byte = block[at++] ?? 0;
      length += byte;
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = extended(token >> 4);
    out.append(block.subarray(at, at + literals));
    at += literals;
    if (at >= block.length) {
      return;
    }
    const distance = block[at]! | (block[at + 1]! << 8);
    at += 2;
    out.repeat(distance, extended(token & 15) + 4);
  }
}

/** Bytes that grow, and of which parts are repeated. */
class Output {
  #bytes: Uint8Array;
  #length = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  append(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written `distance` bytes ago, again; it may overlap what it gives. */
  repeat(distance: number, length: number): void {
    if (distance === 0 || distance > this.#length) {
      throw new RangeError(`an LZ4 block refers ${distance} bytes back, there are ${this.#length}`);
    }
    this.#grow(length);
    const bytes = this.#bytes;
    for (let end = this.#length + length, at = this.#length; at < end; at++) {
      bytes[at] = bytes[at - distance]!;
    }
    this.#length += length;
  }

  taken(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(by: number): void {
    if (this.#length + by > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + by));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
  }
}
