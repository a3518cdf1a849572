/** Calls whose message has not wholly arrived: they end after a while, and those that never become requests are told of. */
import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerListener,
  status as Status,
} from "@grpc/grpc-js";

/** A call before its first message. */
export interface Arrival {
  readonly path: string;
  /** By `performance.now()`. */
  readonly begin: number;
  readonly call: ServerInterceptingCallInterface;
}

/** How often calls are looked at. */
const CHECK_INTERVAL = 500;

export class Arrivals {
  readonly #timeout: number;
  readonly #onLost: (arrival: Arrival) => void;
  /** In the order in which they began. */
  readonly #waiting = new Set<Arrival>();
  readonly #check: NodeJS.Timeout;

  /**
   * @param timeout milliseconds in which the first message must have arrived
   * @param onLost told of each call that ended without one
   */
  constructor(timeout: number, onLost: (arrival: Arrival) => void) {
    this.#timeout = timeout;
    this.#onLost = onLost;
    this.#check = setInterval(() => this.#endLate(), CHECK_INTERVAL);
    this.#check.unref();
  }

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    const arrival: Arrival = { path, begin: performance.now(), call };
    this.#waiting.add(arrival);
    const listener: ServerListener = {
      onReceiveMetadata: (metadata, next) => next(metadata),
      onReceiveMessage: (message, next) => {
        this.#waiting.delete(arrival);
        next(message);
      },
      onReceiveHalfClose: (next) => next(),
      // The end of every call, however it came about.
      onCancel: () => {
        if (this.#waiting.delete(arrival)) {
          this.#onLost(arrival);
        }
      },
    };
    return new ServerInterceptingCall(call, { start: (next) => next(listener) });
  };

  close(): void {
    clearInterval(this.#check);
  }

  #endLate(): void {
    const oldest = performance.now() - this.#timeout;
    for (const { begin, call } of this.#waiting) {
      if (begin > oldest) {
        return;
      }
      call.sendStatus({
        code: Status.DEADLINE_EXCEEDED,
        details: `the message took longer than ${this.#timeout} ms to arrive`,
      });
    }
  }
}
