/** `xgboost-infer/browser`: Web Workers, made of a fake, and in Chromium where there is one, with and without shared memory. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type WebWorker, WorkerError, type WorkerEvent, WorkerPool } from "../src/browser/index.ts";
import { Booster } from "../src/index.ts";
import { firstDifference, readFixture } from "./support/fixtures.ts";
import { compileWorker } from "./support/pool.ts";

// Thousands of messages between threads: on a busy machine each waits its turn.
vi.setConfig({ testTimeout: 60_000 });

const MODEL = "3.4.1/breast-cancer/model.ubj";
const ROWS = 20_000;
const FEATURES = 30;
const DENSE = {
  data: Float32Array.from({ length: ROWS * FEATURES }, (_, i) => (i * 2654435761) % 997),
  rows: ROWS,
  cols: FEATURES,
};

describe("with workers made of threads", () => {
  let script: URL;
  beforeAll(() => {
    script = compileWorker("browser");
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const made: FakeWebWorker[] = [];

  /** A thread that has what of a Web Worker's scope is used. */
  class FakeWebWorker implements WebWorker {
    readonly thread: Worker;
    readonly transfers: number[] = [];

    constructor(url: URL) {
      const code = `
        const { parentPort } = require("node:worker_threads");
        globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
        globalThis.addEventListener = (type, listener) => parentPort.on(type, (data) => listener({ data }));
        import(${JSON.stringify(url.href)});`;
      this.thread = new Worker(code, { eval: true, execArgv: [] });
      made.push(this);
    }

    postMessage(message: unknown, transfer: ArrayBuffer[]): void {
      this.transfers.push(transfer.length);
      this.thread.postMessage(message, transfer);
    }

    addEventListener(type: string, listener: (event: WorkerEvent) => void): void {
      if (type === "message") {
        this.thread.on("message", (data) => listener({ data }));
      } else if (type === "error") {
        this.thread.on("error", ({ message }) => listener({ message }));
      }
    }

    terminate(): void {
      void this.thread.terminate();
    }
  }

  it.each([true, false])("cross-origin isolated: %s", async (isolated) => {
    vi.stubGlobal("crossOriginIsolated", isolated);
    made.length = 0;
    const createWorker = (): WebWorker => new FakeWebWorker(script);
    const pool = await WorkerPool.create(readFixture(MODEL), { workers: 2, createWorker });
    const found = await pool.predict(DENSE);
    expect(firstDifference(found.data, pool.booster.predict(DENSE).data)).toBe(-1);
    expect(found.shape).toEqual([ROWS]);
    expect(made.length).toBe(2);
    // The model is posted, then blocks: with their memory where it is not shared.
    for (const { transfers } of made) {
      expect(transfers.length).toBeGreaterThan(2);
      expect(new Set(transfers.slice(1))).toEqual(new Set([isolated ? 0 : 2]));
    }
    await pool.close();
  });

  it("without SharedArrayBuffer", async () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    const pool = await WorkerPool.create(readFixture(MODEL), {
      workers: 2,
      createWorker: () => new FakeWebWorker(script),
    });
    const { data } = await pool.predict(DENSE);
    expect(firstDifference(data, pool.booster.predict(DENSE).data)).toBe(-1);
    await pool.close();
  });

  it("a worker that fails is replaced", async () => {
    made.length = 0;
    let created = 0;
    const pool = await WorkerPool.create(readFixture(MODEL), {
      workers: 2,
      createWorker: () => {
        created++;
        return new FakeWebWorker(script);
      },
    });
    const call = pool.predict(DENSE);
    made[0]!.thread.emit("error", new Error("out of memory"));
    const { data } = await call;
    expect(firstDifference(data, pool.booster.predict(DENSE).data)).toBe(-1);
    expect(created).toBe(3);
    await pool.close();
  });

  it("where the page's policy forbids workers: a clear error", async () => {
    const create = WorkerPool.create(readFixture(MODEL), {
      createWorker: () => {
        throw new Error("Refused to create a worker");
      },
    });
    await expect(create).rejects.toBeInstanceOf(WorkerError);
    await expect(create).rejects.toThrow("no worker could start: Refused to create a worker");
  });
});

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** What the page posts back. */
interface Report {
  readonly isolated: boolean;
  readonly shared: boolean;
  readonly workers: number;
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly aborted: string;
  readonly error?: string;
}

const HAS_CHROMIUM = existsSync(CHROMIUM);

it("continuous integration has the browser that the tests below need", () => {
  expect(HAS_CHROMIUM || process.env["CI"] === undefined).toBe(true);
});

const LEFT_OUT = HAS_CHROMIUM ? "" : ` (left out: there is no ${CHROMIUM}; Debian's package chromium has it)`;

describe.skipIf(!HAS_CHROMIUM)(`in Chromium${LEFT_OUT}`, () => {
  const source = fileURLToPath(new URL("../src/", import.meta.url));
  let scripts: Map<string, Uint8Array>;
  let profile: string;
  let browser: ChildProcess | undefined;
  let server: Server | undefined;

  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), "xgboost-infer-chromium-"));
    const page = `
      import { WorkerPool } from ${JSON.stringify(`${source}browser/index.ts`)};
      const report = {};
      try {
        const model = new Uint8Array(await (await fetch("/model")).arrayBuffer());
        const data = Float32Array.from({ length: ${ROWS * FEATURES} }, (_, i) => (i * 2654435761) % 997);
        const dense = { data, rows: ${ROWS}, cols: ${FEATURES} };
        const pool = await WorkerPool.create(model, { workers: 2 });
        const controller = new AbortController();
        const dropped = pool.predict(dense, { signal: controller.signal }).catch((error) => error.name);
        controller.abort();
        report.aborted = await dropped;
        const result = await pool.predict(dense);
        report.isolated = crossOriginIsolated;
        report.shared = typeof SharedArrayBuffer === "function";
        report.workers = pool.workers;
        report.shape = result.shape;
        report.data = Array.from(result.data);
        await pool.close();
      } catch (error) {
        report.error = String(error?.stack ?? error);
      }
      await fetch("/report", { method: "POST", body: JSON.stringify(report) });`;
    const { outputFiles } = await build({
      stdin: { contents: page, resolveDir: source, sourcefile: "page.js" },
      bundle: true,
      format: "esm",
      target: "es2022",
      write: false,
    });
    const worker = await build({
      entryPoints: [`${source}browser/worker.ts`],
      bundle: true,
      format: "esm",
      target: "es2022",
      write: false,
    });
    scripts = new Map([
      ["/page.js", outputFiles[0]!.contents],
      ["/worker.js", worker.outputFiles[0]!.contents],
      ["/model", readFileSync(fileURLToPath(new URL(`../fixtures/${MODEL}`, import.meta.url)))],
    ]);
  });

  afterEach(async () => {
    if (browser?.exitCode === null && browser.signalCode === null) {
      const ended = once(browser, "exit");
      browser.kill();
      await ended;
    }
    server?.close();
    server?.closeAllConnections();
  });

  afterAll(() => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
  });

  /** Opens the page and waits for what it reports. */
  function visit(headers: Record<string, string>): Promise<Report> {
    return new Promise((resolve, reject) => {
      server = createServer((request, response) => {
        if (request.url === "/report") {
          const parts: Buffer[] = [];
          request.on("data", (part) => parts.push(part));
          request.on("end", () => {
            response.end();
            resolve(JSON.parse(Buffer.concat(parts).toString()));
          });
          return;
        }
        const file = scripts.get(request.url ?? "");
        const type = request.url?.endsWith(".js") ? "text/javascript" : "application/octet-stream";
        response.writeHead(file === undefined && request.url !== "/" ? 404 : 200, {
          "content-type": request.url === "/" ? "text/html" : type,
          ...headers,
        });
        response.end(
          request.url === "/" ? '<!doctype html><script type="module" src="/page.js"></script>' : file,
        );
      });
      server.listen(0, "127.0.0.1", () => {
        const { port } = server!.address() as AddressInfo;
        browser = spawn(
          CHROMIUM,
          [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            `--user-data-dir=${profile}`,
            `http://127.0.0.1:${port}/`,
          ],
          { stdio: "ignore" },
        );
        browser.on("error", reject);
      });
    });
  }

  const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
  const ISOLATED = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  };

  it.each([
    ["cross-origin isolated", ISOLATED, true],
    ["not isolated, without shared memory", {}, false],
    ["whose policy forbids blobs", { ...ISOLATED, "content-security-policy": POLICY }, true],
    ["whose policy forbids WebAssembly", { "content-security-policy": "default-src 'self'" }, false],
  ] as const)(
    "a page %s",
    async (_, headers, isolated) => {
      const report = await visit(headers);
      expect(report.error).toBeUndefined();
      expect(report).toMatchObject({
        isolated,
        shared: isolated,
        workers: 2,
        aborted: "AbortError",
        shape: [ROWS],
      });
      const wanted = Booster.load(readFixture(MODEL)).predict(DENSE).data;
      expect(firstDifference(Float32Array.from(report.data), wanted)).toBe(-1);
    },
    60_000,
  );

  it("a page whose policy forbids workers gets a clear error", async () => {
    const { error } = await visit({ "content-security-policy": "default-src 'self'; worker-src 'none'" });
    expect(error).toMatch(/^WorkerError: no worker could start: /);
  }, 60_000);
});
