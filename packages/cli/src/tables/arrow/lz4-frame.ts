/**
 * LZ4 frames, which compressed buffers of Arrow are.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md
 */

const MAGIC = 0x184d2204;
const STORED = 0x80000000;
/** Bytes that a frame stands for, at most. */
const MAX_BYTES = 2 ** 30;

/** @throws RangeError for a frame that is damaged */
export function decompressLz4Frame(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC) {
    throw new RangeError("not an LZ4 frame");
  }
  const flags = view.getUint8(4);
  const hasSize = (flags & 8) !== 0;
  const hasDictionary = (flags & 1) !== 0;
  if (flags >> 6 !== 1 || hasDictionary) {
    throw new RangeError(`LZ4 frames with flags ${flags} are not supported`);
  }
  const blockChecksum = (flags & 16) === 0 ? 0 : 4;
  // A size that the frame claims is not to be believed.
  const output = new Output(bytes.length * 4);
  for (let at = hasSize ? 15 : 7; ; ) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) {
      return output.bytes();
    }
    const size = word & ~STORED;
    const block = bytes.subarray(at, at + size);
    if (block.length < size) {
      throw new RangeError("an LZ4 block is cut off");
    }
    if (word >= STORED) {
      output.copy(block);
    } else {
      unpackBlock(block, output);
    }
    at += size + blockChecksum;
  }
}

/** Blocks may refer to what earlier ones gave. */
function unpackBlock(block: Uint8Array, output: Output): void {
  let at = 0;
  const length = (nibble: number): number => {
    let sum = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; sum += byte) {
      if (at >= block.length) {
        throw new RangeError("an LZ4 length is cut off");
      }
      byte = block[at++]!;
    }
    return sum;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = length(token >> 4);
    if (at + literals > block.length) {
      throw new RangeError("LZ4 literals are cut off");
    }
    output.copy(block.subarray(at, at + literals));
    at += literals;
    if (at >= block.length) {
      return;
    }
    const distance = block[at]! | ((block[at + 1] ?? 0) << 8);
    at += 2;
    output.repeat(distance, length(token & 15) + 4);
  }
}

class Output {
  #bytes: Uint8Array;
  #length = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(Math.min(size, MAX_BYTES));
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  copy(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.#length) {
      throw new RangeError("an LZ4 match begins before the frame");
    }
    this.#makeRoom(count);
    const bytes = this.#bytes;
    let to = this.#length;
    for (let from = to - distance, end = to + count; to < end; ) {
      bytes[to++] = bytes[from++]!;
    }
    this.#length = to;
  }

  #makeRoom(count: number): void {
    const needed = this.#length + count;
    if (needed > MAX_BYTES) {
      throw new RangeError(`an LZ4 frame stands for more than ${MAX_BYTES} bytes`);
    }
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(MAX_BYTES, Math.max(needed, this.#bytes.length * 2)));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
  }
}
