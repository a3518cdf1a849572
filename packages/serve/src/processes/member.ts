/** A worker as the primary sees it. */
import type { Worker } from "node:cluster";
import { Failure } from "../failure.ts";
import type { MetricValues } from "../metrics/metrics.ts";
import { Lines } from "./lines.ts";
import type { Connections, FromWorker, Ports, QuestionKind, Questions, Start, ToWorker } from "./messages.ts";

export interface MemberEvents {
  /** Whether it is ready has changed. */
  changed(): void;
  /** The process has ended. */
  ended(member: Member, how: string): void;
  /** Lines of its log. */
  log(lines: string): void;
  /** What it writes otherwise: nothing, unless Node itself has something to say. */
  complaint(lines: string): void;
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Failure) => void;
  readonly timeout: NodeJS.Timeout;
}

/** An event loop that stands still for so long does not come back. */
const PING_TIMEOUT = 10_000;

export class Member {
  /** Resolves when it answers requests; rejects when it cannot start. */
  readonly listening: Promise<Ports>;
  readonly ended: Promise<void>;
  /** Whether it can score. */
  ready = false;
  /** It was told to leave: no requests come to it any more. */
  leaving = false;
  /** Its connections when it told them last. */
  connections: Connections = { http: 0, grpc: 0 };
  /** Its counters when it told them last. */
  metrics: MetricValues = [];
  readonly #worker: Worker;
  readonly #start: Start;
  readonly #events: MemberEvents;
  readonly #waiting = new Map<number, Waiting>();
  #listeningSince: number | undefined;
  #questions = 0;
  #failure: string | undefined;
  #onListening: (ports: Ports) => void = () => undefined;
  #onFailure: (error: Error) => void = () => undefined;

  constructor(worker: Worker, start: Start, events: MemberEvents) {
    this.#worker = worker;
    this.#start = start;
    this.#events = events;
    this.listening = new Promise((resolve, reject) => {
      this.#onListening = resolve;
      this.#onFailure = reject;
    });
    // Whoever waits for it is told; where nobody does, the end of the process says the same.
    this.listening.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      worker.once("exit", (code: number | null, signal: string | null) => {
        this.#end(this.#failure ?? (signal === null ? `ended with ${code}` : `killed by ${signal}`));
        resolve();
      });
    });
    worker.on("message", (message: FromWorker) => this.#receive(message));
    // Messages to a process that has just ended.
    worker.on("error", () => undefined);
    this.#forward(worker);
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Milliseconds for which it has answered requests. */
  get served(): number {
    return this.#listeningSince === undefined ? 0 : performance.now() - this.#listeningSince;
  }

  /** Whether it is there to answer requests, or will be. */
  get isListening(): boolean {
    return this.#listeningSince !== undefined && !this.leaving;
  }

  /** @throws Failure where it refuses, has ended, or does not answer in time */
  ask<Kind extends QuestionKind>(
    kind: Kind,
    ask: Questions[Kind]["ask"],
    timeout: number,
  ): Promise<Questions[Kind]["answer"]> {
    const id = this.#questions++;
    return new Promise((resolve, reject) => {
      const late = () => this.#settle(id)?.reject(new Failure("unavailable", "a process does not answer"));
      this.#waiting.set(id, {
        resolve: resolve as (answer: never) => void,
        reject,
        timeout: setTimeout(late, timeout),
      });
      this.#send({ type: "question", id, kind, ask });
    });
  }

  /** Tells it to answer what is under way and to end; ends it after `timeout` milliseconds. */
  async leave(timeout: number): Promise<void> {
    this.leaving = true;
    this.#events.changed();
    this.#send({ type: "leave" });
    const end = setTimeout(() => this.kill(), timeout);
    await this.ended;
    clearTimeout(end);
  }

  giveUp(connections: Connections): void {
    this.#send({ type: "giveUp", ...connections });
  }

  /** Asks how it is. One that does not answer for long is ended, and with it what hangs. */
  async ping(): Promise<void> {
    try {
      this.connections = await this.ask("ping", {}, PING_TIMEOUT);
    } catch {
      if (!this.#worker.isDead() && this.isListening) {
        this.#failure = `its event loop stood still for ${PING_TIMEOUT / 1000} s`;
        this.kill();
      }
    }
  }

  kill(): void {
    this.#worker.process.kill("SIGKILL");
  }

  #send(message: ToWorker): void {
    if (this.#worker.isConnected()) {
      this.#worker.send(message);
    }
  }

  #forward({ process: { stdout, stderr } }: Worker): void {
    const { log, complaint } = this.#events;
    for (const [stream, lines] of [
      [stdout, new Lines(log)],
      [stderr, new Lines(complaint)],
    ] as const) {
      stream?.on("data", (chunk: Buffer) => lines.add(chunk));
      stream?.on("end", () => lines.end());
    }
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "started":
        this.#send(this.#start);
        return;
      case "listening":
        this.#listeningSince = performance.now();
        this.ready = message.ready;
        this.#onListening(message);
        this.#events.changed();
        return;
      case "ready":
        this.ready = message.ready;
        this.#events.changed();
        return;
      case "failed":
        this.#failure = message.message;
        return;
      case "answer":
        this.#settle(message.id)?.resolve(message.answer as never);
        return;
      case "failure":
        this.#settle(message.id)?.reject(new Failure(message.kind, message.message));
        return;
      case "left":
        this.metrics = message.metrics;
        return;
      default:
        // Node's own, or of a release that is newer than this process.
        return;
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timeout);
    return waiting;
  }

  #end(how: string): void {
    this.ready = false;
    for (const id of [...this.#waiting.keys()]) {
      this.#settle(id)?.reject(new Failure("unavailable", "a process has ended"));
    }
    this.#onFailure(new Error(how));
    this.#events.ended(this, how);
  }
}
