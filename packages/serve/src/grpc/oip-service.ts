/** `inference.GRPCInferenceService`: the Open Inference Protocol over gRPC. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Api, type Call, score } from "../api.ts";
import { Failure } from "../failure.ts";
import { modelMetadata, type TensorMetadata } from "../oip/metadata.ts";
import { scoreOptions } from "../oip/parameters.ts";
import { statisticsOf } from "../oip/statistics.ts";
import { splitInputs } from "../oip/tensors.ts";
import {
  GRPCInferenceService,
  type ModelInferRequest,
  type ModelInferResponse,
  type ModelMetadataRequest,
  type ModelMetadataResponse,
  ModelMetadataResponseSchema,
  type ModelReadyRequest,
  ModelReadyResponseSchema,
  ModelStatisticsResponseSchema,
  type ModelStatisticsSchema,
  ServerLiveResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
} from "../proto/open_inference_pb.ts";
import type { ModelStatistics } from "../statistics/statistics.ts";
import { SERVER_NAME, SERVER_VERSION } from "../version.ts";
import { checkId, inferResponse, readInputs, readOutputs, readParameters } from "./oip-messages.ts";
import { type UnaryMethod, unaryMethods } from "./service.ts";

const OIP_GRPC = "oip-grpc";

/** What this server does beyond the core of the protocol. */
const EXTENSIONS = ["statistics"];

export function oipMethods(api: Api): UnaryMethod[] {
  return unaryMethods(GRPCInferenceService, OIP_GRPC, {
    serverLive: () => create(ServerLiveResponseSchema, { live: true }),
    serverReady: () => create(ServerReadyResponseSchema, { ready: api.isReady() }),
    modelReady: (request) => create(ModelReadyResponseSchema, { ready: isModelReady(api, request) }),
    serverMetadata: () =>
      create(ServerMetadataResponseSchema, {
        name: SERVER_NAME,
        version: SERVER_VERSION,
        extensions: EXTENSIONS,
      }),
    modelMetadata: (request) => metadata(api, request),
    modelStatistics: ({ name, version }) =>
      create(ModelStatisticsResponseSchema, {
        modelStats: statisticsOf(api, given(name), given(version)).map(statistics),
      }),
    modelInfer: (request, call) => infer(api, request, call),
  });
}

function statistics(of: ModelStatistics): MessageInitShape<typeof ModelStatisticsSchema> {
  const { success, fail, queue, computeInput, computeInfer, computeOutput } = of;
  const inferenceStats = { success, fail, queue, computeInput, computeInfer, computeOutput };
  return {
    name: of.name,
    version: of.version,
    lastInference: BigInt(of.lastInference),
    inferenceCount: BigInt(of.inferenceCount),
    executionCount: BigInt(of.executionCount),
    inferenceStats: Object.fromEntries(
      Object.entries(inferenceStats).map(([name, { count, ns }]) => [
        name,
        { count: BigInt(count), ns: BigInt(ns) },
      ]),
    ),
  };
}

/** An answer for unknown models, too: clients take an error for a defect of the server. */
function isModelReady({ repository }: Api, { name, version }: ModelReadyRequest): boolean {
  return repository.versions(name).some((model) => version === "" || model.version === version);
}

function metadata({ repository }: Api, { name, version }: ModelMetadataRequest): ModelMetadataResponse {
  const model = repository.get(name, given(version));
  const versions = repository.versions(name).map((each) => each.version);
  const { platform, inputs, outputs } = modelMetadata(model, versions);
  return create(ModelMetadataResponseSchema, {
    name: model.name,
    versions,
    platform,
    inputs: inputs.map(tensor),
    outputs: outputs.map(tensor),
  });
}

function tensor({ name, datatype, shape }: TensorMetadata) {
  return { name, datatype, shape: shape.map(BigInt) };
}

function infer(
  api: Api,
  request: ModelInferRequest,
  call: Call,
): ModelInferResponse | Promise<ModelInferResponse> {
  checkId(request);
  const { modelName: model, modelVersion } = request;
  if (model === "") {
    throw new Failure("invalid", "model_name is empty, expected the name of a model");
  }
  const version = given(modelVersion);
  const { features } = api.repository.get(model, version).executor;
  const asked = readOutputs(request);
  const { rows, baseMargin } = splitInputs(readInputs(request), features);
  return score(
    api,
    call,
    {
      protocol: OIP_GRPC,
      model,
      version,
      rows,
      outputs: [...new Set(asked.map(({ kind }) => kind))],
      options: scoreOptions(readParameters(request.parameters), baseMargin),
    },
    (answer) => inferResponse(request, asked, answer),
  );
}

/** A field of text that is empty where it is not given. */
function given(text: string): string | undefined {
  return text === "" ? undefined : text;
}
