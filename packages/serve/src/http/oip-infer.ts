/** Inference over REST, as the Open Inference Protocol has it. */

import { type Api, score } from "../api.ts";
import { outputOf } from "../oip/outputs.ts";
import { scoreOptions } from "../oip/parameters.ts";
import { splitInputs } from "../oip/tensors.ts";
import type { ScoreAnswer, ScoredOutput } from "../scoring/request.ts";
import type { Exchange, Reply } from "./exchange.ts";
import { json } from "./exchange.ts";
import { expectType } from "./media-type.ts";
import { type AskedOutput, type InferRequest, readInferRequest } from "./oip-body.ts";

export const OIP_REST = "oip-rest";

export function infer(api: Api, exchange: Exchange): Reply | Promise<Reply> {
  const { request, params, body } = exchange;
  expectType(request.headers["content-type"], "application/json", "application/octet-stream");
  const headerLength = request.headers["inference-header-content-length"];
  const asked = readInferRequest(body, headerLength === undefined ? undefined : String(headerLength));
  const model = params["name"]!;
  const { rows, baseMargin } = splitInputs(
    asked.inputs,
    api.repository.get(model, params["version"]).executor.features,
  );
  return score(
    api,
    exchange,
    {
      protocol: OIP_REST,
      model,
      version: params["version"],
      rows,
      outputs: [...new Set(asked.outputs.map(({ kind }) => kind))],
      options: scoreOptions(asked.parameters, baseMargin),
    },
    (answer) => reply(asked, answer),
  );
}

function reply(asked: InferRequest, answer: ScoreAnswer): Reply {
  const raw: Buffer[] = [];
  const outputs = asked.outputs.map((output) => tensor(output, outputOf(output.name, answer), raw));
  const { model, unknown } = answer;
  const content = {
    model_name: model.name,
    model_version: model.version,
    ...(asked.id === undefined ? undefined : { id: asked.id }),
    parameters: {
      model_digest: model.digest,
      ...(unknown.length === 0 ? undefined : { unknown_features: unknown.join(",") }),
    },
    outputs,
  };
  if (raw.length === 0) {
    return json(content);
  }
  const header = Buffer.from(JSON.stringify(content));
  return {
    status: 200,
    type: "application/octet-stream",
    body: Buffer.concat([header, ...raw]),
    headers: ["Inference-Header-Content-Length", String(header.length)],
  };
}

/** Numbers that are not finite are `null` in JSON, which has no words for them; raw they are what they are. */
function tensor({ name, binary }: AskedOutput, { data, shape }: ScoredOutput, raw: Buffer[]): object {
  const head = { name, shape, datatype: "FP32" };
  if (!binary) {
    return { ...head, data: Array.from(data) };
  }
  raw.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return { ...head, parameters: { binary_data_size: data.byteLength } };
}
