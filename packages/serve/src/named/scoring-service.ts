/** `xgboost_infer.v1.ScoringService`: rows by feature name, over gRPC and as JSON from the same definitions. */
import { create } from "@bufbuild/protobuf";
import { type Api, type Call, score } from "../api.ts";
import { invalid } from "../failure.ts";
import { type UnaryMethod, unaryMethods } from "../grpc/service.ts";
import {
  type Model,
  ModelSchema,
  type Options,
  Output,
  type Outputs,
  OutputsSchema,
  type ScoreRequest,
  type ScoreResponse,
  ScoreResponseSchema,
  type ScoreRowsRequest,
  type ScoreRowsResponse,
  ScoreRowsResponseSchema,
  ScoringService,
  type Values,
  ValuesSchema,
} from "../proto/xgboost_infer/v1/scoring_pb.ts";
import type { ServedModel } from "../repository/served-model.ts";
import type { OutputKind, ScoreAnswer, ScoredOutput, ScoreOptions } from "../scoring/request.ts";
import { type NamedRow, NamedRows } from "../scoring/rows.ts";
import { namedRow } from "./features.ts";

export const NAMED_GRPC = "named-grpc";

const KIND_OF: ReadonlyMap<Output, OutputKind> = new Map<Output, OutputKind>([
  [Output.UNSPECIFIED, "value"],
  [Output.VALUE, "value"],
  [Output.MARGIN, "margin"],
  [Output.LEAF, "leaf"],
  [Output.CONTRIBS, "contribs"],
  [Output.INTERACTIONS, "interactions"],
]);

const VALUE: readonly OutputKind[] = ["value"];

/** @param protocol for the log and metrics, which tell gRPC from JSON */
export function scoringMethods(api: Api, protocol: string): UnaryMethod[] {
  return unaryMethods(ScoringService, protocol, {
    score: (request, call) => scoreOne(api, request, call, protocol),
    scoreRows: (request, call) => scoreRows(api, request, call, protocol),
  });
}

function scoreOne(
  api: Api,
  request: ScoreRequest,
  call: Call,
  protocol: string,
): ScoreResponse | Promise<ScoreResponse> {
  const row = namedRow(request.features, "features");
  return score(api, call, { protocol, rows: new NamedRows([row]), ...asked(request) }, (answer) =>
    oneResponse(answer, row),
  );
}

function scoreRows(
  api: Api,
  request: ScoreRowsRequest,
  call: Call,
  protocol: string,
): ScoreRowsResponse | Promise<ScoreRowsResponse> {
  const rows = new NamedRows(request.rows.map((row, i) => namedRow(row, `rows[${i}]`)));
  return score(api, call, { protocol, rows, ...asked(request) }, rowsResponse);
}

type Common = Pick<ScoreRequest, "model" | "version" | "outputs" | "options">;

function asked({ model, version, outputs, options }: Common) {
  if (model === "") {
    throw invalid("model is empty, expected the name of a model");
  }
  return {
    model,
    version: version === "" ? undefined : version,
    outputs: outputs.length === 0 ? VALUE : [...new Set(outputs.map(kindOf))],
    options: options && scoreOptions(options),
  };
}

function kindOf(output: Output): OutputKind {
  const kind = KIND_OF.get(output);
  if (kind === undefined) {
    throw invalid(`no output ${output}, expected 0 to ${KIND_OF.size - 1}`);
  }
  return kind;
}

function scoreOptions({ iterationBegin, iterationEnd, approxContribs }: Options): ScoreOptions | undefined {
  const hasRange = iterationBegin !== 0 || iterationEnd !== 0;
  if (!hasRange && !approxContribs) {
    return undefined;
  }
  return {
    iterationRange: hasRange ? [iterationBegin, iterationEnd] : undefined,
    approxContribs: approxContribs || undefined,
  };
}

function oneResponse(answer: ScoreAnswer, features: NamedRow): ScoreResponse {
  const { model, outputs, unknown } = answer;
  const response = create(ScoreResponseSchema);
  response.model = modelMessage(model);
  const value = outputs.find(({ kind }) => kind === "value");
  if (value?.data.length === 1) {
    response.score = value.data[0];
  }
  response.outputs = outputsMessage(answer, 1);
  response.unknown = [...unknown];
  const { missing, missingWeight } = answer.row ?? model.executor.execute(features);
  response.missing = [...missing];
  response.missingWeight = missingWeight;
  return response;
}

function rowsResponse(answer: ScoreAnswer): ScoreRowsResponse {
  const response = create(ScoreRowsResponseSchema);
  response.model = modelMessage(answer.model);
  response.rows = answer.rows;
  response.outputs = outputsMessage(answer, 0);
  response.missingValues = BigInt(answer.missingValues);
  response.unknown = [...answer.unknown];
  return response;
}

function modelMessage({ name, version, digest }: ServedModel): Model {
  const message = create(ModelSchema);
  message.name = name;
  message.version = version;
  message.digest = digest;
  return message;
}

/** @param skip sizes of the shape that are left out: that of the rows, where there is one row */
function outputsMessage({ outputs, model }: ScoreAnswer, skip: number): Outputs {
  const message = create(OutputsSchema);
  for (const output of outputs) {
    message[output.kind] = valuesMessage(output, skip);
    if (output.kind === "contribs" || output.kind === "interactions") {
      message.featureNames = [...model.executor.features];
    }
  }
  return message;
}

function valuesMessage({ data, shape }: ScoredOutput, skip: number): Values {
  const message = create(ValuesSchema);
  message.shape = shape.slice(skip);
  message.values = Array.from(data);
  return message;
}
