/** What a row of the table of hostile classes is made of. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { status as Status } from "@grpc/grpc-js";
import type {
  ModelInferRequest,
  ModelInferRequest_InferInputTensorSchema,
  ModelInferRequestSchema,
} from "../../src/proto/open_inference_pb.ts";
import { fixture } from "../support/fixture.ts";
import type { SendOptions } from "../support/service.ts";

export const MODEL = fixture("binary-logistic-missing");
export const COLS = MODEL.cols;

/** A request of HTTP and the answer that it must get. */
export interface OverHttp {
  /** A listener's path; bytes as they are have none. */
  readonly to?: string;
  readonly listener?: "http" | "admin";
  readonly send: SendOptions | { readonly bytes: string | Buffer };
  readonly status: number;
  /** What the error says; of status 200, what the body holds. */
  readonly says: RegExp;
  /** Headers that the answer must have. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call of gRPC and the status that it must get. */
export interface OverGrpc {
  readonly path: string;
  /** A request, a message as bytes, or bytes of a whole HTTP/2 connection behind its preface. */
  readonly send: Infer | Uint8Array;
  /** Metadata of the call, in plain HTTP/2. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly code: Status;
  readonly says: RegExp;
}

/** Bytes of a connection that are no call: whether the service must end it, by closing it or by GOAWAY with an error. */
export interface Frames {
  readonly frames: () => Iterable<Buffer>;
  readonly ends: boolean;
}

export interface HostileClass {
  readonly name: string;
  /** Text says why it means nothing there. */
  readonly http: OverHttp | string;
  readonly grpc: OverGrpc | Frames | string;
}

export type Infer = Exclude<MessageInitShape<typeof ModelInferRequestSchema>, ModelInferRequest>;
type Inputs = MessageInitShape<typeof ModelInferRequest_InferInputTensorSchema>[];

export const INFER_PATH = "/v2/models/m/infer";
export const GRPC_INFER = "/inference.GRPCInferenceService/ModelInfer";
export const JSON_TYPE = { "Content-Type": "application/json" };
const ROW_NUMBERS = Array.from({ length: COLS }, (_, i) => i);
export const ROW = `[${ROW_NUMBERS}]`;

// HTTP

export function text(body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE): SendOptions {
  return { headers, body };
}

/** An input as JSON text, with other texts in place of some of its members. */
export function input(changes: Record<string, string> = {}): string {
  const fields = { name: '"rows"', shape: `[1,${COLS}]`, datatype: '"FP32"', data: ROW, ...changes };
  return `{${Object.entries(fields)
    .map(([name, value]) => `"${name}":${value}`)
    .join(",")}}`;
}

export function infer(changes: Record<string, string> = {}, more = ""): SendOptions {
  return text(`{"inputs":[${input(changes)}]${more}}`);
}

/** The request of an input for a feature each. */
export function columns(...inputs: readonly [name: string, values: readonly number[]][]): SendOptions {
  const parts = inputs.map(([name, values]) =>
    input({ name: `"${name}"`, shape: `[${values.length}]`, data: `[${values}]` }),
  );
  return text(`{"inputs":[${parts}]}`);
}

export function asked(...names: string[]): string {
  return `,"outputs":[${names.map((name) => `{"name":"${name}"}`)}]`;
}

/** JSON with raw bytes behind it. */
export function binary(size: string, bytes: number, length?: string | number): SendOptions {
  const json = `{"inputs":[{"name":"rows","shape":[1,${COLS}],"datatype":"FP32","parameters":{"binary_data_size":${size}}}]}`;
  const header = { ...JSON_TYPE, "Inference-Header-Content-Length": String(length ?? json.length) };
  return text(Buffer.concat([Buffer.from(json), Buffer.alloc(bytes)]), header);
}

export function deep(levels: number): string {
  return `${"[".repeat(levels)}${"]".repeat(levels)}`;
}

export function http(
  send: OverHttp["send"],
  status: number,
  says: RegExp,
  rest: Partial<OverHttp> = {},
): OverHttp {
  return { to: INFER_PATH, send, status, says, ...rest };
}

/** A request that is refused with 400. */
export function bad(send: SendOptions, says: RegExp): OverHttp {
  return http(send, 400, says);
}

/** A path that there is not. */
export function notFound(to: string, says = /no such path|no model/): OverHttp {
  return http({}, 404, says, { to });
}

// gRPC

export const GOOD_INPUT = { name: "rows", datatype: "FP32", shape: [1n, BigInt(COLS)] };
export const CONTENTS = { fp32Contents: ROW_NUMBERS };
export const FLOATS = new Uint8Array(Float32Array.from(ROW_NUMBERS).buffer);

export function typed(...inputs: Inputs): Infer {
  return { modelName: "m", inputs };
}

export function raw(input: Inputs[number], ...bytes: Uint8Array[]): Infer {
  return { modelName: "m", inputs: [input], rawInputContents: bytes };
}

export function grpc(
  send: Infer | Uint8Array,
  says: RegExp,
  code = Status.INVALID_ARGUMENT,
  rest: Partial<OverGrpc> = {},
): OverGrpc {
  return { path: GRPC_INFER, send, code, says, ...rest };
}

/** A frame of HTTP/2. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  content: Uint8Array = new Uint8Array(0),
): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(content.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, content]);
}

export const FRAME = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
};

/** Headers of a call, for HPACK: literals without indexing. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const length = (bytes: number) => {
    if (bytes < 127) {
      return [bytes];
    }
    const found = [127];
    let rest = bytes - 127;
    for (; rest >= 128; rest >>= 7) {
      found.push((rest & 127) | 128);
    }
    return [...found, rest];
  };
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [
      Buffer.from([0, ...length(name.length)]),
      Buffer.from(name, "latin1"),
      Buffer.from(length(value.length)),
      Buffer.from(value, "latin1"),
    ]),
  );
}
