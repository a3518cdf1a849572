/** Replies that clients do not take: their connections are closed, so that nobody holds memory by not reading. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How often connections are looked at. */
const CHECK_INTERVAL = 500;

/** A client has a second more for each: large replies over slow lines are no attack. */
const BYTES_PER_SECOND = 1 << 20;

/** Replies that wait for one connection. A client that sends a thousand requests at once and reads none of the replies would fill the memory. */
const MAX_BYTES_OF_ONE = 1 << 22;

/** Replies that wait for all. Beyond, the connection that has waited longest is closed. */
const MAX_BYTES = 1 << 27;

/** Replies that a connection has not taken. */
interface Waiting {
  /** When the first of them must have been taken, by `performance.now()`. */
  end: number;
  bytes: number;
  replies: number;
}

export class Unread {
  readonly #timeout: number;
  readonly #onClosed: () => void;
  /** In the order in which they began to wait. */
  readonly #waiting = new Map<Socket, Waiting>();
  readonly #check: NodeJS.Timeout;
  #bytes = 0;

  /** @param timeout milliseconds that a client has for a small reply */
  constructor(timeout: number, onClosed: () => void) {
    this.#timeout = timeout;
    this.#onClosed = onClosed;
    this.#check = setInterval(() => this.#closeLate(), CHECK_INTERVAL);
    this.#check.unref();
  }

  /** To be called after the end of each reply; most are with the system by then, and cost nothing here. */
  note(response: ServerResponse): void {
    const bytes = response.writableLength;
    // Replies that wait for others on their connection have no socket themselves.
    const { socket } = response.req;
    if (bytes === 0 || socket.destroyed) {
      return;
    }
    let of = this.#waiting.get(socket);
    if (of === undefined) {
      of = { end: this.#endOf(bytes), bytes: 0, replies: 0 };
      this.#waiting.set(socket, of);
      socket.once("close", () => this.#forget(socket));
    }
    of.replies++;
    this.#add(of, bytes);
    response.once("finish", () => this.#taken(socket, bytes));
    if (of.bytes > MAX_BYTES_OF_ONE && of.replies > 1) {
      this.#close(socket);
    } else if (this.#bytes > MAX_BYTES) {
      this.#close(this.#waiting.keys().next().value!);
    }
  }

  close(): void {
    clearInterval(this.#check);
  }

  #endOf(bytes: number): number {
    return performance.now() + this.#timeout + (1000 * bytes) / BYTES_PER_SECOND;
  }

  #add(of: Waiting, bytes: number): void {
    of.bytes += bytes;
    this.#bytes += bytes;
  }

  #taken(socket: Socket, bytes: number): void {
    const of = this.#waiting.get(socket);
    if (of === undefined) {
      return;
    }
    this.#add(of, -bytes);
    of.replies--;
    of.end = this.#endOf(of.bytes);
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
    this.#onClosed();
    socket.destroy();
  }

  #forget(socket: Socket): void {
    this.#bytes -= this.#waiting.get(socket)?.bytes ?? 0;
    this.#waiting.delete(socket);
  }
}
