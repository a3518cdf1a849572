/** What of WebAssembly is used; declared here because the core compiles without any platform's types. */

export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  /** Takes effect on `buffer`, which is another one afterwards. */
  grow(pages: number): number;
}

interface Platform {
  readonly WebAssembly?: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
    readonly Memory: new (descriptor: { initial: number }) => LinearMemory;
  };
}

export const PAGE_BYTES = 65536;
const CACHE_LINE = 64;

const compiled = new Map<string, object>();

/**
 * The module of a kernel in hexadecimal, compiled once; `undefined` where WebAssembly or what the kernel needs of it (SIMD) is
 * absent, or a page's policy forbids it.
 */
export function compileKernel(kernel: string): object | undefined {
  const { WebAssembly } = globalThis as Platform;
  let module = compiled.get(kernel);
  if (module === undefined && WebAssembly !== undefined) {
    try {
      module = new WebAssembly.Module(fromHexadecimal(kernel));
      compiled.set(kernel, module);
    } catch {
      // Other engines give the same bits.
      return undefined;
    }
  }
  return module;
}

/** Without a text for each byte: this runs once, before anything is compiled. */
function fromHexadecimal(text: string): Uint8Array {
  const digitAt = (at: number): number => {
    const code = text.charCodeAt(at);
    return (code & 15) + (code > 57 ? 9 : 0);
  };
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = 16 * digitAt(2 * i) + digitAt(2 * i + 1);
  }
  return bytes;
}

/** Linear memory, or nothing where the platform does not have as much: 4 GiB at most, often less. */
export function allocateMemory(bytes: number): LinearMemory | undefined {
  try {
    return new (globalThis as Platform).WebAssembly!.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  } catch {
    return undefined;
  }
}

/** Linear memory that begins with these bytes, or nothing where the platform does not have as much. */
export function memoryOf(bytes: Uint8Array): LinearMemory | undefined {
  const memory = allocateMemory(bytes.length);
  if (memory !== undefined) {
    new Uint8Array(memory.buffer).set(bytes);
  }
  return memory;
}

/** The kernel's functions, working on a memory. */
export function instantiate(module: object, memory: LinearMemory): unknown {
  return new (globalThis as Platform).WebAssembly!.Instance(module, { env: { memory } }).exports;
}

/** Hands out addresses, each at the start of a cache line. */
export class Arena {
  size: number;

  constructor(start: number) {
    this.size = start;
  }

  take(bytes: number): number {
    const start = this.size;
    this.size = Math.ceil((start + bytes) / CACHE_LINE) * CACHE_LINE;
    return start;
  }
}

/** One memory, seen as each type. */
export class Views {
  readonly bytes: Uint8Array;
  readonly signedBytes: Int8Array;
  readonly shorts: Uint16Array;
  readonly signedShorts: Int16Array;
  readonly words: Uint32Array;
  readonly floats: Float32Array;

  constructor(buffer: ArrayBuffer) {
    this.bytes = new Uint8Array(buffer);
    this.signedBytes = new Int8Array(buffer);
    this.shorts = new Uint16Array(buffer);
    this.signedShorts = new Int16Array(buffer);
    this.words = new Uint32Array(buffer);
    this.floats = new Float32Array(buffer);
  }
}
