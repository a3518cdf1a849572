/** A contender that runs in Node: answers the commands of `bench/rivals/README.md` on standard input. */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface Meta {
  readonly rows: number;
  readonly features: number;
  readonly outputs: number;
  readonly objective: string;
}

/** A workload on disk. */
export interface Files {
  readonly folder: string;
  readonly meta: Meta;
  readonly data: Float32Array;
  /** Views of `data`, one a row. */
  readonly rows: readonly Float32Array[];
}

/** Calls may be asynchronous: where one gives a promise, the next waits for it. */
export interface Loaded {
  readonly version: string;
  readonly note?: string;
  /** Every which value counts, the last of each group: 2 where both classes of two get a probability. */
  readonly stride?: number;
  /** Scores one row; its values, which may be overwritten by the next call. */
  readonly single: (row: number) => ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Scores all rows. */
  readonly batch: () => ArrayLike<number> | Promise<ArrayLike<number>>;
}

type Load = (files: Files) => Loaded | Promise<Loaded>;

interface Reply {
  readonly [key: string]: unknown;
}

function readFiles(folder: string): Files {
  const meta = JSON.parse(readFileSync(`${folder}/meta.json`, "utf8")) as Meta;
  const bytes = readFileSync(`${folder}/rows.f32`);
  const data = new Float32Array(new Uint8Array(bytes).buffer);
  const rows = Array.from({ length: meta.rows }, (_, row) =>
    data.subarray(row * meta.features, (row + 1) * meta.features),
  );
  return { folder, meta, data, rows };
}

/** Serves the contender named by the first argument on the folder named by the second. */
export async function serve(contenders: Readonly<Record<string, Load>>): Promise<void> {
  const [, , name = "", folder = ""] = process.argv;
  let child: Child | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "quit") {
      break;
    }
    let reply: Reply;
    try {
      if (child === undefined) {
        const load = contenders[name];
        if (load === undefined) {
          throw new Error(`unknown contender ${name}`);
        }
        const files = readFiles(folder);
        child = new Child(files, await load(files));
      }
      reply = await child.answer(line);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

class Child {
  readonly #files: Files;
  readonly #loaded: Loaded;
  #next = 0;
  /** Takes a value of every answer, so that nothing that is computed can be optimised away. */
  #sink = 0;

  constructor(files: Files, loaded: Loaded) {
    this.#files = files;
    this.#loaded = loaded;
  }

  async answer(line: string): Promise<Reply> {
    const [command, kind = "", count = "", ...path] = line.split(" ");
    switch (command) {
      case "load":
        return { ok: true, version: this.#loaded.version, note: this.#loaded.note };
      case "check":
        writeFileSync(path.join(" "), new Uint8Array((await this.#values(kind, Number(count))).buffer));
        return { ok: true };
      case "run":
        return await this.#timed(kind, Number(count));
      default:
        throw new Error(`unknown command ${command}`);
    }
  }

  async #values(kind: string, count: number): Promise<Float32Array> {
    const { outputs } = this.#files.meta;
    const { stride = 1, single, batch } = this.#loaded;
    const all = kind === "batch" ? await batch() : [];
    const values = new Float32Array(count * outputs);
    for (let row = 0; row < count; row++) {
      const scored = kind === "batch" ? all : await single(row);
      const from = kind === "batch" ? row * outputs : 0;
      for (let output = 0; output < outputs; output++) {
        values[row * outputs + output] = scored[(from + output) * stride + stride - 1]!;
      }
    }
    return values;
  }

  async #timed(kind: string, calls: number): Promise<Reply> {
    const { single, batch } = this.#loaded;
    const { rows } = this.#files.meta;
    const cpu = process.cpuUsage();
    const wall = process.hrtime.bigint();
    for (let call = 0; call < calls; call++) {
      let scored = kind === "single" ? single(this.#next) : batch();
      if (scored instanceof Promise) {
        scored = await scored;
      }
      this.#sink += scored[0]!;
      this.#next = this.#next + 1 === rows ? 0 : this.#next + 1;
    }
    const elapsed = Number(process.hrtime.bigint() - wall) / 1e9;
    const used = process.cpuUsage(cpu);
    return { wall: elapsed, cpu: (used.user + used.system) / 1e6, sink: this.#sink };
  }
}
