/** The real service on free ports, with a repository of its own, and a client for it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withDefaults } from "../../src/config/read-config.ts";
import type { Config } from "../../src/config/settings.ts";
import { openLog } from "../../src/log/logger.ts";
import { Service } from "../../src/service.ts";

export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

export interface Running {
  readonly service: Service;
  readonly directory: string;
  readonly logFile: string;
  send(path: string, options?: SendOptions): Promise<Answer>;
  admin(path: string, options?: SendOptions): Promise<Answer>;
  flushLog(): void;
  stop(): Promise<void>;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** JSON unless it is text or bytes. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  /** The body as JSON; throws where it is none. */
  json<Value = Record<string, unknown>>(): Value;
}

/** Files of a repository by path. */
export type Repository = Readonly<Record<string, string | Uint8Array>>;

export async function startService(files: Repository, settings: Partial<Config> = {}): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-serve-"));
  const directory = join(folder, "models");
  const logFile = join(folder, "log");
  mkdirSync(directory);
  for (const [path, content] of Object.entries(files)) {
    put(join(directory, path), content);
  }
  const config = withDefaults({
    modelRepository: directory,
    port: 0,
    grpcPort: 0,
    adminPort: 0,
    logFile,
    settleTime: 30,
    drainTimeout: 100,
    // Its event loop is that of the test, which keeps it busy for longer than a service may be before it refuses requests.
    maxEventLoopDelay: 60_000,
    ...settings,
  });
  const log = openLog(config);
  const service = new Service({ config, log });
  await service.start();
  return {
    service,
    directory,
    logFile,
    send: (path, options) => send(service.port, path, options),
    admin: (path, options) => send(service.adminPort, path, options),
    flushLog: () => log.flush(),
    stop: async () => {
      await service.stop();
      await log.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

export function send(port: number, path: string, options: SendOptions = {}): Promise<Answer> {
  const { body } = options;
  const payload =
    body === undefined || typeof body === "string" || body instanceof Uint8Array
      ? (body as string | Uint8Array | undefined)
      : JSON.stringify(body);
  const method = options.method ?? (payload === undefined ? "GET" : "POST");
  const type = payload === undefined || payload !== body ? { "Content-Type": "application/json" } : {};
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        host: "127.0.0.1",
        path,
        method,
        headers: { ...type, ...options.headers } as Record<string, string>,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            bytes,
            json: () => JSON.parse(bytes.toString()),
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(payload);
  });
}

/** Waits until something is so. */
export async function until(what: () => boolean | Promise<boolean>, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await what())) {
    if (performance.now() > end) {
      throw new Error(`not so after ${milliseconds} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
