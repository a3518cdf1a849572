/** KServe's first protocol, which is that of TensorFlow Serving. */

import { type Api, score } from "../api.ts";
import { invalid } from "../failure.ts";
import { type Exchange, json, type Reply, type Route } from "./exchange.ts";
import { predictionsOf, rowsOf } from "./instances.ts";
import { bodyText, member, parseObject } from "./json.ts";
import { expectType } from "./media-type.ts";

const PROTOCOL = "kserve-v1";
const TAG = "KServe v1";

export function kserveRoutes(api: Api): Route[] {
  return [
    {
      method: "GET",
      path: "/",
      open: true,
      protocol: PROTOCOL,
      handle: () => json({ status: "alive" }),
      operation: { tag: TAG, summary: "Whether the service runs." },
    },
    {
      method: "GET",
      path: "/v1/models",
      protocol: PROTOCOL,
      handle: () => json({ models: api.repository.names() }),
      operation: { tag: TAG, summary: "Names of the models that are ready." },
    },
    {
      method: "GET",
      path: "/v1/models/{name}",
      protocol: PROTOCOL,
      handle: ({ params }) => json({ name: api.repository.get(params["name"]!).name, ready: true }),
      operation: { tag: TAG, summary: "Whether a model is ready.", failures: [404, 503] },
    },
    {
      method: "POST",
      path: "/v1/models/{name}:predict",
      protocol: PROTOCOL,
      handle: (exchange) => predict(api, exchange),
      operation: {
        tag: TAG,
        summary: "Scores rows: lists in the model's order, or objects by feature name.",
        body: {
          "application/json": {
            type: "object",
            properties: { instances: { type: "array" } },
            example: { instances: [[1.5, null, 3]] },
          },
        },
        reply: { "application/json": { type: "object", properties: { predictions: { type: "array" } } } },
        failures: [400, 404, 413, 415, 503, 504],
      },
    },
  ];
}

function predict(api: Api, exchange: Exchange): Reply | Promise<Reply> {
  expectType(exchange.request.headers["content-type"], "application/json");
  const request = parseObject(bodyText(exchange.body));
  const [key, ...others] = ["instances", "inputs"].filter((each) => Object.hasOwn(request, each));
  if (key === undefined || others.length > 0) {
    throw invalid("expected instances, a list of rows");
  }
  const rows = rowsOf(member(request, key), key);
  return score(
    api,
    exchange,
    { protocol: PROTOCOL, model: exchange.params["name"]!, rows, outputs: ["value"] },
    ({ outputs }) => json({ predictions: predictionsOf(outputs[0]!) }),
  );
}
