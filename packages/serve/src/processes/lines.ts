/** Whole lines of what a process writes. */

/** Longer lines than any of the log. */
const MAX_REST = 1 << 20;

export class Lines {
  readonly #write: (lines: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** @param write is given one or more lines at a time, each with its end */
  constructor(write: (lines: string) => void) {
    this.#write = write;
  }

  add(chunk: Uint8Array): void {
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf("\n") + 1;
    this.#rest = text.slice(end);
    if (end > 0) {
      this.#write(text.slice(0, end));
    }
    if (this.#rest.length > MAX_REST) {
      this.end();
    }
  }

  /** What is left is a line, too: that of a process that was killed while it wrote is not whole, and left out. */
  end(): void {
    if (this.#rest.startsWith("{") && !this.#rest.endsWith("}")) {
      this.#rest = "";
    }
    if (this.#rest !== "") {
      this.#write(`${this.#rest}\n`);
      this.#rest = "";
    }
  }
}
