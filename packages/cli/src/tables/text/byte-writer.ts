/** Bytes of text that grow as they are written. */
import { float32Text } from "./float32-text.ts";

const FIRST = 1 << 16;
/** Longer texts are left to the runtime, which has a cost a call. */
const SHORT = 48;

export class ByteWriter {
  #bytes = Buffer.alloc(FIRST);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  text(text: string): void {
    const count = text.length;
    this.#reserve(3 * count);
    if (count <= SHORT) {
      const bytes = this.#bytes;
      const at = this.#length;
      let i = 0;
      for (; i < count; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) {
          break;
        }
        bytes[at + i] = code;
      }
      if (i === count) {
        this.#length += count;
        return;
      }
    }
    this.#length += this.#bytes.write(text, this.#length, "utf8");
  }

  /** A finite number. */
  float32(value: number): void {
    this.#reserve(32);
    this.#length = float32Text(value, this.#bytes, this.#length);
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  #reserve(count: number): void {
    if (this.#length + count > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(2 * this.#bytes.length, this.#length + count));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
  }
}
