import { ModelFormatError } from "../errors.ts";
import { Names } from "./text.ts";

/** A cursor over bytes that refuses to leave them. Lengths are checked before anything is allocated. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly view: DataView;
  readonly #names = new Names();
  offset: number;

  constructor(bytes: Uint8Array, littleEndian: boolean, offset = 0) {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  fail(problem: string): never {
    throw new ModelFormatError(`byte ${this.offset}`, problem);
  }

  /** Moves past `length` bytes and returns where they start. */
  take(length: number, what: string): number {
    const start = this.offset;
    if (length > this.bytes.length - start) {
      this.fail(`${what} needs ${length} bytes, ${this.bytes.length - start} are left`);
    }
    this.offset = start + length;
    return start;
  }

  uint8(what: string): number {
    return this.bytes[this.take(1, what)]!;
  }

  int8(what: string): number {
    return this.view.getInt8(this.take(1, what));
  }

  int16(what: string): number {
    return this.view.getInt16(this.take(2, what), this.littleEndian);
  }

  int32(what: string): number {
    return this.view.getInt32(this.take(4, what), this.littleEndian);
  }

  uint32(what: string): number {
    return this.view.getUint32(this.take(4, what), this.littleEndian);
  }

  float32(what: string): number {
    return this.view.getFloat32(this.take(4, what), this.littleEndian);
  }

  float64(what: string): number {
    return this.view.getFloat64(this.take(8, what), this.littleEndian);
  }

  /** A signed 64-bit integer as the nearest double. */
  int64(what: string): number {
    const at = this.take(8, what);
    const high = this.view.getInt32(this.littleEndian ? at + 4 : at, this.littleEndian);
    const low = this.view.getUint32(this.littleEndian ? at : at + 4, this.littleEndian);
    return high * 4294967296 + low;
  }

  /** A count of items of at least `itemBytes` bytes each: never more than the bytes that are left can hold. */
  length(itemBytes: number, what: string): number {
    const count = this.int64(what);
    if (count < 0 || count * itemBytes > this.remaining) {
      this.fail(`${what} claims ${count} items of ${itemBytes} bytes, ${this.remaining} bytes are left`);
    }
    return count;
  }

  text(length: number, what: string): string {
    const start = this.take(length, what);
    return this.#names.text(this.bytes, start, start + length);
  }

  int32Array(length: number, what: string): Int32Array {
    const start = this.take(4 * length, what);
    const out = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      out[i] = this.view.getInt32(start + 4 * i, this.littleEndian);
    }
    return out;
  }

  /** Float32 values bit for bit: they pass as integers, so that no NaN payload is touched. */
  float32Array(length: number, what: string): Float32Array {
    return new Float32Array(this.int32Array(length, what).buffer);
  }
}
