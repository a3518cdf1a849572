/** One worker of a pool: what it is scoring, and the memory that its blocks pass through. */
import type { Block } from "./job.ts";
import type { Port } from "./platform.ts";
import type { ScoredMessage, ScoreMessage } from "./protocol.ts";

/** Memory of one block on its way through a worker. Kept for later blocks. */
interface Slot {
  rows: Float32Array;
  out: Float32Array;
}

interface Flight {
  readonly block: Block;
  readonly slot: Slot;
}

export class Member {
  /** Tells whether the worker started: `undefined`, or why it did not. */
  readonly started: Promise<{ readonly error: unknown } | undefined>;
  port: Port | undefined;
  ready = false;
  hasTrees = false;
  /** Blocks under way, the oldest first: that is the one being scored. */
  readonly flights: Flight[] = [];
  readonly #idle: Slot[] = [];
  readonly #sharesMemory: boolean;
  #settleStart: (failure?: { readonly error: unknown }) => void = () => undefined;

  constructor(sharesMemory: boolean) {
    this.#sharesMemory = sharesMemory;
    this.started = new Promise((resolve) => {
      this.#settleStart = resolve;
    });
  }

  becomeReady(): void {
    this.ready = true;
    this.#settleStart();
  }

  /** Returns the blocks that it did not finish. */
  die(error: unknown): Block[] {
    this.#settleStart({ error });
    return this.flights.splice(0).map((flight) => flight.block);
  }

  /** Fills a block's rows into memory that the worker can reach, and posts it. Throws what filling throws. */
  send(block: Block): void {
    const { job, begin, end } = block;
    const { features, groups, plan, room, source, base } = job.task;
    const count = end - begin;
    const slot = this.#idle.pop() ?? { rows: new Float32Array(0), out: new Float32Array(0) };
    slot.out = this.#fit(slot.out, count * room);
    let rows = sharedPart(source.direct, begin * features, end * features);
    if (rows === undefined || !this.#sharesMemory) {
      slot.rows = this.#fit(slot.rows, count * features);
      rows = slot.rows;
      job.fill(block, rows);
    }
    const message: ScoreMessage = {
      type: "score",
      plan,
      count,
      rows,
      // A copy of its own: posting part of an array would copy all of it.
      base: base?.slice(begin * groups, end * groups),
      out: slot.out,
      cancelled: job.cancelled,
    };
    this.flights.push({ block, slot });
    this.port!.post(
      message,
      this.#sharesMemory ? [] : [rows.buffer as ArrayBuffer, slot.out.buffer as ArrayBuffer],
    );
  }

  /** The oldest block is answered. */
  land(message: ScoredMessage): Block | undefined {
    const flight = this.flights.shift();
    if (flight === undefined) {
      return undefined;
    }
    const { block, slot } = flight;
    slot.rows = message.rows ?? slot.rows;
    slot.out = message.out ?? slot.out;
    if (!block.job.settled) {
      block.job.accept(block, slot.out);
    }
    this.#idle.push(slot);
    return block;
  }

  #fit(array: Float32Array, length: number): Float32Array {
    if (array.length >= length) {
      return array;
    }
    return new Float32Array(
      (this.#sharesMemory ? new SharedArrayBuffer(4 * length) : new ArrayBuffer(4 * length)) as ArrayBuffer,
    );
  }
}

/** Part of rows that workers can read where they are. */
function sharedPart(rows: Float32Array | undefined, begin: number, end: number): Float32Array | undefined {
  const shared =
    rows !== undefined &&
    typeof SharedArrayBuffer === "function" &&
    (rows.buffer as ArrayBuffer | SharedArrayBuffer) instanceof SharedArrayBuffer;
  return shared ? rows.subarray(begin, end) : undefined;
}
