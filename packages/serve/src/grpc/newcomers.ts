/** Connections that say nothing, or too little to be of HTTP/2, are closed after a while. */
import type { Socket } from "node:net";

/** How often connections are looked at. */
const CHECK_INTERVAL = 500;

/** The preface that each client sends at once, and the frame of settings behind it. */
const LEAST_BYTES = 24 + 9;

export class Newcomers {
  readonly #timeout: number;
  readonly #onClosed: () => void;
  /** When each came, by `performance.now()`; in this order. */
  readonly #sockets = new Map<Socket, number>();
  readonly #check: NodeJS.Timeout;

  constructor(timeout: number, onClosed: () => void) {
    this.#timeout = timeout;
    this.#onClosed = onClosed;
    this.#check = setInterval(() => this.#closeSilent(), CHECK_INTERVAL);
    this.#check.unref();
  }

  add(socket: Socket): void {
    this.#sockets.set(socket, performance.now());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  close(): void {
    clearInterval(this.#check);
  }

  #closeSilent(): void {
    const oldest = performance.now() - this.#timeout;
    for (const [socket, begin] of this.#sockets) {
      if (begin > oldest) {
        return;
      }
      this.#sockets.delete(socket);
      if (socket.bytesRead < LEAST_BYTES) {
        this.#onClosed();
        socket.destroy();
      }
    }
  }
}
