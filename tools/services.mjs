/** The scoring service with a sample model, and the page that looks into models, side by side until they are stopped. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { servePage } from "./page-server.mjs";
import { root } from "./run.mjs";

const PAGE = `${root}packages/explorer/dist`;
const COMMAND = `${root}packages/serve/bin/xgboost-infer-serve.js`;

/** Ports that are tried first. */
const PORTS = { http: 8080, grpc: 8081, admin: 8082, page: 8088 };

const HOST = "127.0.0.1";

/**
 * Starts both, and says where they are and how to ask.
 * @param {(text: string) => void} print
 * @param {string} [page] folder with the built page
 */
export async function startServices(print, page = PAGE) {
  const service = await startService();
  print(`
Scoring service: http://localhost:${service.port} (gRPC on ${service.grpcPort}, metrics and loading of models on ${service.adminPort}; API at /docs).
A patient, by feature name:

  curl http://localhost:${service.port}/ -H 'Content-Type: application/json' -d @examples/serve/request.json
`);
  const files = existsSync(page) ? await servePage(page, await freePort(PORTS.page)) : undefined;
  print(
    files === undefined
      ? "The page that looks into models is not built: there is no packages/explorer/dist."
      : `The page that looks into models: http://localhost:${files.port}`,
  );
  print("\nCtrl-C stops.");
  return {
    port: service.port,
    pagePort: files?.port,
    ended: service.ended,
    stop: async () => {
      service.child.kill("SIGTERM");
      files?.close();
      await service.ended;
    },
  };
}

async function startService() {
  const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-start-"));
  cpSync(`${root}examples/tumour`, `${folder}/models/tumour`, { recursive: true });
  const [port, grpcPort, adminPort] = [
    await freePort(PORTS.http),
    await freePort(PORTS.grpc),
    await freePort(PORTS.admin),
  ];
  const ports = ["--port", port, "--grpc-port", grpcPort, "--admin-port", adminPort].map(String);
  const places = ["--model-repository", `${folder}/models`, "--log-file", `${folder}/log`, "--host", HOST];
  const child = spawn(process.execPath, [COMMAND, ...places, ...ports], { stdio: "inherit" });
  const ended = once(child, "exit").then(() => rmSync(folder, { recursive: true, force: true }));
  for (;;) {
    const answer = await fetch(`http://${HOST}:${port}/v2/health/ready`).catch(() => undefined);
    if (answer?.ok) {
      return { child, ended, port, grpcPort, adminPort };
    }
    if (child.exitCode !== null) {
      throw new Error("the scoring service did not start");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * @param {number} wanted
 * @returns {Promise<number>} another one where it is taken
 */
async function freePort(wanted) {
  for (const port of [wanted, 0]) {
    const holder = createNetServer().listen(port, HOST);
    try {
      await once(holder, "listening");
    } catch {
      continue;
    }
    const { port: found } = /** @type {import("node:net").AddressInfo} */ (holder.address());
    await once(holder.close(), "close");
    return found;
  }
  throw new Error("there is no free port");
}
