/** What the thread runs that loads models while requests are answered. */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";
import { parentPort } from "node:worker_threads";
import type { ExecutorParts } from "xgboost-infer/executor";
import { type PackedBooster, packBooster, transferList } from "xgboost-infer/transfer";
import type { ModelSource } from "./find-models.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";

export interface LoadRequest {
  readonly id: number;
  readonly source: ModelSource;
  readonly maxModelBytes: number;
  /** Whether the files are wanted, too. */
  readonly withFiles: boolean;
}

/** A loaded model as it is posted. */
export interface PostedModel extends Omit<LoadedModel, "executor" | "blockedTime"> {
  readonly booster: PackedBooster;
  readonly parts: ExecutorParts;
}

export type LoadReply =
  | { readonly id: number; readonly model: PostedModel }
  | { readonly id: number; readonly error: string };

/** Where requests and loading want the same core, requests come first. */
const NICENESS = 5;

/** Sets the priority of this thread alone, which Linux knows by a number of its own; elsewhere it stays as it is. */
function stepBack(): void {
  try {
    setPriority(Number(basename(readlinkSync("/proc/thread-self"))), NICENESS);
  } catch {
    // Loading takes as much of the machine as requests do.
  }
}

async function answer({ id, source, maxModelBytes, withFiles }: LoadRequest): Promise<void> {
  try {
    const { executor, files, name, version, digest, notes } = await loadModel(source, maxModelBytes);
    const booster = packBooster(executor.booster);
    const model: PostedModel = {
      booster,
      parts: executor.parts,
      files: withFiles ? files : new Map(),
      name,
      version,
      digest,
      notes,
    };
    parentPort!.postMessage({ id, model } satisfies LoadReply, transferList(booster));
  } catch (error) {
    parentPort!.postMessage({ id, error: (error as Error).message } satisfies LoadReply);
  }
}

stepBack();
parentPort!.on("message", (request: LoadRequest) => void answer(request));
