/** `inference.GRPCInferenceService`: the Open Inference Protocol over gRPC. */
import { create } from "@bufbuild/protobuf";
import { type Api, type Call, score } from "../api.ts";
import { Failure } from "../failure.ts";
import { modelMetadata, type TensorMetadata } from "../oip/metadata.ts";
import { scoreOptions } from "../oip/parameters.ts";
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
  ServerLiveResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
} from "../proto/open_inference_pb.ts";
import { SERVER_NAME, SERVER_VERSION } from "../version.ts";
import { checkId, inferResponse, readInputs, readOutputs, readParameters } from "./oip-messages.ts";
import { type UnaryMethod, unaryMethods } from "./service.ts";

const OIP_GRPC = "oip-grpc";

export function oipMethods(api: Api): UnaryMethod[] {
  return unaryMethods(GRPCInferenceService, OIP_GRPC, {
    serverLive: () => create(ServerLiveResponseSchema, { live: true }),
    serverReady: () => create(ServerReadyResponseSchema, { ready: api.isReady() }),
    modelReady: (request) => create(ModelReadyResponseSchema, { ready: isModelReady(api, request) }),
    serverMetadata: () =>
      create(ServerMetadataResponseSchema, { name: SERVER_NAME, version: SERVER_VERSION, extensions: [] }),
    modelMetadata: (request) => metadata(api, request),
    modelInfer: (request, call) => infer(api, request, call),
  });
}

/** An answer for unknown models, too: clients take an error for a defect of the server. */
function isModelReady({ repository }: Api, { name, version }: ModelReadyRequest): boolean {
  return repository.versions(name).some((model) => version === "" || model.version === version);
}

function metadata({ repository }: Api, { name, version }: ModelMetadataRequest): ModelMetadataResponse {
  const model = repository.get(name, versionOf(version));
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
  const version = versionOf(modelVersion);
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

function versionOf(version: string): string | undefined {
  return version === "" ? undefined : version;
}
