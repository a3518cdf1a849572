/** 500 clients that are slow on purpose: others hardly notice, all are closed within 10 s, and memory comes back. */
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Command, startCommand } from "../support/child.ts";
import { fixture, rowTexts } from "../support/fixture.ts";
import { until } from "../support/service.ts";

const OF = fixture("binary-logistic");
const PATH = "/v2/models/m/infer";
const CLIENTS = 500;

let command: Command;
beforeAll(async () => {
  command = await startCommand({ "m.ubj": OF.model });
}, 60_000);
afterAll(async () => {
  expect([await command.stop(), command.complaints()]).toEqual([0, ""]);
});

const ROW = rowTexts(OF, [0])[0]!.map(Number);
const BODY = JSON.stringify({
  inputs: [{ name: "rows", shape: [1, OF.cols], datatype: "FP32", data: ROW }],
});

/** Milliseconds of each of so many requests, by five honest clients. */
async function latencies(requests: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 5 });
  const found: number[] = [];
  const clients = Array.from({ length: 5 }, async () => {
    for (let i = 0; i < requests / 5; i++) {
      const begin = performance.now();
      await new Promise<void>((resolve, reject) => {
        const options = { agent, port: command.port, host: "127.0.0.1", path: PATH, method: "POST" };
        const sent = request(options, (response) => {
          expect(response.statusCode).toBe(200);
          response.resume();
          response.on("end", () => resolve());
        });
        sent.on("error", reject);
        sent.setHeader("Content-Type", "application/json");
        sent.end(BODY);
      });
      found.push(performance.now() - begin);
      await pause(2);
    }
  });
  await Promise.all(clients);
  agent.destroy();
  return found.sort((a, b) => a - b);
}

const p99 = (sorted: readonly number[]) => sorted[Math.floor(sorted.length * 0.99)]!;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const HEAD = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;

/** Connections by what is slow about them, and what they send: at once, and then a byte at a time. */
const KINDS: readonly {
  readonly name: string;
  readonly share: number;
  readonly port: (of: Command) => number;
  readonly first: string;
  readonly more: string;
}[] = [
  { name: "headers", share: 0.3, port: ({ port }) => port, first: "POST /v2", more: "x" },
  {
    name: "a header each time",
    share: 0.1,
    port: ({ port }) => port,
    first: HEAD,
    more: "X-More: 1\r\n",
  },
  {
    name: "bodies",
    share: 0.2,
    port: ({ port }) => port,
    first: `${HEAD}Content-Length: 1000\r\n\r\n{`,
    more: " ",
  },
  {
    name: "chunks",
    share: 0.1,
    port: ({ port }) => port,
    first: `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
    more: "1\r\n \r\n",
  },
  { name: "silence", share: 0.1, port: ({ port }) => port, first: "", more: "" },
  { name: "silence to gRPC", share: 0.1, port: ({ grpcPort }) => grpcPort, first: "", more: "" },
  // Together, the replies do not fit into what the system keeps for a connection, which is about 5 MB here.
  {
    name: "readers",
    share: 0.1,
    port: ({ port }) => port,
    first: "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000),
    more: "",
  },
];

it("500 slow clients", async () => {
  await latencies(500);
  const idleBefore = p99(await latencies(2_000));
  const before = command.rss();
  const begin = performance.now();
  const open = new Map<Socket, string>();
  const timers: NodeJS.Timeout[] = [];
  let peak = before;
  let lastClosed = begin;
  for (const { name, share, port, first, more } of KINDS) {
    for (let i = 0; i < Math.round(CLIENTS * share); i++) {
      const socket = connect(port(command), "127.0.0.1", () => socket.write(first));
      open.set(socket, name);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        open.delete(socket);
        lastClosed = performance.now();
      });
      if (name === "readers") {
        // Without reading, the end is seen by writing only.
        timers.push(setInterval(() => socket.writable && socket.write("\r\n"), 500));
      } else {
        socket.resume();
        timers.push(setInterval(() => socket.writable && more !== "" && socket.write(more), 500));
      }
    }
  }
  expect(open.size).toBe(CLIENTS);
  const watch = setInterval(() => {
    peak = Math.max(peak, command.rss());
  }, 100);
  const busy = p99(await latencies(2_000));
  const left = () => Array.from(open.values());
  await until(() => left().length === 0, 15_000).catch(() => undefined);
  const seconds = (lastClosed - begin) / 1000;
  clearInterval(watch);
  timers.forEach(clearInterval);
  // The greater of two: others may use the machine, too.
  const idle = Math.max(idleBefore, p99(await latencies(2_000)));
  await pause(1_000);
  const after = command.rss();
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  process.stdout.write(
    `p99 idle ${idle.toFixed(1)} ms, with ${CLIENTS} slow clients ${busy.toFixed(1)} ms; all closed after ${seconds.toFixed(1)} s; memory ${mib(before)} MiB, at most ${mib(peak)}, then ${mib(after)}\n`,
  );
  expect(left()).toEqual([]);
  // The promises are 10 s, and 2 times, with 10 ms besides for a machine that others use, too.
  expect(seconds).toBeLessThan(10);
  expect(busy).toBeLessThan(2 * idle + 10);
  expect(after - before).toBeLessThan(150 * 2 ** 20);
}, 120_000);
