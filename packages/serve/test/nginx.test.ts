/** The nginx configuration of examples/serve in front of two servers, of which one is stopped, started again, and killed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GRPCInferenceService } from "../src/proto/open_inference_pb.ts";
import { end, freePorts, type Place, startCommand } from "./support/command.ts";
import { fixture, namedText } from "./support/fixture.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { put, ROOT, send, until } from "./support/service.ts";

const MODEL = fixture("binary-logistic-missing");
const SERVICE_CONFIG = readFileSync(join(ROOT, "examples/serve/grpc-service-config.json"), "utf8");
const NGINX = ["nginx", "/usr/sbin/nginx"].find((command) => spawnSync(command, ["-v"]).status === 0);
const REASON = NGINX === undefined ? " (there is no nginx)" : "";

/** Of each protocol. */
const CLIENTS = 5;

let folder = "";
let places: Place[] = [];
let servers: ChildProcess[] = [];
let nginx: ChildProcess;
let httpPort = 0;
let grpcPort = 0;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The example with the addresses of this test, in what Debian's nginx.conf is around it. */
function configuration(): string {
  let text = readFileSync(join(ROOT, "examples/serve/nginx.conf"), "utf8");
  const replace = (from: string, to: string) => {
    expect(text).toContain(from);
    text = text.replaceAll(from, to);
  };
  const [first, second] = places as [Place, Place];
  replace("127.0.0.1:8080", `127.0.0.1:${first.port}`);
  replace("127.0.0.1:8090", `127.0.0.1:${second.port}`);
  replace("127.0.0.1:8081", `127.0.0.1:${first.grpcPort}`);
  replace("127.0.0.1:8091", `127.0.0.1:${second.grpcPort}`);
  replace("listen 80;", `listen 127.0.0.1:${httpPort};`);
  replace("listen 81 http2;", `listen 127.0.0.1:${grpcPort} http2;`);
  replace("/var/log/nginx/scoring.log", join(folder, "access.log"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  return `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 1024; }
    http { ${temporary.join(" ")} ${text} }`;
}

beforeAll(async () => {
  if (NGINX === undefined) {
    return;
  }
  folder = mkdtempSync(join(tmpdir(), "xgboost-infer-nginx-"));
  mkdirSync(join(folder, "models"));
  put(join(folder, "models/m.ubj"), MODEL.model);
  const ports = await freePorts(8);
  places = [0, 3].map((i) => ({ port: ports[i]!, grpcPort: ports[i + 1]!, adminPort: ports[i + 2]! }));
  [httpPort, grpcPort] = ports.slice(6) as [number, number];
  servers = await Promise.all(places.map((place) => startCommand(join(folder, "models"), place)));
  writeFileSync(join(folder, "nginx.conf"), configuration());
  const args = ["-p", folder, "-e", join(folder, "error.log"), "-c", join(folder, "nginx.conf")];
  const tried = spawnSync(NGINX, [...args, "-t"], { encoding: "utf8" });
  expect(tried.stderr).toContain("test is successful");
  expect(tried.stderr).not.toContain("[warn]");
  nginx = spawn(NGINX, args, { stdio: "inherit" });
  await until(async () => (await send(httpPort, "/v2/health/ready").catch(() => undefined))?.status === 200);
}, 120_000);

afterAll(async () => {
  if (NGINX !== undefined) {
    await Promise.all([nginx, ...servers].map((child) => end(child, "SIGTERM")));
    rmSync(folder, { recursive: true });
  }
});

const BODY = `{"resource_id":"m","feature_dict":${namedText(MODEL, 0).replaceAll("NaN", "null")}}`;

function scoreOver(agent: Agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(BODY) };
    const sent = request(
      { port: httpPort, host: "127.0.0.1", method: "POST", path: "/", agent, headers },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on("data", (chunk: Buffer) => chunks.push(chunk));
        reply.on("error", reject);
        reply.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const isScore = reply.statusCode === 200 && text.startsWith('{"status":0');
          resolve(isScore ? JSON.parse(text).result.score : `${reply.statusCode} ${text.slice(0, 200)}`);
        });
      },
    );
    sent.on("error", reject);
    sent.end(BODY);
  });
}

async function scoreOverGrpc(client: GrpcClient): Promise<unknown> {
  const rows = { name: "rows", datatype: "FP32", shape: [1n, BigInt(MODEL.cols)] };
  const raw = new Uint8Array(MODEL.values.slice(0, MODEL.cols).buffer);
  const call = { modelName: "m", inputs: [rows], rawInputContents: [raw] };
  const { message } = await client.call(GRPCInferenceService.method.modelInfer, call);
  return new Float32Array(new Uint8Array(message.rawOutputContents[0]!).buffer)[0];
}

/** Clients of both protocols, until they are stopped; whatever is not the score is a failure. */
function startClients(count: number) {
  const failures = { http: [] as unknown[], grpc: [] as unknown[] };
  let answered = 0;
  let going = true;
  const agents = Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  // With retries: nginx does not send a call of gRPC twice.
  const options = { "grpc.use_local_subchannel_pool": 1, "grpc.service_config": SERVICE_CONFIG };
  const clients = agents.map(() => new GrpcClient(grpcPort, options));
  const loop = async (protocol: "http" | "grpc", score: () => Promise<unknown>) => {
    while (going) {
      const found = await score().catch((error: Error) => error.message);
      if (found === MODEL.expected.value[0]) {
        answered++;
      } else {
        failures[protocol].push(found);
      }
      await pause(1);
    }
  };
  const work = [
    ...agents.map((agent) => loop("http", () => scoreOver(agent))),
    ...clients.map((client) => loop("grpc", () => scoreOverGrpc(client))),
  ];
  return {
    failures,
    answered: () => answered,
    end: async () => {
      going = false;
      await Promise.all(work);
      for (const agent of agents) {
        agent.destroy();
      }
      for (const client of clients) {
        client.close();
      }
    },
  };
}

/** Requests of a protocol that a server has answered. */
async function answeredBy({ adminPort }: Place, protocol: string): Promise<number> {
  const metrics = (await send(adminPort, "/metrics")).bytes.toString();
  const pattern = new RegExp(
    `^xgboost_infer_requests_total{protocol="${protocol}",.*outcome="ok"} (\\d+)$`,
    "m",
  );
  return Number(pattern.exec(metrics)?.[1] ?? 0);
}

describe.skipIf(NGINX === undefined)(`nginx in front of two servers${REASON}`, () => {
  it("hands requests on with their id, and refuses what is too large", async () => {
    const given = await send(httpPort, "/", {
      body: BODY,
      headers: { "Content-Type": "application/json", "X-Request-Id": "abc-1" },
    });
    expect(given.headers["x-request-id"]).toBe("abc-1");
    const made = await send(httpPort, "/", { body: BODY, headers: { "Content-Type": "application/json" } });
    expect(made.headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
    expect(readFileSync(join(folder, "access.log"), "utf8")).toContain(String(made.headers["x-request-id"]));
    const large = await send(httpPort, "/", { body: Buffer.alloc((1 << 20) + 1) });
    expect(large.status).toBe(413);
  });

  it("loses no request of HTTP or gRPC when a server is stopped, comes back, and is killed", async () => {
    const clients = startClients(CLIENTS);
    const more = async (count: number) => {
      const before = clients.answered();
      await until(() => clients.answered() > before + count, 30_000);
    };
    await more(200);
    for (const place of places) {
      expect(await answeredBy(place, "original")).toBeGreaterThan(0);
      expect(await answeredBy(place, "oip-grpc")).toBeGreaterThan(0);
    }

    await end(servers[0]!, "SIGTERM");
    await more(200);
    servers[0] = await startCommand(join(folder, "models"), places[0]!);
    await until(async () => (await answeredBy(places[0]!, "original")) > 0, 30_000);
    await until(async () => (await answeredBy(places[0]!, "oip-grpc")) > 0, 30_000);

    expect(clients.failures).toEqual({ http: [], grpc: [] });

    await end(servers[1]!, "SIGKILL");
    await more(200);
    servers[1] = await startCommand(join(folder, "models"), places[1]!);
    await more(200);
    await clients.end();
    expect(clients.failures.http).toEqual([]);
    // A reply of gRPC that was under way already when its server died cannot be taken back.
    const underWay = /RST_STREAM/;
    expect(clients.failures.grpc.filter((each) => !underWay.test(String(each)))).toEqual([]);
    expect(clients.failures.grpc.length).toBeLessThanOrEqual(CLIENTS);
  }, 120_000);
});
