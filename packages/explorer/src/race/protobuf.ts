/** The few lines of Protocol Buffers' wire format that a model needs: varints, and fields with a length. */

const encoder = new TextEncoder();

/** A varint; numbers are at least 0 and below 2^53. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) | 128);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
  return bytes;
}

/** Packed varints. */
export function intField(values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap(varint));
}

/** Packed little-endian float32. */
export function floatField(values: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => void bytes.setFloat32(4 * i, value, true));
  return new Uint8Array(bytes.buffer);
}

export function bytesField(text: string): Uint8Array {
  return encoder.encode(text);
}

/** One message. */
export class ProtoWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  int(field: number, value: number): void {
    this.#add(Uint8Array.from([...varint(field * 8), ...varint(value)]));
  }

  text(field: number, value: string): void {
    this.bytes(field, encoder.encode(value));
  }

  /** Bytes, a text, a message or a packed list. */
  bytes(field: number, value: Uint8Array): void {
    this.#add(Uint8Array.from([...varint(field * 8 + 2), ...varint(value.length)]));
    this.#add(value);
  }

  finish(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}
