/** `POST /` with `resource_id` and `feature_dict`: the contract of the service that this one takes the place of. */
import { type Api, score } from "../api.ts";
import { type Failure, type FailureKind, invalid } from "../failure.ts";
import { NamedRows } from "../scoring/rows.ts";
import { type Exchange, json, type Route } from "./exchange.ts";
import { readForm } from "./form.ts";
import { bodyText, isObject, type JsonObject, member, nameOf, parseObject } from "./json.ts";
import { expectType } from "./media-type.ts";

const PROTOCOL = "original";

/** Callers look at `status`, never at that of HTTP: 0 success, 1 wrong parameters, 5 a failure inside. */
const SUCCESS = 0;
const STATUS: Readonly<Record<FailureKind, 1 | 5>> = {
  unauthenticated: 1,
  invalid: 1,
  refused: 1,
  notFound: 1,
  methodNotAllowed: 1,
  tooLarge: 1,
  unsupportedType: 1,
  unsupported: 5,
  busy: 5,
  unavailable: 5,
  deadline: 5,
  cancelled: 5,
  internal: 5,
};

const FORM = "application/x-www-form-urlencoded";
const FIELDS = ["resource_id", "feature_dict"] as const;

export function originalRoutes(api: Api): Route[] {
  return [
    {
      method: "POST",
      path: "/",
      protocol: PROTOCOL,
      handle: (exchange) => answer(api, exchange),
      fail: (failure, { id }) => refusal(failure, id),
      operation: {
        tag: "Original contract",
        summary:
          "Scores one row by feature name. Always 200: status is 0 for success, 1 for wrong parameters, 5 for a failure inside.",
        body: {
          [FORM]: object({
            resource_id: text("the model's name"),
            feature_dict: text("JSON text of the features by name"),
          }),
          "application/json": object({
            resource_id: text("the model's name"),
            feature_dict: { type: "object" },
          }),
        },
        reply: {
          "application/json": {
            ...object({
              status: { type: "integer", enum: [0, 1, 5] },
              msg: { type: "string" },
              result: { type: ["object", "null"] },
            }),
            example: {
              status: 0,
              msg: "success",
              result: { score: 0.25, model: "risk-score", version: "3" },
            },
          },
        },
      },
    },
  ];
}

function answer(api: Api, exchange: Exchange) {
  const { model, features } = readRequest(exchange);
  const rows = new NamedRows([features]);
  return score(api, exchange, { protocol: PROTOCOL, model, rows, outputs: ["value"] }, (scored) => {
    const { data } = scored.outputs[0]!;
    return json({
      status: SUCCESS,
      msg: "success",
      result: {
        score: data.length === 1 ? data[0] : Array.from(data),
        model: scored.model.name,
        version: scored.model.version,
        digest: scored.model.digest,
        missing: scored.row?.missing,
        missingWeight: scored.row?.missingWeight,
        unknown: scored.unknown.length === 0 ? undefined : scored.unknown,
      },
      request_id: exchange.id,
    });
  });
}

function refusal(failure: Failure, id: string) {
  return json({ status: STATUS[failure.kind], msg: failure.message, result: null, request_id: id });
}

function readRequest({ request, body }: Exchange): { model: string; features: JsonObject } {
  const type = expectType(request.headers["content-type"], FORM, "application/json");
  const fields: JsonObject = type === FORM ? readForm(body, FIELDS) : parseObject(bodyText(body));
  const model = member(fields, "resource_id");
  if (typeof model !== "string" || model === "") {
    throw invalid(`resource_id is ${model === "" ? "empty" : nameOf(model)}, expected the name of a model`);
  }
  const features = member(fields, "feature_dict");
  if (typeof features === "string") {
    return { model, features: parseObject(features, "feature_dict") };
  }
  if (!isObject(features)) {
    throw invalid(`feature_dict is ${nameOf(features)}, expected features by name`);
  }
  return { model, features };
}

function object(properties: Readonly<Record<string, unknown>>) {
  return { type: "object", required: Object.keys(properties), properties };
}

function text(description: string) {
  return { type: "string", description };
}
