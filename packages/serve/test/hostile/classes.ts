/**
 * Hostile requests by class: what each must be answered with, over HTTP and over gRPC. None may be answered 500, end the service or
 * change what the next request gets.
 */
import { deflateSync, gzipSync } from "node:zlib";
import { status as Status } from "@grpc/grpc-js";
import {
  asked,
  bad,
  binary,
  COLS,
  CONTENTS,
  columns,
  deep,
  FLOATS,
  FRAME,
  frame,
  GOOD_INPUT,
  GRPC_INFER,
  grpc,
  type HostileClass,
  headerBlock,
  http,
  INFER_PATH,
  infer,
  JSON_TYPE,
  notFound,
  ROW,
  raw,
  text,
  typed,
} from "./class.ts";

const MIB = 1 << 20;
const PROTOBUF = "a message is protobuf, not JSON";
const TYPED = "the types of protobuf do not let it be written";
const NO_STREAMS = "HTTP/1.1 has no frames";
const NO_PATHS = "models are named in messages, not in paths";
const long = "x".repeat(5_000);
const first = { ...GOOD_INPUT, name: "f1", shape: [1n] };
const HEAD = `POST ${INFER_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
const BODY = infer().body as string;
const gzip = (body: string | Buffer) => text(gzipSync(body), { ...JSON_TYPE, "Content-Encoding": "gzip" });
/** A frame of gRPC. */
const message = (bytes: Uint8Array, compressed = 0) => {
  const header = Buffer.from([compressed, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
};
/** A body in so many chunks of a byte each. */
const chunks = (body: string, count: number) => {
  const padded = body.padEnd(count, " ");
  return `${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${Array.from(padded, (byte) => `1\r\n${byte}\r\n`).join("")}0\r\n\r\n`;
};

const BODIES: readonly HostileClass[] = [
  { name: "empty body", http: bad(text(""), /empty/), grpc: grpc(new Uint8Array(0), /model_name is empty/) },
  { name: "blank body", http: bad(text("  \n"), /empty/), grpc: PROTOBUF },
  {
    name: "no JSON, no protobuf",
    http: bad(text("hello"), /not JSON/),
    grpc: grpc(Buffer.from("hello"), /the message is no inference\.ModelInferRequest/),
  },
  {
    name: "cut off in the middle",
    http: bad(text('{"inputs":['), /not JSON/),
    grpc: grpc(Uint8Array.of(0x0a, 0x7f, 0x6d), /the message is no/),
  },
  {
    name: "wrong top type: null",
    http: bad(text("null"), /is null, expected a JSON object/),
    grpc: PROTOBUF,
  },
  { name: "wrong top type: list", http: bad(text("[]"), /a list, expected a JSON object/), grpc: PROTOBUF },
  { name: "wrong top type: number", http: bad(text("1"), /a number/), grpc: PROTOBUF },
  { name: "wrong top type: text", http: bad(text('"x"'), /a string/), grpc: PROTOBUF },
  {
    name: "invalid UTF-8",
    http: bad(text(Buffer.from([0x7b, 0xff, 0x7d])), /UTF-8/),
    grpc: grpc(Uint8Array.of(0x0a, 2, 0xc3, 0x28), /the message is no|UTF-8/),
  },
  {
    name: "nesting of 65 levels",
    http: bad(text(`{"parameters":${deep(65)}}`), /nested more than 64/),
    grpc: grpc(Buffer.alloc(200, 0x0b), /the message is no/),
  },
  {
    name: "nesting of 400,000 levels",
    http: bad(text(deep(400_000)), /nested more than 64/),
    grpc: grpc(Buffer.alloc(400_000, 0x0b), /the message is no/),
  },
  {
    name: "nesting of 400,000 levels on the admin listener",
    http: http(text(deep(400_000)), 400, /nested more than 64/, {
      listener: "admin",
      to: "/v2/repository/index",
    }),
    grpc: "the repository has no methods over gRPC",
  },
  {
    name: "64 MB of nested JSON on the admin listener",
    http: http(text(deep(32 * MIB)), 413, /larger than/, { listener: "admin", to: "/v2/repository/index" }),
    grpc: "the repository has no methods over gRPC",
  },
  { name: "a key twice", http: bad(text('{"inputs":[],"inputs":[]}'), /key "inputs" twice/), grpc: PROTOBUF },
  {
    name: "a key twice, one of them escaped",
    http: bad(text('{"inputs":[],"\\u0069nputs":[]}'), /key "inputs" twice/),
    grpc: PROTOBUF,
  },
];

const INPUTS: readonly HostileClass[] = [
  {
    name: "no inputs",
    http: bad(text("{}"), /inputs is absent/),
    grpc: grpc(typed(), /inputs is empty/),
  },
  { name: "inputs null", http: bad(text('{"inputs":null}'), /inputs is null/), grpc: TYPED },
  {
    name: "inputs empty",
    http: bad(text('{"inputs":[]}'), /inputs is empty/),
    grpc: grpc(typed(), /inputs is empty/),
  },
  {
    name: "an input that is a number",
    http: bad(text('{"inputs":[1]}'), /inputs\[0\] is a number/),
    grpc: TYPED,
  },
  {
    name: "an input without a name",
    http: bad(text('{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}'), /no name/),
    grpc: grpc(typed({ ...GOOD_INPUT, name: "" }), /inputs\[0\] has no name/),
  },
  {
    name: "bad datatype",
    http: bad(infer({ datatype: '"FLOAT"' }), /datatype is "FLOAT"/),
    grpc: grpc(typed({ ...GOOD_INPUT, datatype: "FP31" }), /datatype is "FP31", expected BOOL/),
  },
  {
    name: "datatype of a prototype",
    http: bad(infer({ datatype: '"constructor"' }), /datatype is "constructor"/),
    grpc: grpc(typed({ ...GOOD_INPUT, datatype: "constructor" }), /datatype is "constructor"/),
  },
  {
    name: "no datatype",
    http: bad(infer({ datatype: "null" }), /datatype is null/),
    grpc: grpc(typed({ ...GOOD_INPUT, datatype: "" }), /datatype is ""/),
  },
  {
    name: "a long datatype",
    http: bad(infer({ datatype: `"${long}"` }), /datatype is "x{50}"/),
    grpc: grpc(typed({ ...GOOD_INPUT, datatype: long }), /datatype is "x{50}"/),
  },
  {
    name: "FP16 that is not raw",
    http: bad(infer({ datatype: '"FP16"' }), /no form in JSON/),
    grpc: grpc(typed({ ...GOOD_INPUT, datatype: "FP16", contents: CONTENTS }), /FP16 has no contents/),
  },
  {
    name: "contents of another type",
    http: bad(infer({ datatype: '"BYTES"' }), /expected text/),
    grpc: grpc(
      typed({ ...GOOD_INPUT, contents: { fp64Contents: [1] } }),
      /contents are in fp64_contents, those of FP32 in fp32_contents/,
    ),
  },
  {
    name: "shape and data differ",
    http: bad(infer({ shape: `[2,${COLS}]` }), /means 24/),
    grpc: grpc(typed({ ...GOOD_INPUT, shape: [2n, 12n], contents: CONTENTS }), /its shape means 24/),
  },
  {
    name: "negative size",
    http: bad(infer({ shape: `[-1,${COLS}]` }), /whole numbers/),
    grpc: grpc(typed({ ...GOOD_INPUT, shape: [-1n, 12n] }), /shape has -1/),
  },
  { name: "broken size", http: bad(infer({ shape: `[1.5,${COLS}]` }), /whole numbers/), grpc: TYPED },
  {
    name: "size beyond 2^53",
    http: bad(infer({ shape: "[9007199254740993,1]" }), /whole numbers/),
    grpc: grpc(typed({ ...GOOD_INPUT, shape: [2n ** 62n, 4n] }), /expected whole numbers/),
  },
  {
    name: "sizes with a huge product",
    http: bad(infer({ shape: "[1000000000,1000000000]" }), /too large/),
    grpc: grpc(typed({ ...GOOD_INPUT, shape: [2n ** 40n, 2n ** 40n] }), /too large/),
  },
  {
    name: "sizes whose bytes overflow",
    http: bad(infer({ shape: "[2251799813685248,2]" }), /data has 12 values, its|too large/),
    grpc: grpc(raw({ ...GOOD_INPUT, shape: [2n ** 51n, 2n] }, FLOATS), /expected|too large/),
  },
  {
    name: "no rows, of endless length",
    http: bad(infer({ shape: "[0,9007199254740991]", data: "[]" }), /columns/),
    grpc: grpc(raw({ ...GOOD_INPUT, shape: [0n, 2n ** 53n - 1n] }, new Uint8Array(0)), /columns/),
  },
  {
    name: "no shape",
    http: bad(infer({ shape: "[]" }), /shape/),
    grpc: grpc(typed({ ...GOOD_INPUT, shape: [] }), /shape is no list of 1 to 8 sizes/),
  },
  {
    name: "shape of a hundred sizes",
    http: bad(infer({ shape: `[${Array(100).fill(1)}]` }), /shape/),
    grpc: grpc(typed({ ...GOOD_INPUT, shape: new Array(100).fill(1n) }), /shape is no list/),
  },
  {
    name: "too few features",
    http: bad(infer({ shape: "[1,3]", data: "[1,2,3]" }), /3 columns, the model has 12/),
    grpc: grpc(
      typed({ ...GOOD_INPUT, shape: [1n, 1n], contents: { fp32Contents: [1] } }),
      /1 column.*the model has 12/,
    ),
  },
  {
    name: "too many features",
    http: bad(infer({ shape: "[1,13]", data: `[${Array(13).fill(1)}]` }), /13 columns/),
    grpc: grpc(raw({ ...GOOD_INPUT, shape: [1n, 13n] }, new Uint8Array(52)), /13 columns/),
  },
  {
    name: "a million features",
    http: http(infer({ shape: "[1,1000000]", data: `[${Array(1_000_000).fill(1)}]` }), 413, /larger than/),
    grpc: grpc(
      raw({ ...GOOD_INPUT, shape: [1n, 1_000_000n] }, new Uint8Array(4_000_000)),
      /larger/,
      Status.RESOURCE_EXHAUSTED,
    ),
  },
  {
    name: "as many features as a request can hold",
    http: bad(infer({ shape: "[1,500000]", data: `[${Array(500_000).fill(1)}]` }), /500000 columns/),
    grpc: grpc(raw({ ...GOOD_INPUT, shape: [1n, 250_000n] }, new Uint8Array(1_000_000)), /250000 columns/),
  },
  {
    name: "ragged rows",
    http: bad(infer({ shape: `[2,${COLS}]`, data: `[${ROW},[1]]` }), /not nested as/),
    grpc: TYPED,
  },
  {
    name: "nested deeper than its shape",
    http: bad(infer({ data: `[[${ROW}]]` }), /input "rows"/),
    grpc: TYPED,
  },
  {
    name: "three dimensions",
    http: bad(infer({ shape: `[1,1,${COLS}]` }), /expected one input of/),
    grpc: grpc(typed({ ...GOOD_INPUT, shape: [1n, 1n, 12n], contents: CONTENTS }), /expected one input of/),
  },
  { name: "data is an object", http: bad(infer({ data: "{}" }), /not an array/), grpc: TYPED },
  {
    name: "no data",
    http: bad(infer({ data: "null" }), /not an array/),
    grpc: grpc(typed(GOOD_INPUT), /0 values of FP32/),
  },
];

const ELEMENTS: readonly HostileClass[] = [
  {
    name: "text for a number",
    http: bad(infer({ data: ROW.replace("1", '"x"') }), /value 1 is "x"/),
    grpc: TYPED,
  },
  {
    name: "numeric text",
    http: bad(infer({ data: ROW.replace("1", '"1.5"') }), /value 1 is "1\.5"/),
    grpc: TYPED,
  },
  {
    name: "true for a number",
    http: bad(infer({ data: ROW.replace("1", "true") }), /value 1 is true/),
    grpc: TYPED,
  },
  {
    name: "an object for a number",
    http: bad(infer({ data: ROW.replace("1", "{}") }), /value 1 is an object/),
    grpc: TYPED,
  },
  {
    name: "null for a whole number",
    http: bad(infer({ datatype: '"INT32"', data: ROW.replace("1", "null") }), /value 1 is null/),
    grpc: TYPED,
  },
  {
    name: "whole number that its type does not have",
    http: bad(infer({ datatype: '"INT8"', data: ROW.replace("1", "128") }), /value 1 is 128/),
    grpc: grpc(
      typed({ ...first, datatype: "INT8", contents: { intContents: [300] } }),
      /value 0 is 300, expected a whole number of INT8/,
    ),
  },
  {
    name: "BYTES for numbers",
    http: bad(infer({ datatype: '"BYTES"', data: `[${Array(COLS).fill('"x"')}]` }), /found "x"/),
    grpc: grpc(
      typed({ ...first, datatype: "BYTES", contents: { bytesContents: [Buffer.from("x")] } }),
      /found "x"/,
    ),
  },
  {
    name: "BYTES that are not UTF-8",
    http: "text of JSON is UTF-8 or the body is refused",
    grpc: grpc(
      typed({ ...first, datatype: "BYTES", contents: { bytesContents: [Uint8Array.of(0xff)] } }),
      /not UTF-8 text/,
    ),
  },
  {
    name: "1e39 in FP32",
    http: http(infer({ data: ROW.replace("1", "1e39") }), 200, /"predict"/),
    grpc: "a float has no such value: FP64 has, and is rounded the same way",
  },
  {
    name: "NaN, Infinity and null as words",
    http: http(
      infer({ data: ROW.replace("1", "NaN").replace("2", "-Infinity").replace("3", "null") }),
      200,
      /"predict"/,
    ),
    grpc: PROTOBUF,
  },
];

const NAMES: readonly HostileClass[] = [
  {
    name: "unknown output",
    http: bad(infer({}, asked("nothing")), /no output "nothing"/),
    grpc: grpc(
      { ...raw(GOOD_INPUT, FLOATS), outputs: [{ name: long }] },
      /no output "x{100}", expected predict/,
    ),
  },
  {
    name: "output of a prototype",
    http: bad(infer({}, asked("constructor")), /no output "constructor"/),
    grpc: grpc({ ...raw(GOOD_INPUT, FLOATS), outputs: [{ name: "constructor" }] }, /no output "constructor"/),
  },
  {
    name: "duplicate output",
    http: bad(infer({}, asked("margin", "margin")), /twice/),
    grpc: grpc(
      { ...raw(GOOD_INPUT, FLOATS), outputs: [{ name: "leaf" }, { name: "leaf" }] },
      /"leaf" is asked for twice/,
    ),
  },
  {
    name: "duplicate input",
    http: bad(columns(["f1", [1]], ["f1", [1]]), /stands twice/),
    grpc: grpc(
      typed({ ...first, contents: { fp32Contents: [1] } }, { ...first, contents: { fp32Contents: [1] } }),
      /stands twice/,
    ),
  },
  {
    name: "inputs of no feature",
    http: bad(columns(["a", [1]], ["b", [1]]), /no input is a feature.*"f0"/),
    grpc: grpc(
      typed(
        { ...first, name: "a", contents: { fp32Contents: [1] } },
        { ...first, name: "b", contents: { fp32Contents: [1] } },
      ),
      /no input is a feature.*"f0"/,
    ),
  },
  {
    name: "inputs of different lengths",
    http: bad(columns(["f1", [1]], ["f2", [1, 1]]), /rows/),
    grpc: grpc(
      typed(
        { ...first, contents: { fp32Contents: [1] } },
        { ...first, name: "f2", shape: [2n], contents: { fp32Contents: [1, 1] } },
      ),
      /rows/,
    ),
  },
  {
    name: "a matrix beside a feature",
    http: bad(
      text(`{"inputs":[${BODY.slice(11, -2)},${(columns(["f1", [1]]).body as string).slice(11, -2)}]}`),
      /expected one input of/,
    ),
    grpc: grpc(
      typed({ ...GOOD_INPUT, contents: CONTENTS }, { ...first, contents: { fp32Contents: [1] } }),
      /expected one input of/,
    ),
  },
  { name: "id that is no text", http: bad(infer({}, ',"id":1'), /id is a number/), grpc: TYPED },
  {
    name: "id of more than 1 kB",
    http: bad(infer({}, `,"id":"${long}"`), /id is text of 5000/),
    grpc: grpc({ ...raw(GOOD_INPUT, FLOATS), id: long }, /id is text of 5000/),
  },
  { name: "parameters that are a list", http: bad(infer({}, ',"parameters":[]'), /parameters/), grpc: TYPED },
  {
    name: "rounds that the model does not have",
    http: bad(infer({}, ',"parameters":{"iteration_range":[0,1000]}'), /rounds/),
    grpc: grpc(
      {
        ...raw(GOOD_INPUT, FLOATS),
        parameters: { iteration_range: { parameterChoice: { case: "stringParam", value: "0,1000" } } },
      },
      /rounds/,
    ),
  },
  {
    name: "rounds that are none",
    http: bad(infer({}, ',"parameters":{"iteration_range":"x"}'), /iteration_range/),
    grpc: grpc(
      {
        ...raw(GOOD_INPUT, FLOATS),
        parameters: { iteration_range: { parameterChoice: { case: "stringParam", value: "9,1,1" } } },
      },
      /iteration_range/,
    ),
  },
  {
    name: "__proto__ and constructor as keys",
    http: http(
      infer({}, ',"parameters":{"__proto__":{"binary_data_output":true},"constructor":{"prototype":1}}'),
      200,
      /"datatype":"FP32","data":\[/,
    ),
    grpc: grpc(
      {
        ...raw(GOOD_INPUT, FLOATS),
        parameters: Object.fromEntries([
          ["__proto__", { parameterChoice: { case: "boolParam", value: true } }],
        ]),
      },
      /^OK$/,
      Status.OK,
    ),
  },
];

const RAW: readonly HostileClass[] = [
  { name: "binary size that is no number", http: bad(binary('"48"', 48), /no whole number/), grpc: TYPED },
  {
    name: "binary size without the header",
    http: bad(text((binary("48", 0).body as Buffer).toString()), /Inference-Header-Content-Length/),
    grpc: "gRPC has no such header",
  },
  {
    name: "binary size too short for the shape",
    http: bad(binary("44", 44), /44 bytes of FP32, expected 48/),
    grpc: grpc(raw(GOOD_INPUT, new Uint8Array(44)), /44 bytes of FP32, expected 48/),
  },
  { name: "binary size beyond the body", http: bad(binary("48", 40), /40 bytes are left/), grpc: TYPED },
  { name: "negative binary size", http: bad(binary("-48", 48), /no whole number/), grpc: TYPED },
  {
    name: "binary size beyond 2^53",
    http: bad(binary("9223372036854775807", 48), /no whole number/),
    grpc: TYPED,
  },
  {
    name: "bytes behind the last input",
    http: bad(binary("48", 52), /4 bytes behind/),
    grpc: grpc(raw(GOOD_INPUT, FLOATS, FLOATS), /has 2 entries, expected one for each of 1/),
  },
  {
    name: "raw and typed contents",
    http: bad(
      text(`{"inputs":[${BODY.slice(11, -3)},"parameters":{"binary_data_size":48}}]}`, {
        ...JSON_TYPE,
        "Inference-Header-Content-Length": "9",
      }),
      /not JSON|both data/,
    ),
    grpc: grpc(raw({ ...GOOD_INPUT, contents: CONTENTS }, FLOATS), /raw_input_contents too/),
  },
  {
    name: "header length beyond the body",
    http: bad(binary("48", 48, 100_000), /expected 0 to/),
    grpc: "gRPC has no such header",
  },
  {
    name: "negative header length",
    http: bad(binary("48", 48, "-1"), /expected 0 to/),
    grpc: "gRPC has no such header",
  },
  {
    name: "header length that is no number",
    http: bad(binary("48", 48, "1e1"), /expected 0 to/),
    grpc: "gRPC has no such header",
  },
  {
    name: "raw body of the wrong size",
    http: bad(binary("48", 47, 0), /bytes/),
    grpc: "a message is never without its parts",
  },
  {
    name: "small values that are many as floats",
    http: http(
      text(
        Buffer.concat([
          Buffer.from(
            `{"inputs":[{"name":"rows","shape":[80000,${COLS}],"datatype":"UINT8","parameters":{"binary_data_size":960000}}],"outputs":[{"name":"interactions"}]}`,
          ),
          Buffer.alloc(960_000),
        ]),
        { ...JSON_TYPE, "Inference-Header-Content-Length": "143" },
      ),
      413,
      /at most 2097152 are allowed/,
    ),
    grpc: grpc(
      {
        ...raw({ ...GOOD_INPUT, datatype: "UINT8", shape: [80_000n, 12n] }, new Uint8Array(960_000)),
        outputs: [{ name: "interactions" }],
      },
      /at most 2097152 are allowed/,
      Status.RESOURCE_EXHAUSTED,
    ),
  },
];

const PATHS: readonly HostileClass[] = [
  {
    name: "unknown model",
    http: notFound("/v2/models/nobody"),
    grpc: grpc({ ...raw(GOOD_INPUT, FLOATS), modelName: "nobody" }, /no model "nobody"/, Status.NOT_FOUND),
  },
  {
    name: "unknown version",
    http: notFound("/v2/models/m/versions/9", /no version "9"/),
    grpc: grpc({ ...raw(GOOD_INPUT, FLOATS), modelVersion: "9" }, /no version "9"/, Status.NOT_FOUND),
  },
  {
    name: "unknown path",
    http: notFound("/nothing"),
    grpc: grpc(FLOATS, /./, Status.UNIMPLEMENTED, { path: "/inference.GRPCInferenceService/Nothing" }),
  },
  {
    name: "model of a prototype",
    http: notFound("/v2/models/__proto__"),
    grpc: grpc(
      { ...raw(GOOD_INPUT, FLOATS), modelName: "__proto__" },
      /no model "__proto__"/,
      Status.NOT_FOUND,
    ),
  },
  {
    name: "%00 in the path",
    http: notFound("/v2/models/%00"),
    grpc: grpc({ ...raw(GOOD_INPUT, FLOATS), modelName: "\u0000" }, /no model/, Status.NOT_FOUND),
  },
  { name: "bad escape", http: notFound("/v2/models/%zz"), grpc: NO_PATHS },
  { name: "escape that is not UTF-8", http: notFound("/v2/models/%ff%fe"), grpc: NO_PATHS },
  {
    name: "traversal",
    http: notFound("/../../etc/passwd"),
    grpc: grpc({ ...raw(GOOD_INPUT, FLOATS), modelName: "../m" }, /no model "..\/m"/, Status.NOT_FOUND),
  },
  { name: "escaped traversal", http: notFound("/v2/models/..%2f..%2fetc%2fpasswd"), grpc: NO_PATHS },
  { name: "two slashes in front", http: notFound("//v2"), grpc: NO_PATHS },
  {
    name: "long name of a model",
    http: notFound(`/v2/models/${long}`),
    grpc: grpc({ ...raw(GOOD_INPUT, FLOATS), modelName: long }, /no model "x+\.\.\."/, Status.NOT_FOUND),
  },
  {
    name: "admin path on the public listener",
    http: notFound("/v2/repository/index"),
    grpc: grpc(FLOATS, /./, Status.UNIMPLEMENTED, {
      path: "/inference.GRPCInferenceService/RepositoryModelLoad",
    }),
  },
  {
    name: "wrong verb",
    http: http({ ...infer(), method: "PUT" }, 405, /takes POST/, { headers: { allow: "POST" } }),
    grpc: "the library answers any verb but POST itself: see frames",
  },
];

const SIZES: readonly HostileClass[] = [
  {
    name: "body over the limit",
    http: http(text(Buffer.alloc(MIB + 1, " ")), 413, /larger than 1048576/),
    grpc: grpc(new Uint8Array(MIB + 1), /larger/, Status.RESOURCE_EXHAUSTED),
  },
  {
    name: "body over the limit, with a mismatched tensor",
    http: http(infer({ data: `[${Array(700_000).fill("1.5")}]` }), 413, /larger than 1048576/),
    grpc: grpc(raw(GOOD_INPUT, new Uint8Array(2 * MIB)), /larger/, Status.RESOURCE_EXHAUSTED),
  },
  {
    name: "chunks over the limit",
    http: http(
      {
        bytes: `${HEAD}Transfer-Encoding: chunked\r\n\r\n${`10000\r\n${" ".repeat(65_536)}\r\n`.repeat(20)}`,
      },
      413,
      /larger than 1048576/,
    ),
    grpc: "a message has its length in front",
  },
  {
    name: "70,000 chunks of a byte",
    http: http({ bytes: chunks(BODY, 70_000) }, 200, /"predict"/),
    grpc: "a message is one frame of gRPC",
  },
  {
    name: "gzip that is none",
    http: bad(text("{}", { ...JSON_TYPE, "Content-Encoding": "gzip" }), /not gzip/),
    grpc: grpc(message(Buffer.alloc(10, 7), 1), /.*/, Status.INTERNAL, {
      headers: { "grpc-encoding": "gzip" },
    }),
  },
  {
    name: "gzip cut short",
    http: bad(text(gzipSync(BODY).subarray(0, 30), { ...JSON_TYPE, "Content-Encoding": "gzip" }), /not gzip/),
    grpc: grpc(message(gzipSync(Buffer.alloc(999)).subarray(0, 15), 1), /.*/, Status.INTERNAL, {
      headers: { "grpc-encoding": "gzip" },
    }),
  },
  {
    name: "gzip bomb",
    http: http(gzip(Buffer.alloc(200 * MIB)), 413, /when unpacked/),
    grpc: grpc(message(gzipSync(Buffer.alloc(200 * MIB)), 1), /.*/, Status.RESOURCE_EXHAUSTED, {
      headers: { "grpc-encoding": "gzip" },
    }),
  },
  {
    name: "deflate bomb",
    http: http(
      text(deflateSync(Buffer.alloc(200 * MIB)), { ...JSON_TYPE, "Content-Encoding": "deflate" }),
      413,
      /when unpacked/,
    ),
    grpc: grpc(message(deflateSync(Buffer.alloc(200 * MIB)), 1), /.*/, Status.RESOURCE_EXHAUSTED, {
      headers: { "grpc-encoding": "deflate" },
    }),
  },
  {
    name: "unknown encoding",
    http: http(text("{}", { ...JSON_TYPE, "Content-Encoding": "zstd" }), 415, /gzip or deflate/),
    grpc: grpc(message(Buffer.alloc(10), 1), /.*/, Status.UNIMPLEMENTED, {
      headers: { "grpc-encoding": "zstd" },
    }),
  },
  {
    name: "unknown content type",
    http: http(text("{}", { "Content-Type": "image/png" }), 415, /image\/png/),
    grpc: "the library answers another content type with 415: see frames",
  },
  {
    name: "content type of a form",
    http: http(
      text("a=1", { "Content-Type": "application/x-www-form-urlencoded" }),
      415,
      /expected application\/json/,
    ),
    grpc: "the library answers another content type with 415: see frames",
  },
  {
    name: "another character set",
    http: http(text("{}", { "Content-Type": "application/json; charset=utf-16" }), 415, /utf-16/),
    grpc: PROTOBUF,
  },
  {
    name: "load of a model with parameters over the limit",
    http: http(text(`{"parameters":{"config":"${"x".repeat(2 * MIB)}"}}`), 413, /larger than/, {
      listener: "admin",
      to: "/v2/repository/models/m/load",
    }),
    grpc: "the repository has no methods over gRPC",
  },
];

const CONNECTIONS: readonly HostileClass[] = [
  {
    name: "a large header",
    http: http({ bytes: `${HEAD}X: ${"x".repeat(20_000)}\r\n\r\n` }, 431, /headers are too large/),
    grpc: {
      frames: () => [
        frame(
          FRAME.headers,
          4,
          1,
          headerBlock({ ":method": "POST", ":path": GRPC_INFER, ":scheme": "http", x: "x".repeat(16_000) }),
        ),
        ...Array.from({ length: 10 }, () => frame(FRAME.data, 0, 1, Buffer.alloc(10))),
      ],
      ends: false,
    },
  },
  {
    name: "a flood of headers",
    http: http(
      { bytes: `${HEAD}${Array.from({ length: 5_000 }, (_, i) => `X-${i}: x\r\n`).join("")}\r\n` },
      431,
      /headers are too large/,
    ),
    grpc: {
      // Headers that never end: a frame of them, and 10,000 that go on.
      frames: function* () {
        yield frame(FRAME.headers, 0, 1, headerBlock({ ":method": "POST" }));
        for (let i = 0; i < 10_000; i++) {
          yield frame(FRAME.continuation, 0, 1, headerBlock({ [`x-${i}`]: "x".repeat(1_000) }));
        }
      },
      ends: true,
    },
  },
  {
    name: "length and chunks",
    http: http(
      { bytes: `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n` },
      400,
      /not a request/,
    ),
    grpc: "HTTP/2 has no chunks",
  },
  {
    name: "two lengths",
    http: http({ bytes: `${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}` }, 400, /not a request/),
    grpc: "a frame has one length",
  },
  {
    name: "bad chunk",
    http: http({ bytes: `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n` }, 400, /not a request/),
    grpc: "HTTP/2 has no chunks",
  },
  {
    name: "no host",
    http: http({ bytes: "GET /v2 HTTP/1.1\r\nConnection: close\r\n\r\n" }, 400, /no header Host/),
    grpc: "gRPC has no need of one",
  },
  {
    name: "a hello of TLS to plaintext",
    http: http(
      { bytes: Buffer.from("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "latin1") },
      400,
      /not a request/,
    ),
    grpc: {
      frames: () => [Buffer.from("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "latin1")],
      ends: true,
    },
  },
  {
    name: "headers that do not end",
    http: http({ bytes: "GET /v2 HTTP/1.1\r\nHost: x\r\n" }, 408, /too long to arrive/),
    grpc: grpc(message(Buffer.alloc(10)).subarray(0, 8), /longer than/, Status.DEADLINE_EXCEEDED, {
      headers: { "x-unfinished": "true" },
    }),
  },
  {
    name: "a body that does not come",
    http: http({ bytes: `${HEAD}Content-Length: 100\r\n\r\n{` }, 408, /too long to arrive/),
    grpc: grpc(new Uint8Array(0), /longer than/, Status.DEADLINE_EXCEEDED, {
      headers: { "x-unfinished": "true" },
    }),
  },
  {
    name: "a connection that says nothing",
    http: http({ bytes: "" }, 408, /too long to arrive/),
    grpc: { frames: () => [], ends: true },
  },
  { name: "rapid reset", http: NO_STREAMS, grpc: { frames: rapidReset, ends: true } },
  {
    name: "a flood of settings",
    http: NO_STREAMS,
    grpc: { frames: () => times(50_000, frame(FRAME.settings, 0, 0)), ends: true },
  },
  {
    name: "a flood of pings",
    http: NO_STREAMS,
    grpc: { frames: () => times(50_000, frame(FRAME.ping, 0, 0, Buffer.alloc(8))), ends: true },
  },
  {
    name: "a flood of empty data",
    http: NO_STREAMS,
    grpc: {
      frames: function* () {
        yield frame(FRAME.headers, 4, 1, headerBlock(CALL));
        yield* times(50_000, frame(FRAME.data, 0, 1));
      },
      ends: true,
    },
  },
  {
    name: "a frame that is larger than allowed",
    http: NO_STREAMS,
    grpc: { frames: () => [frame(FRAME.data, 0, 1, Buffer.alloc(1 << 20))], ends: true },
  },
  {
    name: "data of a stream that there is not",
    http: NO_STREAMS,
    grpc: { frames: () => [frame(FRAME.data, 0, 7, Buffer.alloc(8))], ends: true },
  },
  {
    name: "a window that overflows",
    http: NO_STREAMS,
    grpc: {
      frames: () => times(3, frame(FRAME.windowUpdate, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff]))),
      ends: true,
    },
  },
  {
    name: "a header block that is none",
    http: NO_STREAMS,
    grpc: { frames: () => [frame(FRAME.headers, 4, 1, Buffer.alloc(100, 0xff))], ends: true },
  },
];

const CALL = {
  ":method": "POST",
  ":scheme": "http",
  ":path": GRPC_INFER,
  ":authority": "x",
  "content-type": "application/grpc",
  te: "trailers",
};

function* times(count: number, each: Buffer): Generator<Buffer> {
  for (let i = 0; i < count; i++) {
    yield each;
  }
}

function* rapidReset(): Generator<Buffer> {
  const block = headerBlock(CALL);
  for (let stream = 1; stream < 40_000; stream += 2) {
    yield frame(FRAME.headers, 4, stream, block);
    yield frame(FRAME.rstStream, 0, stream, Buffer.from([0, 0, 0, 8]));
  }
}

export const CLASSES: readonly HostileClass[] = [
  ...BODIES,
  ...INPUTS,
  ...ELEMENTS,
  ...NAMES,
  ...RAW,
  ...PATHS,
  ...SIZES,
  ...CONNECTIONS,
];
