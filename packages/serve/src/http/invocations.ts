/** `/invocations` and `/ping`, as MLflow's scoring server and SageMaker's containers have them. */

import { type Api, onlyModel, score } from "../api.ts";
import { Failure, invalid } from "../failure.ts";
import { scoreOptions } from "../oip/parameters.ts";
import { OUTPUT_KINDS, type OutputKind, type ScoredOutput } from "../scoring/request.ts";
import { ColumnRows, type Rows } from "../scoring/rows.ts";
import { SERVER_VERSION } from "../version.ts";
import { type Exchange, json, type Reply, type Route } from "./exchange.ts";
import { predictionsOf, rowsOf } from "./instances.ts";
import { bodyText, isObject, type JsonObject, member, nameOf, parseObject } from "./json.ts";
import { mediaType } from "./media-type.ts";
import { retryHeaders, STATUS } from "./status.ts";
import { readCsv, readLibsvm } from "./tables.ts";

const PROTOCOL = "invocations";
const TAG = "MLflow and SageMaker";

const TYPES = ["application/json", "text/csv", "text/libsvm", "text/x-libsvm"] as const;

/** The kinds of tables that a JSON body can have: just one of them. */
const TABLES = ["dataframe_split", "dataframe_records", "instances", "inputs"] as const;

/** A request as it was read. */
interface Invocation {
  readonly rows: Rows;
  readonly output: OutputKind;
  readonly parameters: JsonObject;
  /** Type of the reply where the client does not mind. */
  readonly answersCsv: boolean;
}

export function invocationRoutes(api: Api): Route[] {
  const health = ["/ping", "/health"].map(
    (path): Route => ({
      method: "GET",
      path,
      open: true,
      protocol: PROTOCOL,
      handle: () => (api.isReady() ? text("\n") : text("not ready\n", 503)),
      operation: { tag: TAG, summary: "Whether requests can be answered.", failures: [503] },
    }),
  );
  return [
    ...health,
    {
      method: "GET",
      path: "/version",
      protocol: PROTOCOL,
      handle: () => text(SERVER_VERSION),
      operation: { tag: TAG, summary: "Version of the service." },
    },
    {
      method: "GET",
      path: "/execution-parameters",
      protocol: PROTOCOL,
      handle: () =>
        json({
          MaxConcurrentTransforms: 1,
          BatchStrategy: "MULTI_RECORD",
          MaxPayloadInMB: Math.max(1, Math.floor(api.config.maxRequestBytes / 2 ** 20)),
        }),
      operation: { tag: TAG, summary: "How batch jobs should send requests." },
    },
    {
      method: "POST",
      path: "/invocations",
      protocol: PROTOCOL,
      handle: (exchange) => invoke(api, exchange),
      fail: (failure) => refusal(failure),
      operation: {
        tag: TAG,
        summary:
          "Scores a table: JSON with one of dataframe_split, dataframe_records, instances and inputs; CSV with or without header; LIBSVM. The header X-Model-Name names the model where there are several.",
        body: {
          "application/json": {
            type: "object",
            example: { dataframe_split: { columns: ["f0", "f1"], data: [[1.5, null]] } },
          },
          "text/csv": { type: "string" },
          "text/libsvm": { type: "string" },
        },
        reply: {
          "application/json": { type: "object", properties: { predictions: { type: "array" } } },
          "text/csv": { type: "string" },
        },
        failures: [400, 404, 413, 415, 503, 504],
      },
    },
  ];
}

function invoke(api: Api, exchange: Exchange): Reply | Promise<Reply> {
  if (exchange.body.length === 0) {
    return { status: 204, type: "text/plain", body: "" };
  }
  const { rows, output, parameters, answersCsv } = read(exchange);
  const accept = exchange.request.headers.accept ?? "";
  const csv = /\btext\/csv\b/i.test(accept) || (answersCsv && !/\bjson\b/i.test(accept));
  const named = exchange.request.headers["x-model-name"];
  const model = typeof named === "string" && named !== "" ? named : onlyModel(api);
  return score(
    api,
    exchange,
    { protocol: PROTOCOL, model, rows, outputs: [output], options: scoreOptions(parameters) },
    ({ outputs }) => (csv ? csvReply(outputs[0]!) : json({ predictions: predictionsOf(outputs[0]!) })),
  );
}

function read({ request, body }: Exchange): Invocation {
  const { headers } = request;
  const type = mediaType(headers["content-type"]);
  const plain = { output: "value", parameters: {} } as const;
  switch (type) {
    case "application/json":
      return readJson(parseObject(bodyText(body)));
    case "text/csv": {
      const header = /;\s*header\s*=\s*(present|absent)/i.exec(headers["content-type"] ?? "")?.[1];
      const { rows, hasHeader } = readCsv(
        bodyText(body),
        header === undefined ? undefined : header.toLowerCase() === "present",
      );
      return { rows, answersCsv: !hasHeader, ...plain };
    }
    case "text/libsvm":
    case "text/x-libsvm":
      return { rows: readLibsvm(bodyText(body)), answersCsv: true, ...plain };
    default:
      throw new Failure(
        "unsupportedType",
        `content type ${JSON.stringify(type.slice(0, 100))}, expected ${TYPES.join(", ")}`,
      );
  }
}

function readJson(request: JsonObject): Invocation {
  const [key, ...others] = TABLES.filter((each) => Object.hasOwn(request, each));
  if (key === undefined || others.length > 0) {
    throw invalid(`expected one of ${TABLES.join(", ")}`);
  }
  const parameters = member(request, "params") ?? {};
  if (!isObject(parameters)) {
    throw invalid(`params is ${nameOf(parameters)}, expected an object`);
  }
  return {
    rows: readTable(key, member(request, key)),
    output: outputOf(parameters),
    parameters,
    answersCsv: false,
  };
}

function readTable(key: (typeof TABLES)[number], value: unknown): Rows {
  if (key === "dataframe_split") {
    return readSplit(value);
  }
  return key === "inputs" && isObject(value) ? readColumns(value) : rowsOf(value, key);
}

/** `{columns, data}`, as pandas writes a table. */
function readSplit(value: unknown): Rows {
  const columns = isObject(value) ? member(value, "columns") : undefined;
  const data = isObject(value) ? member(value, "data") : undefined;
  if (!Array.isArray(data) || (columns !== undefined && !Array.isArray(columns))) {
    throw invalid("dataframe_split: expected columns, a list of names, and data, a list of rows");
  }
  const width = columns?.length ?? (Array.isArray(data[0]) ? data[0].length : 0);
  const wrong = data.findIndex((row) => !Array.isArray(row) || row.length !== width);
  if (wrong >= 0) {
    throw invalid(`dataframe_split: data[${wrong}] is no list of ${width} values`);
  }
  if (columns === undefined) {
    return rowsOf(data, "dataframe_split.data");
  }
  return new ColumnRows(
    columns.map((name: unknown, i) => ({ name: String(name), values: data.map((row: unknown[]) => row[i]) })),
    data.length,
  );
}

/** Lists of values by feature name, all of the same length. */
function readColumns(value: JsonObject): Rows {
  const columns = Object.entries(value).map(([name, values]) => ({ name, values }));
  const rows = Array.isArray(columns[0]?.values) ? columns[0].values.length : 0;
  const wrong = columns.find(({ values }) => !Array.isArray(values) || values.length !== rows);
  if (columns.length === 0 || wrong !== undefined) {
    throw invalid("inputs: expected a list of values for each feature, all of the same length");
  }
  return new ColumnRows(columns as { name: string; values: unknown[] }[], rows);
}

function outputOf(parameters: JsonObject): OutputKind {
  const name = member(parameters, "output") ?? "value";
  const kind = OUTPUT_KINDS.find((each) => each === name);
  if (kind === undefined) {
    throw invalid(`params.output is none of ${OUTPUT_KINDS.join(", ")}`);
  }
  return kind;
}

/** Rows as SageMaker's container writes them: separated by commas where each is one number, else a line each. */
function csvReply({ data, shape }: ScoredOutput): Reply {
  const width = shape.slice(1).reduce((product, size) => product * size, 1);
  if (width === 1) {
    return text(data.join(","), 200, "text/csv");
  }
  const lines = Array.from({ length: shape[0]! }, (_, row) =>
    data.subarray(row * width, (row + 1) * width).join(","),
  );
  return text(lines.join("\n"), 200, "text/csv");
}

function text(body: string, status = 200, type = "text/plain"): Reply {
  return { status, type: `${type}; charset=utf-8`, body };
}

/** MLflow's clients read `error_code` and `message`; all others know `error`. */
function refusal(failure: Failure): Reply {
  const code = failure.kind === "internal" ? "INTERNAL_ERROR" : "BAD_REQUEST";
  return json(
    { error_code: code, message: failure.message, error: failure.message },
    STATUS[failure.kind],
    retryHeaders(failure),
  );
}
