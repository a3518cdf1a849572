/**
 * Memory for the many small arrays of a model: views of a few large buffers cost a third of the time and of the memory that a
 * buffer for each costs. What the arrays hold is to be written first.
 */
const SLAB_BYTES = 1 << 16;
/** What is larger gets a buffer of its own. */
const MAX_SHARED_BYTES = SLAB_BYTES / 8;

export class Slab {
  #buffer = new ArrayBuffer(0);
  #at = 0;

  /** Lets the memory be used again: the arrays made so far are worth nothing from here on. */
  clear(): void {
    this.#at = 0;
  }

  int32Array(length: number): Int32Array {
    if (4 * length > MAX_SHARED_BYTES) {
      return new Int32Array(length);
    }
    const start = this.#take(4 * length);
    return new Int32Array(this.#buffer, start, length);
  }

  float32Array(length: number): Float32Array {
    if (4 * length > MAX_SHARED_BYTES) {
      return new Float32Array(length);
    }
    const start = this.#take(4 * length);
    return new Float32Array(this.#buffer, start, length);
  }

  #take(bytes: number): number {
    if (this.#at + bytes > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(SLAB_BYTES);
      this.#at = 0;
    }
    const start = this.#at;
    this.#at = start + bytes;
    return start;
  }
}
