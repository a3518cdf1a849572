/** The model that all contenders serve, and its rows in the forms in which they take them. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { ModelInferRequestSchema } from "../../packages/serve/src/proto/open_inference_pb.ts";
import {
  type FeaturesSchema,
  ScoreRequestSchema,
  ScoreRowsRequestSchema,
} from "../../packages/serve/src/proto/xgboost_infer/v1/scoring_pb.ts";
import { modelText, type Workload, workloadRows } from "../workloads.ts";

export const FEATURES = 30;
export const MODEL_NAME = "risk";

/** A scorecard as online scoring has it: a hundred trees on thirty scores, some of them missing. */
const WORKLOAD: Workload = {
  name: "small",
  objective: "binary:logistic",
  numClass: 0,
  trees: 100,
  maxDepth: 6,
  leaves: 54,
  features: FEATURES,
  missing: 0.05,
  cuts: 255,
};

export const NAMES = Array.from({ length: FEATURES }, (_, i) => `n${i}_score`);

export function model(): string {
  return modelText(WORKLOAD)
    .replace('"feature_names":[]', `"feature_names":${JSON.stringify(NAMES)}`)
    .replace('"feature_types":[]', `"feature_types":${JSON.stringify(NAMES.map(() => "float"))}`);
}

/** Rows that are sent in turn. */
export const ROWS = 1000;

/** Numbers of four digits, as scores have them, NaN for what is missing; not yet rounded to float32. */
export const values: readonly number[] = Array.from(
  workloadRows(WORKLOAD, ROWS),
  (value) => Math.round(value * 1e4) / 1e4,
);

export type Form = "form" | "json" | "grpc" | "named";

const PATHS: Readonly<Record<Form, string>> = {
  form: "/",
  json: `/v2/models/${MODEL_NAME}/infer`,
  grpc: "/inference.GRPCInferenceService/ModelInfer",
  named: "/xgboost_infer.v1.ScoringService/Score",
};

/** A request for the rows `first … first + count - 1`: its path, and its body or message. */
export interface Request {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

export function isGrpc(form: Form): boolean {
  return form === "grpc" || form === "named";
}

export function requestFor(form: Form, first: number, count: number): Request {
  const part = values.slice(first * FEATURES, (first + count) * FEATURES);
  switch (form) {
    case "form": {
      const rows = Array.from({ length: count }, (_, i) => namedRow(first + i));
      const dict = JSON.stringify(count === 1 ? rows[0] : rows);
      const body = new URLSearchParams({ resource_id: MODEL_NAME, feature_dict: dict }).toString();
      return { path: PATHS.form, type: "application/x-www-form-urlencoded", body: Buffer.from(body) };
    }
    case "json": {
      const input = { name: "rows", shape: [count, FEATURES], datatype: "FP32", data: part };
      const body = JSON.stringify({ inputs: [input] });
      return { path: PATHS.json, type: "application/json", body: Buffer.from(body) };
    }
    case "grpc": {
      const input = { name: "rows", datatype: "FP32", shape: [BigInt(count), BigInt(FEATURES)] };
      const raw = new Uint8Array(Float32Array.from(part).buffer);
      const message = { modelName: MODEL_NAME, inputs: [input], rawInputContents: [raw] };
      const bytes = toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, message));
      return { path: PATHS.grpc, type: "application/grpc", body: frame(bytes) };
    }
    case "named": {
      const rows = Array.from({ length: count }, (_, i) => features(first + i));
      const bytes =
        count === 1
          ? toBinary(
              ScoreRequestSchema,
              create(ScoreRequestSchema, { model: MODEL_NAME, features: rows[0]! }),
            )
          : toBinary(ScoreRowsRequestSchema, create(ScoreRowsRequestSchema, { model: MODEL_NAME, rows }));
      return {
        path: PATHS.named + (count === 1 ? "" : "Rows"),
        type: "application/grpc",
        body: frame(bytes),
      };
    }
  }
}

/** Features that are there, by name. */
function namedRow(row: number): Record<string, number> {
  const entries = NAMES.map((name, i) => [name, values[row * FEATURES + i]!] as const);
  return Object.fromEntries(entries.filter(([, value]) => !Number.isNaN(value)));
}

function features(row: number): MessageInitShape<typeof FeaturesSchema> {
  return { numbers: namedRow(row) };
}

/** A message of gRPC: not compressed, and its length. */
function frame(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, 5);
  return bytes;
}

/** The file from which the program that makes the load takes its requests: blocks with their lengths, the first with the headers. */
export function loadFile(form: Form, rows: number): Buffer {
  const requests: Buffer[] = [];
  for (let first = 0; first + rows <= ROWS; first += rows) {
    const { path, type, body } = requestFor(form, first, rows);
    if (requests.length === 0) {
      requests.push(isGrpc(form) ? hpack(path) : Buffer.alloc(0));
    }
    requests.push(isGrpc(form) ? body : Buffer.concat([httpHead(path, type, body.length), body]));
  }
  return Buffer.concat(
    requests.flatMap((request) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(request.length);
      return [length, request];
    }),
  );
}

function httpHead(path: string, type: string, length: number): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`,
  );
}

/** Headers of a call, each literal and not to be kept (RFC 7541, 6.2.2). */
function hpack(path: string): Buffer {
  const fields = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "localhost"],
    ["te", "trailers"],
    ["content-type", "application/grpc"],
  ] as const;
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  );
}
