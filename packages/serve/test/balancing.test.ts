/** Several servers behind one name: clients find them over DNS and spread their calls, also when a server leaves and comes back. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Client as GrpcClientType } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { GRPCInferenceService } from "../src/proto/open_inference_pb.ts";
import { freePorts } from "./support/command.ts";
import { NameServer } from "./support/dns.ts";
import { fixture } from "./support/fixture.ts";
import { ROOT, type Running, startService, until } from "./support/service.ts";

// Read when the library is loaded: names are asked for at the server that the target names, not at the system's.
vi.hoisted(() => {
  process.env["GRPC_NODE_USE_ALTERNATIVE_RESOLVER"] = "true";
});

const MODEL = fixture("binary-logistic-missing");
const SERVICE_CONFIG = readFileSync(join(ROOT, "examples/serve/grpc-service-config.json"), "utf8");
const ADDRESSES = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];
const PATH = `/${GRPCInferenceService.typeName}/ModelInfer`;
const { input: RequestSchema, output: ResponseSchema } = GRPCInferenceService.method.modelInfer;
const REQUEST = Buffer.from(
  toBinary(
    RequestSchema,
    create(RequestSchema, {
      modelName: "m",
      inputs: [{ name: "rows", datatype: "FP32", shape: [BigInt(MODEL.rows), BigInt(MODEL.cols)] }],
      rawInputContents: [new Uint8Array(MODEL.values.buffer)],
    }),
  ),
);

let names: NameServer;
let namePort: number;
let grpcPort: number;
/** By address. */
const servers = new Map<string, Running>();

/** A server that answers with its own version of the model, so that it is known who has answered. */
async function start(address: string): Promise<void> {
  const version = address.at(-1)!;
  const running = await startService(
    { [`m/${version}/model.ubj`]: MODEL.model },
    { host: address, grpcPort, grpcMaxConnectionAge: 400, drainTimeout: 2000 },
  );
  servers.set(address, running);
}

async function stop(address: string): Promise<void> {
  await servers.get(address)!.stop();
  servers.delete(address);
}

beforeAll(async () => {
  [grpcPort] = (await freePorts(1)) as [number];
  names = new NameServer(ADDRESSES);
  namePort = await names.listen();
  await Promise.all(ADDRESSES.map(start));
});
afterAll(async () => {
  await Promise.all([...servers.keys()].map(stop));
  names.close();
});

/** Who has answered, by version: counts of calls. */
type Tally = Map<string, number>;

/** Calls from several clients until it is stopped. */
function callOn(client: GrpcClientType, concurrency: number) {
  const failures: string[] = [];
  let tally: Tally = new Map();
  let going = true;
  const call = () =>
    new Promise<void>((resolve) => {
      client.makeUnaryRequest<Buffer, Buffer>(
        PATH,
        (bytes) => bytes,
        (bytes) => bytes,
        REQUEST,
        (error, message) => {
          if (error !== null) {
            failures.push(error.message);
          } else {
            const { modelVersion, rawOutputContents } = fromBinary(ResponseSchema, message!);
            const [raw] = rawOutputContents;
            const equal = Buffer.from(raw!).equals(Buffer.from(MODEL.expected.value.buffer));
            const who = equal ? modelVersion : "wrong";
            tally.set(who, (tally.get(who) ?? 0) + 1);
          }
          resolve();
        },
      );
    });
  const work = Array.from({ length: concurrency }, async () => {
    while (going) {
      await call();
    }
  });
  return {
    failures,
    /** Those since the last time. */
    take(): Tally {
      const taken = tally;
      tally = new Map();
      return taken;
    },
    async end() {
      going = false;
      await Promise.all(work);
    },
  };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("clients of gRPC with round_robin over DNS", () => {
  it("in Node use all servers, lose no call when one leaves, and find it when it comes back", async () => {
    const { Client, credentials } = await import("@grpc/grpc-js");
    const client = new Client(
      `dns://127.0.0.1:${namePort}/scoring.test:${grpcPort}`,
      credentials.createInsecure(),
      {
        "grpc.service_config": SERVICE_CONFIG,
        "grpc.dns_min_time_between_resolutions_ms": 200,
        "grpc.initial_reconnect_backoff_ms": 100,
      },
    );
    const calls = callOn(client, 10);
    const answered = async (...versions: string[]) => {
      calls.take();
      const seen: Tally = new Map();
      await until(() => {
        for (const [version, count] of calls.take()) {
          seen.set(version, (seen.get(version) ?? 0) + count);
        }
        return versions.every((version) => (seen.get(version) ?? 0) >= 20);
      });
      return seen;
    };

    await answered("2", "3", "4");
    // All are known: from now on, each has a third.
    calls.take();
    await pause(500);
    const shares = calls.take();
    const total = [...shares.values()].reduce((sum, count) => sum + count, 0);
    for (const version of ["2", "3", "4"]) {
      expect((shares.get(version) ?? 0) / total).toBeGreaterThan(0.15);
    }

    names.addresses = ["127.0.0.2", "127.0.0.4"];
    await stop("127.0.0.3");
    calls.take();
    const without = await answered("2", "4");
    expect([...without.keys()].sort()).toEqual(["2", "4"]);

    await start("127.0.0.3");
    names.addresses = ADDRESSES;
    await answered("2", "3", "4");

    await calls.end();
    client.close();
    expect(calls.failures).toEqual([]);
  }, 60_000);

  const python = join(ROOT, ".cache/deployment/bin/python");
  const reason = existsSync(python) ? "" : " (no .cache/deployment: see test/deployment/requirements.txt)";
  it.skipIf(reason !== "")(
    `in Python do so, too${reason}`,
    async () => {
      const script = join(ROOT, "packages/serve/test/deployment/round_robin.py");
      const args = [
        script,
        `dns://127.0.0.1:${namePort}/scoring.test:${grpcPort}`,
        PATH,
        SERVICE_CONFIG,
        REQUEST.toString("hex"),
      ];
      const child = promisify(execFile)(python, args, { timeout: 60_000 });
      const printed: string[] = [];
      child.child.stdout!.on("data", (chunk: Buffer) => printed.push(String(chunk)));
      const said = (what: string) => until(() => printed.join("").includes(what), 30_000);
      await said("all three");
      names.addresses = ["127.0.0.2", "127.0.0.4"];
      await stop("127.0.0.3");
      child.child.stdin!.write("left\n");
      await said("two are left");
      await start("127.0.0.3");
      names.addresses = ADDRESSES;
      child.child.stdin!.write("back\n");
      const { stdout } = await child;
      expect(stdout.trim().split("\n").at(-1)).toBe("ok, 0 failed");
    },
    90_000,
  );
});
