/** Messages of the Open Inference Protocol to tensors, and answers to messages. */
import { create } from "@bufbuild/protobuf";
import { invalid } from "../failure.ts";
import {
  DATATYPES,
  type Datatype,
  isDatatype,
  readRaw,
  readTyped,
  type TensorValues,
} from "../oip/datatypes.ts";
import { DEFAULT_OUTPUT, outputKind, outputOf } from "../oip/outputs.ts";
import { checkShape, type Tensor } from "../oip/tensors.ts";
import {
  type InferParameter,
  InferParameterSchema,
  type InferTensorContents,
  InferTensorContentsSchema,
  type ModelInferRequest_InferInputTensor as InputTensor,
  type ModelInferRequest,
  type ModelInferResponse,
  ModelInferResponseSchema,
  type ModelInferResponse_InferOutputTensor as OutputTensor,
  ModelInferResponse_InferOutputTensorSchema as OutputTensorSchema,
} from "../proto/open_inference_pb.ts";
import type { OutputKind, ScoreAnswer, ScoredOutput } from "../scoring/request.ts";

/** Ids come back in the reply; a longer one is no id. */
const MAX_ID = 1024;

type ContentsField = Exclude<keyof InferTensorContents, `$${string}`>;

/** Fields that hold the values of a type. Those of 16 bits and floating point have none: they come raw. */
const FIELD_OF: Readonly<Partial<Record<Datatype, ContentsField>>> = {
  BOOL: "boolContents",
  UINT8: "uintContents",
  UINT16: "uintContents",
  UINT32: "uintContents",
  UINT64: "uint64Contents",
  INT8: "intContents",
  INT16: "intContents",
  INT32: "intContents",
  INT64: "int64Contents",
  FP32: "fp32Contents",
  FP64: "fp64Contents",
  BYTES: "bytesContents",
};

const FIELDS = [...new Set(Object.values(FIELD_OF))];

/** An output as it was asked for. */
export interface AskedOutput {
  /** In the reply, whatever else it may be called. */
  readonly name: string;
  readonly kind: OutputKind;
}

/** @throws Failure for an id that is no id */
export function checkId({ id }: ModelInferRequest): void {
  if (id.length > MAX_ID) {
    throw invalid(`id is text of ${id.length} characters, expected at most ${MAX_ID}`);
  }
}

/** @throws Failure for whatever is wrong with the inputs */
export function readInputs({ inputs, rawInputContents }: ModelInferRequest): Tensor[] {
  if (rawInputContents.length > 0 && rawInputContents.length !== inputs.length) {
    throw invalid(
      `raw_input_contents has ${rawInputContents.length} entries, expected one for each of ${inputs.length} inputs`,
    );
  }
  return inputs.map((input, i) => readInput(input, i, rawInputContents[i]));
}

function readInput(
  { name, datatype, shape, contents }: InputTensor,
  index: number,
  raw?: Uint8Array,
): Tensor {
  if (name === "") {
    throw invalid(`inputs[${index}] has no name`);
  }
  const shown = JSON.stringify(name.slice(0, 100));
  if (!isDatatype(datatype)) {
    const found = JSON.stringify(datatype.slice(0, 50));
    throw invalid(`input ${shown}: datatype is ${found}, expected ${DATATYPES.join(", ")}`);
  }
  const sizes = checkShape(shape.map(Number), shown);
  const count = sizes.reduce((product, size) => product * size, 1);
  if (raw === undefined) {
    return { name, datatype, shape: sizes, values: readContents(datatype, contents, count, shown) };
  }
  if (contents !== undefined && FIELDS.some((field) => contents[field].length > 0)) {
    throw invalid(`input ${shown} has contents, but there are raw_input_contents too: send one of both`);
  }
  return { name, datatype, shape: sizes, values: readRaw(datatype, raw, count, shown) };
}

function readContents(
  datatype: Datatype,
  contents: InferTensorContents | undefined,
  count: number,
  name: string,
): TensorValues {
  const expected = FIELD_OF[datatype];
  if (expected === undefined) {
    throw invalid(`input ${name}: ${datatype} has no contents, send it in raw_input_contents`);
  }
  const wrong = contents && FIELDS.find((field) => field !== expected && contents[field].length > 0);
  if (wrong !== undefined) {
    throw invalid(
      `input ${name}: contents are in ${snake(wrong)}, those of ${datatype} in ${snake(expected)}`,
    );
  }
  return readTyped(datatype, contents?.[expected] ?? [], count, name);
}

/** `fp32Contents` → `fp32_contents` */
function snake(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** @throws Failure for outputs that are unknown or stand twice */
export function readOutputs({ outputs }: ModelInferRequest): AskedOutput[] {
  if (outputs.length === 0) {
    return [{ name: DEFAULT_OUTPUT, kind: "value" }];
  }
  const names = new Set<string>();
  return outputs.map(({ name }) => {
    if (names.has(name)) {
      throw invalid(`output ${JSON.stringify(name.slice(0, 100))} is asked for twice`);
    }
    names.add(name);
    return { name, kind: outputKind(name) };
  });
}

/** Parameters as plain values. */
export function readParameters(
  parameters: Readonly<Record<string, InferParameter>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { parameterChoice }]) => {
      const { value } = parameterChoice;
      return [name, typeof value === "bigint" ? Number(value) : value];
    }),
  );
}

/** The response: raw where the request was. */
export function inferResponse(
  { id, rawInputContents }: ModelInferRequest,
  asked: readonly AskedOutput[],
  answer: ScoreAnswer,
): ModelInferResponse {
  const { model, unknown } = answer;
  const scored = asked.map(({ name }) => outputOf(name, answer));
  const isRaw = rawInputContents.length > 0;
  const response = create(ModelInferResponseSchema);
  response.modelName = model.name;
  response.modelVersion = model.version;
  response.id = id;
  response.parameters["model_digest"] = textParameter(model.digest);
  if (unknown.length > 0) {
    response.parameters["unknown_features"] = textParameter(unknown.join(","));
  }
  response.outputs = asked.map(({ name }, i) => outputTensor(name, scored[i]!, isRaw));
  if (isRaw) {
    response.rawOutputContents = scored.map(
      ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }
  return response;
}

function outputTensor(name: string, { data, shape }: ScoredOutput, isRaw: boolean): OutputTensor {
  const tensor = create(OutputTensorSchema);
  tensor.name = name;
  tensor.datatype = "FP32";
  tensor.shape = shape.map(BigInt);
  if (!isRaw) {
    tensor.contents = create(InferTensorContentsSchema);
    tensor.contents.fp32Contents = Array.from(data);
  }
  return tensor;
}

function textParameter(value: string): InferParameter {
  const parameter = create(InferParameterSchema);
  parameter.parameterChoice = { case: "stringParam", value };
  return parameter;
}
