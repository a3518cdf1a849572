/** Settings from flags, environment and file, in this order of precedence. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { parse } from "yaml";
import {
  type Config,
  flagName,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  variableName,
} from "./settings.ts";

/** The command line, the environment or the file cannot be used. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** In front of a variable's name where the plain one, such as `HOST`, means something else on a machine. Wins over the plain one. */
export const VARIABLE_PREFIX = "XGBOOST_INFER_SERVE_";

/** Settings where they were found: the text and whence it came. */
type Found = Map<SettingName, { readonly value: string; readonly from: string }>;

export function command(): Command {
  const program = new Command("xgboost-infer-serve")
    .description("Serves XGBoost models over HTTP and gRPC, with the bits of Python's predictions.")
    .option("--config <file>", "YAML or JSON file with settings by name (CONFIG)");
  for (const name of SETTING_NAMES) {
    const { kind, fallback, help } = SETTINGS[name];
    const shown = fallback === "" ? "" : `, default ${fallback}`;
    program.option(`--${flagName(name)} <${kind.placeholder}>`, `${help} (${variableName(name)}${shown})`);
  }
  return program.addHelpText(
    "after",
    `\nEach setting is also an environment variable, named in brackets (${VARIABLE_PREFIX}… wins over the short name), and a key of the file.\nFlags come before the environment, and the environment before the file.`,
  );
}

/**
 * @param argv as `process.argv`
 * @throws ConfigError for what cannot be used; CommanderError for unknown flags, and after the help
 */
export function readConfig(argv: readonly string[], environment: NodeJS.ProcessEnv): Config {
  const program = command().exitOverride().allowExcessArguments(false);
  program.parse(argv as string[]);
  const given = program.opts<Record<string, string>>();
  const file = given["config"] ?? variable(environment, "CONFIG")?.value;
  const found: Found = new Map([
    ...(file === undefined ? [] : fromFile(file)),
    ...fromEnvironment(environment),
    ...fromFlags(given),
  ]);
  const config = configOf(found);
  if (config.modelRepository === "") {
    throw new ConfigError("--model-repository is not given: the directory with the models");
  }
  checkTogether(config);
  return config;
}

/** @throws ConfigError for settings that mean nothing without another */
function checkTogether(config: Config): void {
  const needs = (name: SettingName, other: SettingName) => {
    if (config[name] !== SETTINGS[name].fallback && config[other] === "") {
      throw new ConfigError(`--${flagName(name)} is given, but --${flagName(other)} is not`);
    }
  };
  needs("tlsCert", "tlsKey");
  needs("tlsKey", "tlsCert");
  needs("tlsClientCa", "tlsCert");
  needs("logMaxBytes", "logFile");
  needs("logMaxFiles", "logFile");
}

/** Settings by name, the rest at their defaults. For a service that is started by code. */
export function withDefaults(settings: Partial<Config>): Config {
  const defaults = Object.fromEntries(SETTING_NAMES.map((name) => [name, SETTINGS[name].fallback]));
  return { ...defaults, ...settings } as unknown as Config;
}

function configOf(found: Found): Config {
  const config: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const { kind, fallback } = SETTINGS[name];
    const given = found.get(name);
    config[name] = given === undefined ? fallback : kind.parse(given.value);
    if (given !== undefined && config[name] === undefined) {
      throw new ConfigError(`${given.from} is ${JSON.stringify(given.value)}, expected ${kind.expected}`);
    }
  }
  return config as unknown as Config;
}

function fromFlags(given: Readonly<Record<string, string>>): Found {
  const found: Found = new Map();
  for (const name of SETTING_NAMES) {
    if (given[name] !== undefined) {
      found.set(name, { value: given[name], from: `--${flagName(name)}` });
    }
  }
  return found;
}

function fromEnvironment(environment: NodeJS.ProcessEnv): Found {
  const found: Found = new Map();
  for (const name of SETTING_NAMES) {
    const given = variable(environment, variableName(name));
    if (given !== undefined) {
      found.set(name, given);
    }
  }
  return found;
}

function variable(environment: NodeJS.ProcessEnv, name: string): { value: string; from: string } | undefined {
  for (const from of [VARIABLE_PREFIX + name, name]) {
    const value = environment[from];
    if (value !== undefined && value !== "") {
      return { value, from };
    }
  }
  return undefined;
}

function fromFile(path: string): Found {
  const content = parseFile(path);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ConfigError(`${path}: expected settings by name`);
  }
  const found: Found = new Map();
  for (const [key, value] of Object.entries(content)) {
    const name = SETTING_NAMES.find((each) => each === key || flagName(each) === key);
    if (name === undefined) {
      throw new ConfigError(
        `${path}: unknown setting ${JSON.stringify(key)}, expected ${SETTING_NAMES.join(", ")}`,
      );
    }
    if (!["string", "number", "boolean"].includes(typeof value)) {
      throw new ConfigError(
        `${path}: ${key} is not a single value, expected ${SETTINGS[name].kind.expected}`,
      );
    }
    found.set(name, { value: String(value), from: `${path}: ${key}` });
  }
  return found;
}

function parseFile(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ConfigError(`--config ${path}: ${(error as Error).message}`);
  }
}
