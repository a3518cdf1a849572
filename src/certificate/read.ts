/** The file of a certificate, as `tools/certify.py` writes it and docs/certificate.md describes it. */
import { describe } from "../errors.ts";
import { decodeUtf8 } from "../parse/text.ts";
import { decodeBase64 } from "./base64.ts";
import { CertificateError } from "./errors.ts";

/** XGBoost's own answers to rows that were made for one model. */
export interface Certificate {
  readonly model: CertifiedModel;
  /** Release of XGBoost that answered, such as "3.4.1". */
  readonly xgboost: string;
  /** That release as `LoadOptions.rules` takes it, such as "3.4". */
  readonly rules: `${number}.${number}`;
  readonly platform: string | undefined;
  /** Time, ISO 8601. */
  readonly created: string | undefined;
  readonly featureNames: readonly string[] | undefined;
  readonly rows: number;
  readonly cols: number;
  /** rows × cols, row-major: NaN for missing, codes for categories. */
  readonly data: Float32Array;
  readonly outputs: readonly CertifiedOutput[];
  readonly kinds: RowKinds | undefined;
}

/** The file that XGBoost loaded. */
export interface CertifiedModel {
  readonly name: string | undefined;
  /** Length in bytes. */
  readonly bytes: number | undefined;
  /** SHA-256 of its bytes, in lower-case hexadecimal digits. */
  readonly sha256: string | undefined;
}

const OUTPUT_NAMES = ["value", "margin", "leaf", "contribs"] as const;

export type OutputName = (typeof OUTPUT_NAMES)[number];

export interface CertifiedOutput {
  readonly name: OutputName;
  /** As NumPy had it. The first number is how many rows there are values for: the first ones of the certificate. */
  readonly shape: readonly number[];
  /** Row-major. Ids of leaves are float32 too, as XGBoost's are. */
  readonly data: Float32Array;
}

/** What each row is about. */
export interface RowKinds {
  readonly names: readonly string[];
  /** By row: a place in `names`. */
  readonly kind: Uint8Array;
  /** By row: the feature that the row is about, or -1. */
  readonly feature: Int32Array;
}

const FORMAT = "xgboost-infer certificate";
const VERSION = 1;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a certificate: its bytes, its text, or the parsed JSON. Takes time in proportion to the length.
 * @throws CertificateError for anything that is not a certificate, or contradicts itself
 */
export function readCertificate(source: string | Uint8Array | object): Certificate {
  const root = fieldsOf(parse(source), "certificate");
  if (root["format"] !== FORMAT) {
    throw expected("format", root["format"], JSON.stringify(FORMAT));
  }
  if (root["version"] !== VERSION) {
    throw expected("version", root["version"], `${VERSION}`);
  }
  const [rows, cols] = [count(root["rows"], "rows"), count(root["cols"], "cols")];
  const xgboost = text(root["xgboost"], "xgboost");
  const features = optional(root["features"], "features", fieldsOf) ?? {};
  return {
    model: modelOf(optional(root["model"], "model", fieldsOf) ?? {}),
    xgboost,
    rules: rulesOf(xgboost),
    platform: optional(root["platform"], "platform", text),
    created: optional(root["created"], "created", text),
    featureNames: optional(features["names"], "features.names", (value, where) =>
      namesOf(value, where, cols),
    ),
    rows,
    cols,
    data: numbers(root["data"], "data", "float32", rows * cols),
    outputs: outputsOf(fieldsOf(root["outputs"], "outputs"), rows),
    kinds: optional(root["kinds"], "kinds", (value, where) => kindsOf(fieldsOf(value, where), rows)),
  };
}

function parse(source: unknown): unknown {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    return source;
  }
  try {
    return JSON.parse((typeof source === "string" ? source : decodeUtf8(source)).replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new CertificateError("certificate", `is not JSON: ${(error as Error).message}`);
  }
}

function modelOf(model: Fields): CertifiedModel {
  const sha256 = optional(model["sha256"], "model.sha256", text);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256)) {
    throw expected("model.sha256", sha256, "64 lower-case hexadecimal digits");
  }
  return {
    name: optional(model["name"], "model.name", text),
    bytes: optional(model["bytes"], "model.bytes", count),
    sha256,
  };
}

/** "3.4.1" → "3.4". */
function rulesOf(xgboost: string): Certificate["rules"] {
  const found = /^(\d{1,4})\.(\d{1,4})(?!\d)/.exec(xgboost);
  if (found === null) {
    throw expected("xgboost", xgboost, 'a release such as "3.4.1"');
  }
  return `${Number(found[1])}.${Number(found[2])}`;
}

/** No names at all stand for a model that knows none. */
function namesOf(value: unknown, where: string, cols: number): readonly string[] | undefined {
  const names = texts(value, where);
  if (names.length !== 0 && names.length !== cols) {
    throw new CertificateError(where, `has ${names.length} names, expected ${cols}`);
  }
  return names.length === 0 ? undefined : names;
}

function outputsOf(outputs: Fields, rows: number): readonly CertifiedOutput[] {
  const names = Object.keys(outputs);
  if (names.length === 0) {
    throw new CertificateError("outputs", `has none, expected one of ${OUTPUT_NAMES.join(", ")}`);
  }
  return names.map((name) => {
    const where = `outputs.${name}`;
    const known = OUTPUT_NAMES.find((each) => each === name);
    if (known === undefined) {
      throw new CertificateError(
        `outputs.${describe(name)}`,
        `is not an output, expected one of ${OUTPUT_NAMES.join(", ")}`,
      );
    }
    return outputOf(known, fieldsOf(outputs[name], where), where, rows);
  });
}

function outputOf(name: OutputName, fields: Fields, where: string, rows: number): CertifiedOutput {
  const shape = fields["shape"];
  if (!Array.isArray(shape) || shape.length === 0 || shape.length > 4) {
    throw expected(`${where}.shape`, shape, "1 to 4 whole numbers");
  }
  const sizes = shape.map((size, i) => count(size, `${where}.shape[${i}]`));
  if (sizes[0]! > rows) {
    throw new CertificateError(`${where}.shape`, `begins with ${sizes[0]}, the certificate has ${rows} rows`);
  }
  const type = fields["type"] ?? "float32";
  if (typeof type !== "string" || !Object.hasOwn(READERS, type)) {
    throw expected(`${where}.type`, type, Object.keys(READERS).join(", "));
  }
  const length = sizes.reduce((product, size) => product * size, 1);
  return {
    name,
    shape: sizes,
    data: numbers(fields["data"], `${where}.data`, type as NumberType, length),
  };
}

function kindsOf(kinds: Fields, rows: number): RowKinds {
  const names = texts(kinds["names"], "kinds.names");
  const kind = decodeBase64(text(kinds["kind"], "kinds.kind"), rows, "kinds.kind");
  const beyond = kind.findIndex((each) => each >= names.length);
  if (beyond !== -1) {
    throw new CertificateError(
      "kinds.kind",
      `has ${kind[beyond]} for row ${beyond}, there are ${names.length} names`,
    );
  }
  return { names, kind, feature: Int32Array.from(numbers(kinds["feature"], "kinds.feature", "int32", rows)) };
}

/** Of each type, its bytes and how to read one. Little-endian. */
const READERS = {
  float32: [4, (view: DataView, at: number) => view.getFloat32(at, true)],
  uint8: [1, (view: DataView, at: number) => view.getUint8(at)],
  uint16: [2, (view: DataView, at: number) => view.getUint16(at, true)],
  uint32: [4, (view: DataView, at: number) => view.getUint32(at, true)],
  int32: [4, (view: DataView, at: number) => view.getInt32(at, true)],
} as const;

type NumberType = keyof typeof READERS;

/** float32 holds all whole numbers to 2^24, more than a tree has nodes or a model features that XGBoost tells apart. */
function numbers(value: unknown, where: string, type: NumberType, length: number): Float32Array {
  const [size, read] = READERS[type];
  const bytes = decodeBase64(text(value, where), length * size, where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length }, (_, i) => read(view, i * size));
}

function optional<Value>(
  value: unknown,
  where: string,
  read: (value: unknown, where: string) => Value,
): Value | undefined {
  return value === undefined || value === null ? undefined : read(value, where);
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw expected(where, value, "an object");
  }
  // Own keys alone: what prototypes have is no part of the certificate.
  return Object.assign(Object.create(null), value);
}

function text(value: unknown, where: string): string {
  if (typeof value !== "string") {
    throw expected(where, value, "a text");
  }
  return value;
}

function texts(value: unknown, where: string): readonly string[] {
  if (!Array.isArray(value)) {
    throw expected(where, value, "an array of texts");
  }
  return value.map((each, i) => text(each, `${where}[${i}]`));
}

function count(value: unknown, where: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw expected(where, value, "a whole number");
  }
  return value;
}

function expected(where: string, found: unknown, allowed: string): CertificateError {
  return new CertificateError(where, `is ${describe(found)}, expected ${allowed}`);
}
