/** What must be the same for an interrupted run to go on. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { ModelSnapshot } from "../model/open-model.ts";
import type { TableFormat } from "../tables/table.ts";
import type { RunIdentity } from "./journal.ts";
import type { OutputFormat } from "./output-format.ts";
import type { BatchSettings } from "./settings.ts";

/** Engine, workers and the like are not in it: they change nothing in the bytes of the output. */
export function identityOf(
  settings: BatchSettings,
  { digest }: ModelSnapshot,
  input: TableFormat,
  output: OutputFormat,
): RunIdentity {
  const { data, table, kind, iterationRange, load, keep, baseMargin, rejects } = settings;
  return {
    version: versions(),
    model: `sha256 ${digest}`,
    "--rules": load.rules ?? "file",
    "--dump-*": JSON.stringify(load.dump ?? {}),
    ...(data === undefined ? { "--data": "-" } : identityOfFile(data)),
    "--format": input,
    "--missing, --no-header, --delimiter, --libsvm-base": JSON.stringify(table),
    "--output": kind,
    "--iteration-range": iterationRange?.join(":") ?? "all",
    "--keep": keep === "all" ? keep : JSON.stringify(keep),
    "--base-margin": JSON.stringify(baseMargin),
    "--missing-columns": settings.missingColumns ?? "default",
    "--output-format": `${output.format} ${output.compression ?? "not compressed"}`,
    "--rejects": rejects === undefined ? "none" : resolve(rejects),
  };
}

function identityOfFile(path: string): RunIdentity {
  const { size, mtime } = statSync(path);
  return {
    "--data": resolve(path),
    "size of the data": `${size} bytes`,
    "time of the data": mtime.toISOString(),
  };
}

function versions(): string {
  const read = (url: URL): string => JSON.parse(readFileSync(url, "utf8")).version;
  const engine = new URL(import.meta.resolve("xgboost-infer/package.json"));
  return `${read(new URL("../../package.json", import.meta.url))}, engine ${read(engine)}`;
}
