/** Replies that clients do not take: their connections are closed, so that nobody holds memory by not reading. */
import type { Socket } from "node:net";

/** How often connections are looked at. */
const CHECK_INTERVAL = 500;

/** A client has a second more for each: large replies over slow lines are no attack. */
const BYTES_PER_SECOND = 1 << 20;

/** Replies that wait for all. Beyond, the connection that has waited longest is closed. */
const MAX_BYTES = 1 << 27;

/** Replies that a connection has not taken. */
interface Waiting {
  /** When the next of them must have been taken, by `performance.now()`. */
  end: number;
  bytes: number;
  replies: number;
}

export interface UnreadOptions {
  /** Milliseconds that a client has for a small reply. */
  readonly timeout: number;
  /** Bytes of several replies that may wait for one connection; infinite where clients may well ask for many at once. */
  readonly maxBytesOfOne: number;
  readonly onClosed: () => void;
}

export class Unread {
  readonly #options: UnreadOptions;
  /** In the order in which they began to wait. */
  readonly #waiting = new Map<Socket, Waiting>();
  readonly #check: NodeJS.Timeout;
  #bytes = 0;

  constructor(options: UnreadOptions) {
    this.#options = options;
    this.#check = setInterval(() => this.#closeLate(), CHECK_INTERVAL);
    this.#check.unref();
  }

  /**
   * A reply waits for a connection.
   * @returns to be called when it has been taken
   */
  add(socket: Socket, bytes: number): () => void {
    let of = this.#waiting.get(socket);
    if (of === undefined) {
      of = { end: 0, bytes: 0, replies: 0 };
      this.#waiting.set(socket, of);
      socket.once("close", () => this.#forget(socket));
    }
    of.replies++;
    this.#grow(of, bytes);
    if (of.replies === 1) {
      of.end = this.#endOf(of);
    }
    if (of.bytes > this.#options.maxBytesOfOne && of.replies > 1) {
      this.#close(socket);
    } else if (this.#bytes > MAX_BYTES) {
      this.#close(this.#waiting.keys().next().value!);
    }
    return () => this.#taken(socket, bytes);
  }

  close(): void {
    clearInterval(this.#check);
  }

  #endOf({ bytes }: Waiting): number {
    return performance.now() + this.#options.timeout + (1000 * bytes) / BYTES_PER_SECOND;
  }

  #grow(of: Waiting, bytes: number): void {
    of.bytes += bytes;
    this.#bytes += bytes;
  }

  #taken(socket: Socket, bytes: number): void {
    const of = this.#waiting.get(socket);
    if (of === undefined) {
      return;
    }
    this.#grow(of, -bytes);
    of.replies--;
    of.end = this.#endOf(of);
    if (of.replies === 0) {
      this.#forget(socket);
    }
  }

  #closeLate(): void {
    const now = performance.now();
    for (const [socket, { end }] of this.#waiting) {
      if (now > end) {
        this.#close(socket);
      }
    }
  }

  #close(socket: Socket): void {
    this.#forget(socket);
    this.#options.onClosed();
    socket.destroy();
  }

  #forget(socket: Socket): void {
    this.#bytes -= this.#waiting.get(socket)?.bytes ?? 0;
    this.#waiting.delete(socket);
  }
}
