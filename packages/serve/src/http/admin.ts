/** The admin listener: loading of models, metrics, level of the log. */

import { LOG_LEVELS, type LogLevel } from "../config/settings.ts";
import { invalid } from "../failure.ts";
import type { IndexEntry } from "../repository/repository.ts";
import { type Exchange, json, type Reply, type Route } from "./exchange.ts";
import { bodyText, member, parseObject } from "./json.ts";
import { healthRoutes } from "./oip-routes.ts";

const PROTOCOL = "admin";

/** What the admin listener works with: one process, or all workers at once. */
export interface Admin {
  readonly metricsType: string;
  readonly logLevel: string;
  isReady(): boolean;
  index(): Promise<readonly IndexEntry[]>;
  load(name: string): Promise<void>;
  unload(name: string): Promise<void>;
  reload(): Promise<void>;
  metrics(): Promise<string>;
  setLogLevel(level: LogLevel): Promise<void>;
}

type Details = Pick<Route, "method" | "path" | "handle"> & {
  readonly summary: string;
  readonly failures?: number[];
};

export function adminRoutes(admin: Admin): Route[] {
  return [
    ...healthRoutes(admin),
    route({
      method: "POST",
      path: "/v2/repository/index",
      handle: (exchange) => index(admin, exchange),
      summary:
        "All versions of all models: name, version, state and reason. With {“ready”: true}, only those that are ready.",
    }),
    route({
      method: "POST",
      path: "/v2/repository/models/{name}/load",
      handle: ({ params }) => admin.load(params["name"]!).then(() => json({})),
      summary:
        "Loads a model anew, also one that was unloaded. Where its files cannot be used, the old one goes on.",
      failures: [400, 404],
    }),
    route({
      method: "POST",
      path: "/v2/repository/models/{name}/unload",
      handle: ({ params }) => admin.unload(params["name"]!).then(() => json({})),
      summary: "Takes a model away until it is loaded on request.",
      failures: [404],
    }),
    route({
      method: "POST",
      path: "/v2/repository/reload",
      handle: async () => {
        await admin.reload();
        return json(await admin.index());
      },
      summary: "Takes in what has changed in the repository, and answers with its index.",
    }),
    route({
      method: "GET",
      path: "/metrics",
      handle: async () => ({ status: 200, type: admin.metricsType, body: await admin.metrics() }),
      summary: "Metrics in Prometheus' text format.",
    }),
    route({
      method: "GET",
      path: "/log/level",
      handle: () => json({ level: admin.logLevel }),
      summary: "Level of the log.",
    }),
    route({
      method: "PUT",
      path: "/log/level",
      handle: (exchange) => setLevel(admin, exchange),
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

async function index(admin: Admin, { body }: Exchange): Promise<Reply> {
  const request = body.length === 0 ? {} : parseObject(bodyText(body));
  const onlyReady = member(request, "ready") === true;
  return json((await admin.index()).filter(({ state }) => !onlyReady || state === "READY"));
}

async function setLevel(admin: Admin, { body }: Exchange): Promise<Reply> {
  const level = member(parseObject(bodyText(body)), "level");
  const known = LOG_LEVELS.find((each) => each === level);
  if (known === undefined) {
    throw invalid(`level is none of ${LOG_LEVELS.join(", ")}`);
  }
  await admin.setLogLevel(known);
  return json({ level: known });
}
