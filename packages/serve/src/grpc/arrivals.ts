/** Calls whose message has not wholly arrived: they end after a while, and those that never become requests are told of. */
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerListener,
  status as Status,
} from "@grpc/grpc-js";
import type { Failure } from "../failure.ts";
import { STATUS } from "./status.ts";

/** A call before its first message. */
export interface Arrival {
  readonly path: string;
  /** By `performance.now()`. */
  readonly begin: number;
  readonly call: ServerInterceptingCallInterface;
  /** Why it was refused before its message came. */
  refusal: Failure | undefined;
}

/** What becomes of a call by its metadata; `undefined` where it may go on. */
export type Admission = (path: string, metadata: Metadata) => Failure | undefined;

/** How often calls are looked at. */
const CHECK_INTERVAL = 500;

export class Arrivals {
  readonly #timeout: number;
  readonly #admit: Admission;
  readonly #onLost: (arrival: Arrival) => void;
  /** In the order in which they began. */
  readonly #waiting = new Set<Arrival>();
  readonly #check: NodeJS.Timeout;

  /**
   * @param timeout milliseconds in which the first message must have arrived
   * @param admit looks at each call before its message
   * @param onLost told of each call that ended without one
   */
  constructor(timeout: number, admit: Admission, onLost: (arrival: Arrival) => void) {
    this.#timeout = timeout;
    this.#admit = admit;
    this.#onLost = onLost;
    this.#check = setInterval(() => this.#endLate(), CHECK_INTERVAL);
    this.#check.unref();
  }

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    const arrival: Arrival = { path, begin: performance.now(), call, refusal: undefined };
    this.#waiting.add(arrival);
    const listener: ServerListener = {
      onReceiveMetadata: (metadata, next) => {
        const refusal = this.#admit(path, metadata);
        if (refusal === undefined) {
          next(metadata);
          return;
        }
        arrival.refusal = refusal;
        call.sendStatus({ code: STATUS[refusal.kind], details: refusal.message });
      },
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
