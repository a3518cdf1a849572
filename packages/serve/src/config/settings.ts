/** The settings of the service: one table, from which the flags, their help, environment variables and the keys of the file are made. */

interface Kind<Value> {
  /** What stands for the value in the help. */
  readonly placeholder: string;
  /** `undefined` where the text is no such value. */
  parse(text: string): Value | undefined;
  readonly expected: string;
}

export interface Setting<Value = unknown> {
  readonly kind: Kind<Value>;
  readonly fallback: Value;
  readonly help: string;
}

const text: Kind<string> = { placeholder: "text", parse: (value) => value, expected: "text" };

function whole(least: number, most: number, placeholder: string): Kind<number> {
  return {
    placeholder,
    parse: (value) =>
      /^\d{1,15}$/.test(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined,
    expected: `a whole number from ${least} to ${most}`,
  };
}

const flag: Kind<boolean> = {
  placeholder: "true|false",
  parse: (value) => (value === "true" || value === "false" ? value === "true" : undefined),
  expected: "true or false",
};

function oneOf<const Name extends string>(...names: readonly Name[]): Kind<Name> {
  return {
    placeholder: names.join("|"),
    parse: (value) => names.find((name) => name === value),
    expected: names.join(", "),
  };
}

function setting<Value>(kind: Kind<Value>, fallback: Value, help: string): Setting<Value> {
  return { kind, fallback, help };
}

const port = whole(0, 65_535, "port");
const milliseconds = whole(1, 86_400_000, "ms");
const bytes = whole(1, 2 ** 31 - 1, "bytes");
const count = whole(1, 2 ** 31 - 1, "count");

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** By name in camelCase: `grpcPort` is `--grpc-port`, `GRPC_PORT`, and `grpcPort` or `grpc-port` in the file. */
export const SETTINGS = {
  modelRepository: setting(
    text,
    "",
    "directory of models: model directories, model files, or versions of these",
  ),
  host: setting(text, "127.0.0.1", "address to listen on; 0.0.0.0 for all"),
  port: setting(port, 8080, "port for HTTP; 0 for any free one"),
  grpcPort: setting(port, 8081, "port for gRPC; 0 for any free one"),
  adminHost: setting(text, "127.0.0.1", "address of the admin listener"),
  adminPort: setting(port, 8082, "port for metrics, log level and loading of models; 0 for any free one"),
  tlsCert: setting(text, "", "file with the certificate and its chain (PEM): TLS on all ports"),
  tlsKey: setting(text, "", "file with the key of the certificate (PEM, not encrypted)"),
  tlsClientCa: setting(
    text,
    "",
    "file with certificates of authorities (PEM): clients need a certificate by one of them",
  ),
  tokenFile: setting(
    text,
    "",
    "file with tokens, one a line: requests other than of health need one (Authorization: Bearer …)",
  ),
  workers: setting(
    whole(1, 1024, "count"),
    1,
    "processes that share the ports; with more than one, another process starts, replaces and restarts them",
  ),
  defaultModel: setting(
    text,
    "",
    "model for paths that name none, such as /invocations; default: the only one",
  ),
  requestTimeout: setting(milliseconds, 3_000, "deadline of a request"),
  maxRequestBytes: setting(bytes, 1 << 20, "largest request body, before and after decompression"),
  maxResponseValues: setting(count, 1 << 21, "most numbers in a reply"),
  maxQueuedRequests: setting(
    count,
    64,
    "large requests that may wait for their turn; more are answered “too busy”",
  ),
  maxEventLoopDelay: setting(
    milliseconds,
    500,
    "how long the event loop may be late, on average over half a second; beyond, requests are answered “too busy”",
  ),
  maxConnections: setting(count, 10_000, "open connections"),
  headersTimeout: setting(milliseconds, 3_000, "time in which the headers of a request must arrive"),
  bodyTimeout: setting(milliseconds, 5_000, "time in which the whole request must arrive"),
  keepAliveTimeout: setting(milliseconds, 65_000, "time that an idle connection stays open"),
  grpcMaxConnectionAge: setting(
    whole(0, 86_400_000, "ms"),
    0,
    "age at which a connection of gRPC is ended, after its calls, so that clients look for new servers; 0 for never",
  ),
  replyTimeout: setting(
    milliseconds,
    5_000,
    "time in which a client must take a reply, and a second more for each MiB of it",
  ),
  drainTimeout: setting(milliseconds, 5_000, "time that requests in progress have when the service stops"),
  maxModelBytes: setting(bytes, 2 ** 31 - 1, "largest model file"),
  watch: setting(flag, true, "take in models that change on disk"),
  pollInterval: setting(
    milliseconds,
    5_000,
    "how often the repository is looked through, whatever the system reports",
  ),
  settleTime: setting(milliseconds, 300, "how long files must have stayed the same before they are read"),
  logLevel: setting(oneOf(...LOG_LEVELS), "info", "least level that is logged"),
  logFile: setting(text, "", "file for the log; default: standard output"),
  logMaxBytes: setting(
    whole(0, 2 ** 40, "bytes"),
    0,
    "size at which the log file is put aside and a new one begun; 0 for never",
  ),
  logMaxFiles: setting(whole(1, 10_000, "count"), 10, "log files that are kept when they are put aside"),
  logFeatureRows: setting(
    whole(0, 1_000, "count"),
    0,
    "rows of a request whose values go into its line of log; they may be personal data",
  ),
  logRequests: setting(flag, true, "a line of log for every request"),
} as const;

export type SettingName = keyof typeof SETTINGS;

type ValueOf<S> = S extends Setting<infer Value> ? Value : never;

/** Every setting with its value. */
export type Config = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** `grpcPort` → `grpc-port`. */
export function flagName(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `grpcPort` → `GRPC_PORT`. */
export function variableName(name: SettingName): string {
  return flagName(name).replaceAll("-", "_").toUpperCase();
}
