/**
 * Parquet's hybrid of run lengths and packed bits, which levels and indices of dictionaries are written in: small integers of a
 * fixed number of bits. Values are read a few at a time, as rows are asked for.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */
export class HybridReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  readonly #width: number;
  #at: number;
  #left = 0;
  #packed = false;
  /** Of a run of one value. */
  #value = 0;
  /** Of a packed run: where its next value begins. */
  #bit = 0;

  /** @param width bits of a value, 0 to 32 */
  constructor(bytes: Uint8Array, begin: number, end: number, width: number) {
    if (begin > end || end > bytes.length || width > 32) {
      throw new RangeError("lengths in the page do not fit");
    }
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = begin;
    this.#end = end;
    this.#width = width;
  }

  /** The next `count` values, at the front of `out`. */
  read(out: Int32Array | Uint8Array, count: number): void {
    for (let done = 0; done < count; ) {
      if (this.#left === 0) {
        this.#nextRun();
        continue;
      }
      const take = Math.min(this.#left, count - done);
      if (this.#packed) {
        this.#unpack(out, done, take);
      } else {
        out.fill(this.#value, done, done + take);
      }
      this.#left -= take;
      done += take;
    }
  }

  /** Goes past the next `count` values. */
  skip(count: number): void {
    for (let left = count; left > 0; ) {
      if (this.#left === 0) {
        this.#nextRun();
        continue;
      }
      const take = Math.min(this.#left, left);
      if (this.#packed) {
        this.#bit += take * this.#width;
      }
      this.#left -= take;
      left -= take;
    }
  }

  #nextRun(): void {
    const header = this.#varint();
    const count = header >>> 1;
    this.#packed = (header & 1) === 1;
    if (this.#packed) {
      // The last run may leave out what stands for no value.
      const room = (this.#end - this.#at) * 8;
      this.#left = this.#width === 0 ? count * 8 : Math.min(count * 8, Math.floor(room / this.#width));
      this.#bit = this.#at * 8;
      this.#at = Math.min(this.#end, this.#at + count * this.#width);
    } else {
      this.#left = count;
      this.#value = 0;
      for (let shift = 0; shift < this.#width; shift += 8) {
        this.#value |= this.#byte() << shift;
      }
    }
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value >>> 0;
      }
      if (shift > 28) {
        throw new RangeError("a length in the page is damaged");
      }
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) {
      throw new RangeError("the page ends before its values do");
    }
    return this.#bytes[this.#at++]!;
  }

  #unpack(out: Int32Array | Uint8Array, from: number, count: number): void {
    const width = this.#width;
    const end = from + count;
    let at = from;
    if (width === 1) {
      at = unpackBits(this.#bytes, this.#bit, out, from, end);
    } else if (width <= 25) {
      at = unpackWords(this.#view, this.#bit, width, out, from, end);
    }
    unpackAny(this.#bytes, this.#bit + (at - from) * width, width, out, at, end);
    this.#bit += count * width;
  }
}

/** Eight at a time, from the first whole byte on. @returns how far it came */
function unpackBits(
  bytes: Uint8Array,
  begin: number,
  out: Int32Array | Uint8Array,
  from: number,
  end: number,
): number {
  let bit = begin;
  let i = from;
  for (; i < end && (bit & 7) !== 0; i++, bit++) {
    out[i] = (bytes[bit >>> 3]! >> (bit & 7)) & 1;
  }
  for (let at = bit >>> 3; i + 8 <= end; i += 8, at++) {
    const byte = bytes[at]!;
    out[i] = byte & 1;
    out[i + 1] = (byte >> 1) & 1;
    out[i + 2] = (byte >> 2) & 1;
    out[i + 3] = (byte >> 3) & 1;
    out[i + 4] = (byte >> 4) & 1;
    out[i + 5] = (byte >> 5) & 1;
    out[i + 6] = (byte >> 6) & 1;
    out[i + 7] = byte >> 7;
  }
  return i;
}

/** As long as there are four bytes, which hold a value wherever in the first of them it begins. @returns how far it came */
function unpackWords(
  view: DataView,
  begin: number,
  width: number,
  out: Int32Array | Uint8Array,
  from: number,
  end: number,
): number {
  const mask = (1 << width) - 1;
  const last = view.byteLength - 4;
  let i = from;
  for (let bit = begin; i < end; i++, bit += width) {
    const at = bit >>> 3;
    if (at > last) {
      break;
    }
    out[i] = (view.getUint32(at, true) >>> (bit & 7)) & mask;
  }
  return i;
}

function unpackAny(
  bytes: Uint8Array,
  begin: number,
  width: number,
  out: Int32Array | Uint8Array,
  from: number,
  end: number,
): void {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  for (let i = from, bit = begin; i < end; i++, bit += width) {
    const at = bit >>> 3;
    const shift = bit & 7;
    let value =
      (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> shift;
    if (shift + width > 32) {
      value |= bytes[at + 4]! << (32 - shift);
    }
    out[i] = value & mask;
  }
}
