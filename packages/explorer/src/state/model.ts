/**
 * The model that is looked at. Views read `model.value`, and are shown again when another model comes.
 *
 *     const loaded = model.value; // undefined while there is none: views that need one are not shown then
 *     loaded?.booster.predictRow(…)
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { Booster, type DumpOptions } from "xgboost-infer";
import { modelFileFormat } from "xgboost-infer/convert";
import { messageOf } from "./problem.ts";

export interface Feature {
  readonly index: number;
  /** The model's name for it, or `f0`, `f1`, … */
  readonly name: string;
  /** XGBoost's: q, float, int, i, c; `undefined` where the file does not say. */
  readonly type: string | undefined;
  /** Names in the order of their codes, where the file holds them. */
  readonly categories: readonly string[] | undefined;
}

export interface LoadedModel {
  /** File name. */
  readonly name: string;
  /** What was loaded, for workers: `Booster.load(bytes, { dump })`, or `WorkerPool.create(booster)`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly dump: DumpOptions | undefined;
  /** As `modelFileFormat` has it: json, ubj, json-dump, … */
  readonly format: string;
  /** Milliseconds until the first row can be scored. */
  readonly loadTime: number;
  readonly booster: Booster;
  readonly features: readonly Feature[];
  /** Names of the values that `predict` gives a row: `score`, or one for each class or target. */
  readonly outputs: readonly string[];
  /** Whether values are probabilities, so that they lie between 0 and 1. */
  readonly isProbability: boolean;
  /** Whether a row's values are classes of which the largest counts. */
  readonly isMultiClass: boolean;
}

const current = signal<LoadedModel | undefined>(undefined);
export const model: ReadonlySignal<LoadedModel | undefined> = current;

/** A dump that waits for what it leaves out. The form for it is shown meanwhile. */
export interface WaitingDump {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: string;
}

const waiting = signal<WaitingDump | undefined>(undefined);
export const waitingDump: ReadonlySignal<WaitingDump | undefined> = waiting;

const failure = signal<string | undefined>(undefined);
/** Why the last file was no model, in words. */
export const modelProblem: ReadonlySignal<string | undefined> = failure;

export const booster: ReadonlySignal<Booster | undefined> = computed(() => current.value?.booster);

/** Loads a model; a dump waits for `finishDump`. */
export function openModel(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  failure.value = undefined;
  waiting.value = undefined;
  try {
    const format = modelFileFormat(bytes);
    if (format.endsWith("dump")) {
      waiting.value = { name, bytes, format };
    } else {
      current.value = loadModel(name, bytes);
    }
  } catch (error) {
    failure.value = `${name}: ${messageOf(error)}`;
  }
}

/** @throws what `Booster.load` throws, for the form to show beside what was filled in */
export function finishDump(options: DumpOptions): void {
  const dump = waiting.value;
  if (dump !== undefined) {
    current.value = loadModel(dump.name, dump.bytes, options);
    waiting.value = undefined;
  }
}

export function forgetDump(): void {
  waiting.value = undefined;
}

export function refuseModel(problem: string): void {
  failure.value = problem;
}

export function loadModel(name: string, bytes: Uint8Array<ArrayBuffer>, dump?: DumpOptions): LoadedModel {
  const format = modelFileFormat(bytes);
  const start = performance.now();
  const booster = Booster.load(bytes, dump === undefined ? {} : { dump });
  // Engines are compiled when they are first used.
  booster.predictRow(new Float32Array(booster.numFeatures));
  const loadTime = performance.now() - start;
  const { objective } = booster;
  const features = Array.from({ length: booster.numFeatures }, (_, index) => ({
    index,
    name: booster.featureNames?.[index] ?? `f${index}`,
    type: booster.featureTypes?.[index],
    categories: booster.categoryNames(index),
  }));
  const isMultiClass = objective === "multi:softprob";
  const groups = objective === "multi:softmax" ? 1 : booster.numOutputGroups;
  const what = isMultiClass ? "class" : "output";
  const outputs = groups === 1 ? ["score"] : Array.from({ length: groups }, (_, i) => `${what} ${i}`);
  const isProbability = ["binary:logistic", "reg:logistic", "multi:softprob"].includes(objective);
  return { name, bytes, dump, format, loadTime, booster, features, outputs, isProbability, isMultiClass };
}
