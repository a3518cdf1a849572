/** Every class of hostile request against a running service: exact status, a clear error, and the service goes on. */
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { status as Status } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ModelInferRequestSchema } from "../src/proto/open_inference_pb.ts";
import {
  FRAME,
  type Frames,
  frame,
  INFER_PATH,
  infer,
  MODEL,
  type OverGrpc,
  type OverHttp,
} from "./hostile/class.ts";
import { CLASSES } from "./hostile/classes.ts";
import { type Running, startService, until } from "./support/service.ts";

let running: Running;
beforeAll(async () => {
  running = await startService(
    { "m.ubj": MODEL.model },
    // Long enough for what comes in time on a machine that is busy.
    { headersTimeout: 1_500, bodyTimeout: 3_000, replyTimeout: 3_000 },
  );
});
afterAll(() => running.stop());

/** The service goes on. */
afterEach(async () => {
  await until(async () => (await running.send(INFER_PATH, infer())).status === 200);
});

interface Found {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function overHttp({ to = "", listener = "http", send }: OverHttp): Promise<Found> {
  if ("bytes" in send) {
    return readAnswer(await bytes(running.service.port, send.bytes));
  }
  const {
    status,
    headers,
    bytes: body,
  } = await (listener === "http" ? running.send : running.admin)(to, send);
  return { status, headers, body: body.toString() };
}

/** Sends bytes as they are; resolves with what came back once the service has closed the connection. */
function bytes(port: number, sent: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(sent));
    let received = "";
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection is open still; so far: ${received.slice(0, 200)}`));
    }, LATE);
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(late);
      resolve(received);
    });
  });
}

function readAnswer(text: string): Found {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), headers: {}, body };
}

/** A call in plain HTTP/2, so that nothing of it is a library's. */
function overGrpc({ path, send, headers = {} }: OverGrpc): Promise<{ code: Status; details: string }> {
  const { "x-unfinished": unfinished, ...metadata } = headers;
  const isFramed = metadata["grpc-encoding"] !== undefined || unfinished !== undefined;
  const message =
    send instanceof Uint8Array
      ? send
      : toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, send));
  const session = connectHttp2(`http://127.0.0.1:${running.service.grpcPort}`);
  session.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...metadata,
    });
    const end = (received: Record<string, unknown>) => {
      if (received["grpc-status"] !== undefined) {
        session.destroy();
        const details = decodeURIComponent(String(received["grpc-message"] ?? ""));
        resolve({ code: Number(received["grpc-status"]), details });
      }
    };
    stream.on("response", end);
    stream.on("trailers", end);
    stream.on("error", () => undefined);
    stream.on("close", () => {
      session.destroy();
      reject(new Error(`the stream ended without a status: ${stream.rstCode}`));
    });
    stream.resume();
    if (isFramed) {
      stream.write(send);
    } else {
      const header = Buffer.alloc(5);
      header.writeUInt32BE(message.length, 1);
      stream.write(Buffer.concat([header, message]));
    }
    if (unfinished === undefined) {
      stream.end();
    }
  });
}

/** Milliseconds after which a connection is taken for one that does not end. */
const LATE = 15_000;

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Whether the service ends the connection. It is not read from at first: a client that floods does not listen. */
function overFrames({ frames, ends }: Frames): Promise<boolean> {
  const all = Array.from(frames());
  const isHttp2 = all.length > 0 && all[0]![0] !== 0x16;
  const start = isHttp2 ? [PREFACE, frame(FRAME.settings, 0, 0)] : [];
  const received: Buffer[] = [];
  return new Promise((resolve) => {
    const socket = connect(running.service.grpcPort, "127.0.0.1", () => {
      socket.write(Buffer.concat([...start, ...all]));
      setTimeout(() => socket.on("data", read), 300);
    });
    const late = setTimeout(
      () => {
        resolve(false);
        socket.destroy();
      },
      ends ? LATE : 2_000,
    );
    const read = (chunk: Buffer) => {
      received.push(chunk);
      if (toldToGo(Buffer.concat(received))) {
        resolve(true);
        socket.destroy();
      }
    };
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(late);
      resolve(true);
    });
  });
}

/** Whether frames have one of GOAWAY with an error. */
function toldToGo(bytes: Buffer): boolean {
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes[at + 3] === FRAME.goaway && bytes.readUInt32BE(at + 13) !== 0) {
      return true;
    }
    at += 9 + length;
  }
  return false;
}

const http = CLASSES.filter(({ http }) => typeof http !== "string");
const grpc = CLASSES.filter(({ grpc }) => typeof grpc !== "string");

describe("over HTTP", () => {
  it.each(http.map(({ name, http }) => [name, http as OverHttp] as const))("%s", async (_, hostile) => {
    const { status, headers, body } = await overHttp(hostile);
    expect({ status, body: status === hostile.status ? "" : body }).toEqual({
      status: hostile.status,
      body: "",
    });
    expect(headers).toMatchObject(hostile.headers ?? {});
    if (status === 200) {
      expect(body).toMatch(hostile.says);
      return;
    }
    const { error, ...rest } = body === "" ? { error: "" } : (JSON.parse(body) as { error: string });
    expect(rest).toEqual({});
    expect(error).toMatch(hostile.says);
    expect(error.length).toBeLessThan(1_000);
    // Neither a stack nor a path.
    expect(error).not.toMatch(/\bat .*:\d+|node:|\/dist\/|\/src\//);
  });
});

describe("over gRPC", () => {
  it.each(grpc.map(({ name, grpc }) => [name, grpc as OverGrpc | Frames] as const))(
    "%s",
    async (_, hostile) => {
      if ("frames" in hostile) {
        expect(await overFrames(hostile)).toBe(hostile.ends);
        return;
      }
      const { code, details } = await overGrpc(hostile);
      expect([Status[code], details]).toEqual([Status[hostile.code], expect.stringMatching(hostile.says)]);
      expect(details.length).toBeLessThan(1_000);
      expect(details).not.toMatch(/\bat .*:\d+|node:|\/dist\/|\/src\//);
    },
  );
});

describe("the table", () => {
  it("has at least the 64 classes, each once, and a reason for each that means nothing in a protocol", () => {
    const names = CLASSES.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(64);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, http, grpc } of CLASSES) {
      expect(typeof http !== "string" || typeof grpc !== "string", name).toBe(true);
      for (const reason of [http, grpc]) {
        expect(typeof reason !== "string" || reason.length > 10, name).toBe(true);
      }
    }
  });

  it("has no answer that blames the service", () => {
    for (const { http } of CLASSES) {
      expect(typeof http === "string" || http.status < 500).toBe(true);
    }
  });
});
