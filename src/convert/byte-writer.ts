/** Bytes that grow; numbers are big-endian, as UBJSON has them. */
export class ByteWriter {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  /** Makes room for `count` bytes and returns where they start. */
  take(count: number): number {
    const start = this.length;
    const end = start + count;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.length = end;
    return start;
  }

  /** Of the bytes so far; valid until more are written. */
  get view(): DataView {
    return this.#view;
  }

  byte(value: number): void {
    const at = this.take(1);
    this.#bytes[at] = value;
  }

  bytes(values: Uint8Array): void {
    const at = this.take(values.length);
    this.#bytes.set(values, at);
  }

  ascii(text: string): void {
    const at = this.take(text.length);
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      bytes[at + i] = text.charCodeAt(i);
    }
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}
