/** Pools for tests: over fake workers, which run in this thread and do what a test tells them, and over real ones. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { threadId, Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import { nodePlatform } from "../../src/node/platform.ts";
import type { Limits } from "../../src/pool/cost.ts";
import type { Listener, Platform, Port } from "../../src/pool/platform.ts";
import { ModelPool, type PoolOptions, type PoolSource } from "../../src/pool/pool.ts";
import type { FromWorker, ScoreMessage, ToWorker } from "../../src/pool/protocol.ts";
import { serve } from "../../src/pool/serve.ts";

/** So small that a few rows make several blocks, and that nothing is scored in the calling thread. */
export const TINY_BLOCKS: Limits = { blockWalks: 40, localWalks: 0 };

export class TestPool extends ModelPool {
  static async create(
    source: PoolSource,
    platform: Platform,
    options: PoolOptions = {},
    limits: Limits = TINY_BLOCKS,
  ): Promise<TestPool> {
    const pool = new TestPool(source, options, platform, 2, limits);
    await pool.start();
    return pool;
  }
}

/** Compiles a worker's script, as the build would: tests run from the sources. The file's name tells its contents. */
export function compileWorker(folder: "node" | "browser"): URL {
  const cache = fileURLToPath(new URL("../../.cache/workers/", import.meta.url));
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`../../src/${folder}/worker.ts`, import.meta.url))],
    write: false,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
  });
  const code = outputFiles[0]!.contents;
  const file = `${cache}${folder}-${createHash("sha256").update(code).digest("hex").slice(0, 16)}.mjs`;
  if (!existsSync(file)) {
    mkdirSync(cache, { recursive: true });
    const draft = `${file}.${process.pid}.${threadId}`;
    writeFileSync(draft, code);
    renameSync(draft, file);
  }
  return pathToFileURL(file);
}

export function realThreads(): Platform {
  const script = compileWorker("node");
  return nodePlatform(() => new Worker(script, { execArgv: [] }));
}

/** What becomes of a block that a fake worker is sent. */
export type Fate = "score" | "die" | "never";

export interface FakeOptions {
  readonly sharesMemory?: boolean;
  /** Decides by the block and how many blocks all workers together were sent before. */
  readonly fate?: (message: ScoreMessage, sent: number, worker: FakeWorker) => Fate;
  /** Decides by how many workers were started before. */
  readonly start?: (started: number) => "start" | "throw" | "die";
  /** Milliseconds before a worker takes a message. */
  readonly delay?: () => number;
}

export class FakeWorker implements Port {
  alive = true;
  needed = true;
  /** Blocks that were scored, and those that nobody wanted any more when their turn came. */
  scored = 0;
  dropped = 0;
  readonly setups: ToWorker[] = [];
  readonly scores: ScoreMessage[] = [];
  readonly #platform: FakePlatform;
  readonly #listener: Listener;
  readonly #receive: (message: ToWorker) => void;
  #inbox: Promise<void> = Promise.resolve();

  constructor(platform: FakePlatform, listener: Listener) {
    this.#platform = platform;
    this.#listener = listener;
    this.#receive = serve((message, transfer) => this.#answer(structuredClone(message, { transfer })));
  }

  post(message: ToWorker, transfer: ArrayBuffer[]): void {
    // As a real worker: it sees a copy, and what was transferred is gone here.
    const copy = structuredClone(message, { transfer });
    this.#inbox = this.#inbox.then(async () => {
      const delay = this.#platform.delay();
      await new Promise((resolve) => (delay > 0 ? setTimeout(resolve, delay) : setImmediate(resolve)));
      if (this.alive) {
        this.#take(copy);
      }
    });
  }

  async terminate(): Promise<void> {
    if (this.alive) {
      this.die(new Error("terminated"));
    }
  }

  keepAlive(needed: boolean): void {
    this.needed = needed;
  }

  die(error: unknown): void {
    this.alive = false;
    queueMicrotask(() => this.#listener.died(error));
  }

  #take(message: ToWorker): void {
    if (message.type === "setup") {
      this.setups.push(message);
      this.#receive(message);
      return;
    }
    this.scores.push(message);
    const fate = this.#platform.fateOf(message, this);
    if (fate === "die") {
      this.die(new Error("a test ended this worker"));
    } else if (fate === "score") {
      const dropped = message.cancelled !== undefined && message.cancelled[0] !== 0;
      this[dropped ? "dropped" : "scored"]++;
      this.#receive(message);
    }
  }

  #answer(message: FromWorker): void {
    queueMicrotask(() => this.alive && this.#listener.message(message));
  }
}

export class FakePlatform implements Platform {
  readonly sharesMemory: boolean;
  readonly workers: FakeWorker[] = [];
  readonly delay: () => number;
  readonly #options: FakeOptions;
  #sent = 0;

  constructor(options: FakeOptions = {}) {
    this.#options = options;
    this.sharesMemory = options.sharesMemory ?? true;
    this.delay = options.delay ?? (() => 0);
  }

  start(listener: Listener): Port {
    const how = this.#options.start?.(this.workers.length) ?? "start";
    const worker = new FakeWorker(this, listener);
    this.workers.push(worker);
    if (how === "throw") {
      throw new Error("threads are forbidden here");
    }
    if (how === "die") {
      worker.die(new Error("the script is not there"));
    }
    return worker;
  }

  fateOf(message: ScoreMessage, worker: FakeWorker): Fate {
    return this.#options.fate?.(message, this.#sent++, worker) ?? "score";
  }

  get live(): FakeWorker[] {
    return this.workers.filter((worker) => worker.alive);
  }
}
