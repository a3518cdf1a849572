/** Paths to routes. */
import findMyWay from "find-my-way";
import { Failure } from "../failure.ts";
import type { Route } from "./exchange.ts";

/** Names of models are not longer. */
const MAX_PARAMETER = 512;

const METHODS = ["GET", "POST", "PUT"] as const;

export interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string | undefined>>;
}

export class Router {
  readonly routes: readonly Route[];
  readonly #paths = findMyWay({
    ignoreTrailingSlash: true,
    maxParamLength: MAX_PARAMETER,
    onBadUrl: () => undefined,
  });

  constructor(routes: readonly Route[]) {
    this.routes = routes;
    for (const route of routes) {
      this.#paths.on(route.method, pattern(route.path), () => undefined, route);
    }
  }

  /**
   * @param method `HEAD` finds what `GET` does
   * @throws Failure for a path that is not there, or not for this method
   */
  find(method: string, url: string): Found {
    const query = url.indexOf("?");
    const path = query < 0 ? url : url.slice(0, query);
    const found = this.#lookup(method === "HEAD" ? "GET" : method, path);
    if (found !== undefined) {
      return found;
    }
    const others = METHODS.filter((each) => this.#lookup(each, path) !== undefined);
    if (others.length > 0) {
      throw new MethodFailure(method, others);
    }
    throw new Failure("notFound", "no such path; /openapi.json lists those that there are");
  }

  #lookup(method: string, path: string): Found | undefined {
    if (path.includes("%00") || !path.startsWith("/")) {
      return undefined;
    }
    const found = this.#paths.find(method as "GET", path);
    return found?.store === undefined || found.store === null
      ? undefined
      : { route: found.store as Route, params: found.params };
  }
}

/** The path is there, but not for this method. */
export class MethodFailure extends Failure {
  readonly allowed: readonly string[];

  constructor(method: string, allowed: readonly string[]) {
    super(
      "methodNotAllowed",
      `${method.slice(0, 20)} is not for this path, which takes ${allowed.join(", ")}`,
    );
    this.allowed = allowed;
  }
}

/** `/v1/models/{name}:predict` → `/v1/models/:name(^[^/]+?)::predict`: a doubled colon stands for itself. */
function pattern(path: string): string {
  return path
    .replaceAll(":", "::")
    .replace(
      /\{(\w+)\}(:?)/g,
      (_, name: string, colon: string) => `:${name}${colon === "" ? "" : "(^[^/]+?):"}`,
    );
}
