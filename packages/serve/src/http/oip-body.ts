/** Bodies of the Open Inference Protocol over REST: JSON, or JSON with raw tensors behind it. */
import { invalid } from "../failure.ts";
import { DATATYPES, type Datatype, isDatatype, readJson, readRaw } from "../oip/datatypes.ts";
import { DEFAULT_OUTPUT, outputKind } from "../oip/outputs.ts";
import { checkShape, type Tensor } from "../oip/tensors.ts";
import type { OutputKind } from "../scoring/request.ts";
import { bodyText, isObject, type JsonObject, member, nameOf, parseObject } from "./json.ts";

/** An output as it was asked for. */
export interface AskedOutput {
  /** In the reply, whatever else it may be called. */
  readonly name: string;
  readonly kind: OutputKind;
  readonly binary: boolean;
}

export interface InferRequest {
  readonly id: string | undefined;
  readonly parameters: JsonObject;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly AskedOutput[];
}

/** Ids come back in the reply; a longer one is no id. */
const MAX_ID = 1024;

const NO_PARAMETERS: JsonObject = {};

/**
 * @param headerLength `Inference-Header-Content-Length`: bytes of JSON, behind which raw tensors come
 * @throws Failure for whatever is wrong with it
 */
export function readInferRequest(body: Buffer, headerLength: string | undefined): InferRequest {
  const jsonBytes = headerLength === undefined ? body.length : jsonLength(headerLength, body.length);
  if (headerLength !== undefined && jsonBytes === 0) {
    return { id: undefined, parameters: NO_PARAMETERS, inputs: [rawRow(body)], outputs: [binaryDefault()] };
  }
  const request = parseObject(bodyText(body.subarray(0, jsonBytes)));
  const parameters = parametersOf(request, "the request");
  const raw = new RawData(body.subarray(jsonBytes), headerLength !== undefined);
  const inputs = listOf(request, "inputs").map((input, i) => readInput(input, i, raw));
  raw.checkEnd();
  return { id: idOf(request), parameters, inputs, outputs: readOutputs(request, parameters) };
}

/** Body without JSON: one row of FP32, as Triton takes it for a model of one input. */
function rawRow(body: Buffer): Tensor {
  const cols = Math.floor(body.length / 4);
  return { name: "input", datatype: "FP32", shape: [1, cols], values: readRaw("FP32", body, cols, "input") };
}

function binaryDefault(): AskedOutput {
  return { name: DEFAULT_OUTPUT, kind: "value", binary: true };
}

function jsonLength(text: string, bodyLength: number): number {
  const length = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(length <= bodyLength)) {
    throw invalid(
      `Inference-Header-Content-Length is ${JSON.stringify(text.slice(0, 50))}, expected 0 to ${bodyLength}, the size of the body`,
    );
  }
  return length;
}

/** Raw tensors behind the JSON, in the order of the inputs that have one. */
class RawData {
  readonly #bytes: Buffer;
  readonly #allowed: boolean;
  #at = 0;

  constructor(bytes: Buffer, allowed: boolean) {
    this.#bytes = bytes;
    this.#allowed = allowed;
  }

  take(size: unknown, name: string): Buffer {
    if (!this.#allowed) {
      throw invalid(
        `input ${name} has binary_data_size, but there is no header Inference-Header-Content-Length`,
      );
    }
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
      throw invalid(`input ${name}: binary_data_size is no whole number of 0 or more`);
    }
    const begin = this.#at;
    this.#at += size;
    if (this.#at > this.#bytes.length) {
      throw invalid(
        `input ${name}: binary_data_size is ${size}, but ${this.#bytes.length - begin} bytes are left in the body`,
      );
    }
    return this.#bytes.subarray(begin, this.#at);
  }

  checkEnd(): void {
    if (this.#at !== this.#bytes.length) {
      throw invalid(`the body has ${this.#bytes.length - this.#at} bytes behind the last input`);
    }
  }
}

function readInput(input: unknown, index: number, raw: RawData): Tensor {
  if (!isObject(input)) {
    throw invalid(`inputs[${index}] is ${nameOf(input)}, expected an object`);
  }
  const name = member(input, "name");
  if (typeof name !== "string" || name === "") {
    throw invalid(`inputs[${index}] has no name`);
  }
  const shown = JSON.stringify(name.slice(0, 100));
  const datatype = datatypeOf(input, shown);
  const shape = checkShape(member(input, "shape"), shown);
  const size = member(parametersOf(input, `input ${shown}`), "binary_data_size");
  const data = member(input, "data");
  if (size === undefined) {
    return { name, datatype, shape, values: readJson(datatype, data, shape, shown) };
  }
  if (data !== undefined) {
    throw invalid(`input ${shown} has both data and binary_data_size`);
  }
  const count = shape.reduce((product, each) => product * each, 1);
  return { name, datatype, shape, values: readRaw(datatype, raw.take(size, shown), count, shown) };
}

function datatypeOf(input: JsonObject, name: string): Datatype {
  const datatype = member(input, "datatype");
  if (isDatatype(datatype)) {
    return datatype;
  }
  const found = typeof datatype === "string" ? JSON.stringify(datatype.slice(0, 50)) : nameOf(datatype);
  throw invalid(`input ${name}: datatype is ${found}, expected ${DATATYPES.join(", ")}`);
}

function readOutputs(request: JsonObject, parameters: JsonObject): AskedOutput[] {
  const all = flagOf(parameters, "binary_data_output") ?? false;
  const asked = member(request, "outputs") === undefined ? [] : listOf(request, "outputs");
  if (asked.length === 0) {
    return [{ name: DEFAULT_OUTPUT, kind: "value", binary: all }];
  }
  const names = new Set<string>();
  return asked.map((output, i) => {
    const name = isObject(output) ? member(output, "name") : undefined;
    if (!isObject(output) || typeof name !== "string") {
      throw invalid(`outputs[${i}] has no name`);
    }
    if (names.has(name)) {
      throw invalid(`output ${JSON.stringify(name)} is asked for twice`);
    }
    const kind = outputKind(name);
    names.add(name);
    return { name, kind, binary: flagOf(parametersOf(output, `output ${name}`), "binary_data") ?? all };
  });
}

function idOf(request: JsonObject): string | undefined {
  const id = member(request, "id");
  if (id === undefined || (typeof id === "string" && id.length <= MAX_ID)) {
    return id as string | undefined;
  }
  throw invalid(
    `id is ${typeof id === "string" ? `text of ${id.length} characters` : nameOf(id)}, expected text of at most ${MAX_ID}`,
  );
}

function parametersOf(object: JsonObject, what: string): JsonObject {
  const parameters = member(object, "parameters");
  if (parameters === undefined || parameters === null) {
    return NO_PARAMETERS;
  }
  if (!isObject(parameters)) {
    throw invalid(`parameters of ${what}: found ${nameOf(parameters)}, expected an object`);
  }
  return parameters;
}

function flagOf(parameters: JsonObject, name: string): boolean | undefined {
  const value = member(parameters, name);
  if (value === undefined || typeof value === "boolean") {
    return value;
  }
  throw invalid(`parameter ${name} is ${nameOf(value)}, expected true or false`);
}

function listOf(request: JsonObject, key: string): readonly unknown[] {
  const list = member(request, key);
  if (!Array.isArray(list)) {
    throw invalid(`${key} is ${nameOf(list)}, expected a list`);
  }
  return list;
}
