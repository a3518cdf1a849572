/** Routes of the Open Inference Protocol: health, metadata, inference. */

import type { Api } from "../api.ts";
import { Failure } from "../failure.ts";
import { DATATYPES } from "../oip/datatypes.ts";
import { modelMetadata } from "../oip/metadata.ts";
import { statisticsJson, statisticsOf } from "../oip/statistics.ts";
import { SERVER_NAME, SERVER_VERSION } from "../version.ts";
import { type Exchange, json, type Reply, type Route } from "./exchange.ts";
import { infer, OIP_REST } from "./oip-infer.ts";

const TAG = "Open Inference Protocol";

/** What this server does beyond the core of the protocol. */
const EXTENSIONS = ["binary_tensor_data", "model_repository", "statistics"];

type Details = Pick<Route, "method" | "path" | "handle" | "open"> & {
  readonly operation: Omit<Route["operation"], "tag">;
};

export function healthRoutes(api: Pick<Api, "isReady">): Route[] {
  return [
    route({
      method: "GET",
      path: "/v2/health/live",
      open: true,
      handle: () => json({ live: true }),
      operation: { summary: "Whether the service runs." },
    }),
    route({
      method: "GET",
      path: "/v2/health/ready",
      open: true,
      handle: () => {
        const ready = api.isReady();
        return json({ ready, live: ready }, ready ? 200 : 503);
      },
      operation: {
        summary: "Whether requests can be answered: models are loaded, and the service is not stopping.",
        failures: [503],
      },
    }),
  ];
}

export function oipRoutes(api: Api): Route[] {
  const models = ["/v2/models/{name}", "/v2/models/{name}/versions/{version}"];
  return [
    ...healthRoutes(api),
    route({
      method: "GET",
      path: "/v2",
      handle: () => json({ name: SERVER_NAME, version: SERVER_VERSION, extensions: EXTENSIONS }),
      operation: { summary: "Name and version of the service, and the extensions that it has." },
    }),
    statisticsRoute(api, "/v2/models/stats"),
    ...models.flatMap((path) => modelRoutes(api, path)),
  ];
}

function modelRoutes(api: Api, path: string): Route[] {
  return [
    route({
      method: "GET",
      path,
      handle: (exchange) => metadata(api, exchange),
      operation: { summary: "Features and outputs of a model.", failures: [404, 503] },
    }),
    route({
      method: "GET",
      path: `${path}/ready`,
      handle: ({ params }) =>
        json({ name: api.repository.get(params["name"]!, params["version"]).name, ready: true }),
      operation: { summary: "Whether a model can answer.", failures: [404, 503] },
    }),
    statisticsRoute(api, `${path}/stats`),
    route({
      method: "POST",
      path: `${path}/infer`,
      handle: (exchange) => infer(api, exchange),
      operation: {
        summary:
          "Scores rows: one input of [rows, features], or one of [rows] or [rows, 1] for each feature by name. Outputs: predict, predict_proba, margin, leaf, contribs, interactions.",
        body: {
          "application/json": INFER_BODY,
          "application/octet-stream": { type: "string", format: "binary" },
        },
        reply: {
          "application/json": INFER_REPLY,
          "application/octet-stream": { type: "string", format: "binary" },
        },
        failures: [400, 404, 413, 415, 501, 503, 504],
      },
    }),
  ];
}

function statisticsRoute(api: Api, path: string): Route {
  return route({
    method: "GET",
    path,
    handle: ({ params }) => json(statisticsJson(statisticsOf(api, params["name"], params["version"]))),
    operation: {
      summary:
        "What models have done since the process started, as Triton's statistics extension has it: requests, rows, and nanoseconds.",
      failures: [404, 503],
    },
  });
}

function route(details: Details): Route {
  return { ...details, protocol: OIP_REST, operation: { ...details.operation, tag: TAG } };
}

function metadata({ repository }: Api, { params }: Exchange): Reply {
  const name = params["name"]!;
  const model = repository.get(name, params["version"]);
  const versions = repository.versions(name).map(({ version }) => version);
  if (versions.length === 0) {
    throw new Failure("unavailable", "the model has just been unloaded");
  }
  return json(modelMetadata(model, versions));
}

const TENSOR = {
  type: "object",
  required: ["name", "shape", "datatype"],
  properties: {
    name: { type: "string" },
    shape: { type: "array", items: { type: "integer", minimum: 0 } },
    datatype: { type: "string", enum: DATATYPES },
    parameters: { type: "object" },
    data: { type: "array", description: "row-major, flat or nested; NaN and null are missing" },
  },
};

const INFER_BODY = {
  type: "object",
  required: ["inputs"],
  properties: {
    id: { type: "string", maxLength: 1024 },
    parameters: {
      type: "object",
      properties: {
        iteration_range: {
          type: ["array", "string"],
          description: "[begin, end] or “begin,end”: boosting rounds",
        },
        approx_contribs: { type: "boolean" },
        binary_data_output: { type: "boolean" },
      },
    },
    inputs: { type: "array", minItems: 1, items: TENSOR },
    outputs: {
      type: "array",
      items: {
        type: "object",
        required: ["name"],
        properties: { name: { type: "string" }, parameters: { type: "object" } },
      },
    },
  },
  example: {
    inputs: [{ name: "rows", shape: [1, 3], datatype: "FP32", data: [1.5, null, 3] }],
    outputs: [{ name: "predict" }],
  },
};

const INFER_REPLY = {
  type: "object",
  required: ["model_name", "model_version", "outputs"],
  properties: {
    model_name: { type: "string" },
    model_version: { type: "string" },
    id: { type: "string" },
    parameters: { type: "object" },
    outputs: { type: "array", items: TENSOR },
  },
};
