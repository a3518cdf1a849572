/** The admin listener: loading of models, metrics, level of the log. */

import { LOG_LEVELS } from "../config/settings.ts";
import { invalid } from "../failure.ts";
import type { Logger } from "../log/logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Api } from "./api.ts";
import { type Exchange, json, type Reply, type Route } from "./exchange.ts";
import { bodyText, member, parseObject } from "./json.ts";
import { healthRoutes } from "./oip-routes.ts";

const PROTOCOL = "admin";

type Details = Pick<Route, "method" | "path" | "handle"> & {
  readonly summary: string;
  readonly failures?: number[];
};

export function adminRoutes(api: Api, metrics: Metrics, logger: Logger): Route[] {
  const { repository } = api;
  return [
    ...healthRoutes(api),
    route({
      method: "POST",
      path: "/v2/repository/index",
      handle: (exchange) => index(api, exchange),
      summary:
        "All versions of all models: name, version, state and reason. With {“ready”: true}, only those that are ready.",
    }),
    route({
      method: "POST",
      path: "/v2/repository/models/{name}/load",
      handle: ({ params }) => repository.load(params["name"]!).then(() => json({})),
      summary:
        "Loads a model anew, also one that was unloaded. Where its files cannot be used, the old one goes on.",
      failures: [400, 404],
    }),
    route({
      method: "POST",
      path: "/v2/repository/models/{name}/unload",
      handle: ({ params }) => repository.unload(params["name"]!).then(() => json({})),
      summary: "Takes a model away until it is loaded on request.",
      failures: [404],
    }),
    route({
      method: "POST",
      path: "/v2/repository/reload",
      handle: () => repository.reload().then(() => json(repository.index())),
      summary: "Takes in what has changed in the repository, and answers with its index.",
    }),
    route({
      method: "GET",
      path: "/metrics",
      handle: async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
      summary: "Metrics in Prometheus' text format.",
    }),
    route({
      method: "GET",
      path: "/log/level",
      handle: () => json({ level: logger.level }),
      summary: "Level of the log.",
    }),
    route({
      method: "PUT",
      path: "/log/level",
      handle: (exchange) => setLevel(logger, exchange),
      summary: `Sets the level of the log: {“level”: …}, one of ${LOG_LEVELS.join(", ")}.`,
      failures: [400],
    }),
  ];
}

function route({ summary, failures, ...details }: Details): Route {
  return {
    ...details,
    protocol: PROTOCOL,
    operation: { tag: "Admin", summary, ...(failures === undefined ? {} : { failures }) },
  };
}

function index({ repository }: Api, { body }: Exchange): Reply {
  const request = body.length === 0 ? {} : parseObject(bodyText(body));
  const onlyReady = member(request, "ready") === true;
  return json(repository.index().filter(({ state }) => !onlyReady || state === "READY"));
}

function setLevel(logger: Logger, { body }: Exchange): Reply {
  const level = member(parseObject(bodyText(body)), "level");
  const known = LOG_LEVELS.find((each) => each === level);
  if (known === undefined) {
    throw invalid(`level is none of ${LOG_LEVELS.join(", ")}`);
  }
  logger.level = known;
  return json({ level: known });
}
