/**
 * Writes `src/proto/` from `proto/`. It needs the compiler that `grpcio-tools` has, from the environment of the tests with clients
 * (see `test/clients.test.ts`) or any other: `PYTHON=… node packages/serve/tools/generate-proto.mjs`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const protos = `${root}packages/serve/proto`;

export const PROTO_FILES = [
  "open_inference.proto",
  "xgboost_infer/v1/scoring.proto",
  "grpc/health/v1/health.proto",
  "grpc/reflection/v1/reflection.proto",
  "grpc/reflection/v1alpha/reflection.proto",
];

/** @param {string} out folder to write to */
export function generate(out) {
  mkdirSync(out, { recursive: true });
  const python = process.env["PYTHON"] ?? `${root}.cache/serve-clients/bin/python`;
  const plugin = `${root}node_modules/.bin/protoc-gen-es`;
  execFileSync(python, [
    ...["-m", "grpc_tools.protoc", `--proto_path=${protos}`],
    `--plugin=protoc-gen-es=${plugin}`,
    `--es_out=${out}`,
    "--es_opt=target=ts,import_extension=ts,erasable_syntax=true",
    ...PROTO_FILES,
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  generate(`${root}packages/serve/src/proto`);
}
