/** The manifest of a model directory: `model.yaml` or `model.json`. */
import { describe } from "../errors.ts";
import { ModelDirectoryError } from "./errors.ts";
import { type ReadFile, textOf } from "./files.ts";
import { type Field, isMapping, parseFields, refuseField } from "./yaml.ts";

/** What may be absent from a row, and what becomes of names that the model does not know. */
export interface CheckPolicy {
  /**
   * `weight`: absent features may hold at most `weightLimit` of the importance; `allowlist`: only those in `allowMissing`
   * may be absent; `off`: any may.
   */
  readonly mode: "weight" | "allowlist" | "off";
  /** Share of importance, 0 to 1. Always there in mode `weight`. */
  readonly weightLimit: number | undefined;
  /** Features that may be absent in every mode, at no cost. */
  readonly allowMissing: readonly string[];
  /** `report` (default): unknown names are listed in the result; `refuse`: they refuse the row. */
  readonly unknownFeatures: "report" | "refuse";
}

/** What the manifest says, with its defaults. */
export interface Manifest {
  readonly name: string;
  readonly version: string | undefined;
  /** Names of files in the directory. */
  readonly model: string;
  readonly features: string | undefined;
  readonly importance: string | undefined;
  /** Whether text such as `"1.5"` is a number. Default: false. */
  readonly textNumbers: boolean;
  readonly check: CheckPolicy;
  readonly manager: string | undefined;
  readonly developer: string | undefined;
  /** Whether a high score means more or less of the target. Reported, never applied. */
  readonly correlation: "positive" | "negative" | undefined;
}

/** A manifest and where to point when a name in it turns out to be wrong. */
export interface ManifestFile {
  readonly file: string;
  readonly manifest: Manifest;
  readonly allowMissing: readonly Field[];
}

const NAMES = ["model.yaml", "model.json"];

/** `model.yaml` comes first: beside it, `model.json` may be the model. */
export function readManifest(read: ReadFile): ManifestFile {
  for (const file of NAMES) {
    const content = read(file);
    if (content !== undefined) {
      return parseManifest(parseFields(file, textOf(file, content)));
    }
  }
  throw new ModelDirectoryError(NAMES[0]!, `is not there, nor is ${NAMES[1]}: one of them is the manifest`);
}

const KEYS = [
  ...["name", "version", "model", "features", "importance", "textNumbers", "check"],
  ...["manager", "developer", "correlation"],
];
const CHECK_KEYS = ["mode", "weightLimit", "allowMissing", "unknownFeatures"];

function parseManifest(root: Field): ManifestFile {
  if (isMapping(root) && root.value.has("learner")) {
    throw new ModelDirectoryError(root.file, "is an XGBoost model, expected the manifest that names it");
  }
  const get = openMapping(root, KEYS);
  const allowMissing: Field[] = [];
  const manifest: Manifest = {
    name: required(root, get("name"), "name", asText),
    version: optional(get("version"), asText),
    model: required(root, get("model"), "model", asFileName),
    features: optional(get("features"), asFileName),
    importance: optional(get("importance"), asFileName),
    textNumbers: optional(get("textNumbers"), asFlag) ?? false,
    check: optional(get("check"), (field) => parseCheck(field, allowMissing)) ?? OFF,
    manager: optional(get("manager"), asText),
    developer: optional(get("developer"), asText),
    correlation: optional(get("correlation"), oneOf("positive", "negative")),
  };
  return { file: root.file, manifest, allowMissing };
}

/** Without a check, rows are scored whatever is absent, and the result says what was. */
const OFF: CheckPolicy = {
  mode: "off",
  weightLimit: undefined,
  allowMissing: [],
  unknownFeatures: "report",
};

function parseCheck(check: Field, allowMissing: Field[]): CheckPolicy {
  const get = openMapping(check, CHECK_KEYS);
  const mode = required(check, get("mode"), "check.mode", oneOf("weight", "allowlist", "off"));
  const limit = get("weightLimit");
  allowMissing.push(...(optional(get("allowMissing"), asList) ?? []));
  return {
    mode,
    weightLimit:
      mode === "weight" ? required(check, limit, "check.weightLimit", asShare) : optional(limit, asShare),
    allowMissing: allowMissing.map(asText),
    unknownFeatures: optional(get("unknownFeatures"), oneOf("report", "refuse")) ?? "report",
  };
}

/** The fields of a mapping by name. Keys that are not known are errors: they would be typing mistakes without effect. */
function openMapping(field: Field, known: readonly string[]): (key: string) => Field | undefined {
  if (!isMapping(field)) {
    return refuseField(field, `a mapping with ${known.join(", ")}`);
  }
  for (const [key, { file, path, line }] of field.value) {
    if (!known.includes(key)) {
      throw new ModelDirectoryError(
        file,
        `unknown key ${describe(path)}, expected ${known.join(", ")}`,
        line,
      );
    }
  }
  return (key) => field.value.get(key);
}

function required<T>(parent: Field, field: Field | undefined, path: string, read: (field: Field) => T): T {
  if (field === undefined) {
    throw new ModelDirectoryError(parent.file, `${path} is not there`, parent.line);
  }
  return read(field);
}

function optional<T>(field: Field | undefined, read: (field: Field) => T): T | undefined {
  return field === undefined ? undefined : read(field);
}

function asText(field: Field): string {
  const { value } = field;
  if (typeof value === "string" && value !== "") {
    return value;
  }
  return refuseField(field, typeof value === "string" ? "some text" : "text: numbers need quotes");
}

function asFlag(field: Field): boolean {
  return typeof field.value === "boolean" ? field.value : refuseField(field, "true or false");
}

function asShare(field: Field): number {
  const { value } = field;
  return typeof value === "number" && value >= 0 && value <= 1
    ? value
    : refuseField(field, "a number from 0 to 1");
}

function asList(field: Field): readonly Field[] {
  return Array.isArray(field.value) ? field.value : refuseField(field, "a list of feature names");
}

function oneOf<const T extends string>(...allowed: readonly T[]): (field: Field) => T {
  return (field) => allowed.find((each) => each === field.value) ?? refuseField(field, allowed.join(" or "));
}

/** Nothing outside of the directory: it would not come along when the directory is copied. */
function asFileName(field: Field): string {
  const name = asText(field);
  const inside = name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  return inside && !/[\\:\0]/.test(name)
    ? name
    : refuseField(field, "the name of a file in the model directory");
}
