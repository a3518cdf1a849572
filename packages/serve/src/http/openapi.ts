/** The OpenAPI document, made from the routes themselves, and a page that shows it. */
import { SERVER_VERSION } from "../version.ts";
import { json, type Operation, type Route } from "./exchange.ts";

const FAILURES: Readonly<Record<number, string>> = {
  400: "The request cannot be used: the message says what was found and what is expected",
  404: "No such model, version or path",
  405: "The path is not for this method",
  413: "Body or reply would be too large",
  415: "Content type or encoding that is not known",
  500: "A failure inside",
  501: "The model lacks what was asked for",
  503: "Not ready, or too busy",
  504: "Not done by the deadline",
};

const ERROR = {
  type: "object",
  required: ["error"],
  properties: { error: { type: "string" } },
};

/** The document and its page, as routes. */
export function documentRoutes(routes: readonly Route[]): Route[] {
  const operation = (summary: string): Operation => ({ tag: "About", summary });
  const own: Route[] = [
    {
      method: "GET",
      path: "/openapi.json",
      protocol: "about",
      handle: () => document,
      operation: operation("This document."),
    },
    {
      method: "GET",
      path: "/docs",
      protocol: "about",
      handle: () => ({ status: 200, type: "text/html; charset=utf-8", body: page, headers: PAGE_HEADERS }),
      operation: operation("A page that shows it."),
    },
  ];
  const all = [...routes, ...own];
  const document = json(openApi(all));
  const page = docsPage(all);
  return own;
}

function openApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    paths[route.path]![route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "xgboost-infer-serve",
      version: SERVER_VERSION,
      description: "Scores rows with XGBoost models.",
    },
    paths,
    components: { schemas: { Error: ERROR } },
  };
}

function operationOf({ path, operation }: Route): object {
  const { tag, summary, body, reply, failures = [] } = operation;
  const parameters = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const error = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };
  const statuses = [...new Set([...failures, 500])].sort((a, b) => a - b);
  return {
    tags: [tag],
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contents(body) } }),
    responses: {
      200: { description: "Done", ...(reply === undefined ? {} : { content: contents(reply) }) },
      ...Object.fromEntries(
        statuses.map((status) => [status, { description: FAILURES[status] ?? "Failure", content: error }]),
      ),
    },
  };
}

function contents(types: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(types).map(([type, schema]) => [type, { schema }]));
}

/** Nothing is loaded, and nothing runs. */
const PAGE_HEADERS = ["Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"];

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:14px/1.5 ui-monospace,monospace}pre{background:#8881;padding:.75rem;overflow:auto}
dt{margin-top:1rem}dd{margin:.25rem 0 0 1.5rem}b{display:inline-block;min-width:3.5rem}:root{color-scheme:light dark}`;

function docsPage(routes: readonly Route[]): string {
  const tags = [...new Set(routes.map(({ operation }) => operation.tag))];
  const sections = tags.map((tag) => {
    const entries = routes.filter(({ operation }) => operation.tag === tag).map(entryOf);
    return `<h2>${escapeHtml(tag)}</h2><dl>${entries.join("")}</dl>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>xgboost-infer-serve</title><style>${STYLE}</style><h1>xgboost-infer-serve ${escapeHtml(SERVER_VERSION)}</h1><p>The same as a document: <a href="openapi.json">openapi.json</a></p>${sections.join("")}</html>`;
}

function entryOf({ method, path, operation }: Route): string {
  const examples = Object.entries(operation.body ?? {}).flatMap(([type, schema]) => {
    const { example } = schema as { readonly example?: unknown };
    return example === undefined
      ? []
      : [`<pre>${escapeHtml(type)}\n${escapeHtml(JSON.stringify(example, null, 1))}</pre>`];
  });
  return `<dt><code><b>${method}</b> ${escapeHtml(path)}</code></dt><dd>${escapeHtml(operation.summary)}${examples.join("")}</dd>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
