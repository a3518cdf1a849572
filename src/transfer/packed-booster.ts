/**
 * A loaded booster as plain data, which structured cloning copies and `postMessage` moves: a thread that may take its time parses and
 * compiles a model and makes its engine's tables, and one that may not takes over what is finished.
 */
import type { Details } from "../compile/details.ts";
import { type Layout, reviveLayout } from "../compile/layout.ts";
import { packModel } from "../compile/packed-trees.ts";
import type { EngineOption } from "../engine/select.ts";
import { describe, InputError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import { type Booster, boosterOf, partsOf } from "../predict/booster.ts";
import { type PackedEngine, packEngine, unpackEngine } from "./packed-engine.ts";

/** Of another release, the tables may mean something else. */
const FORMAT = "xgboost-infer packed booster 1";

/** Plain data, for `unpackBooster` of the same release. What is in it may change with every release. */
export interface PackedBooster {
  readonly format: typeof FORMAT;
  /** @internal */
  readonly model: Omit<Model, "trees"> & Partial<Pick<Model, "trees">>;
  /** @internal */
  readonly rules: Rules;
  /** @internal */
  readonly engine: EngineOption;
  /** @internal */
  readonly layout: ArrayBuffer | SharedArrayBuffer | undefined;
  /** @internal */
  readonly details: Details | undefined;
  /** @internal */
  readonly made: PackedEngine | undefined;
}

/**
 * A booster as plain data. Of the tables that engines make when they are first wanted, those that have been made are in it: score a
 * single row and a batch of 32 rows or more beforehand, and the other thread need not make them. Tables for leaf indices and for
 * contributions are made anew there.
 */
export function packBooster(booster: Booster): PackedBooster {
  const { model, rules, engine, layout, details, chosen } = partsOf(booster);
  return {
    format: FORMAT,
    model: layout === undefined ? model : withoutTrees(model),
    rules,
    engine,
    layout: layout?.buffer,
    details,
    made: packEngine(chosen),
  };
}

/**
 * The booster that was packed, with the same predictions to the bit.
 * @throws InputError for what `packBooster` of this release did not make
 */
export function unpackBooster(packed: PackedBooster): Booster {
  if (packed?.format !== FORMAT) {
    throw new InputError(`packed is ${describe(packed)}, expected what packBooster of the same release made`);
  }
  const { model, rules, engine, details, made } = packed;
  if (packed.layout === undefined || details === undefined) {
    return boosterOf(model as Model, rules, engine, undefined, undefined);
  }
  const layout: Layout = reviveLayout(packed.layout);
  const compiled = { layout, details };
  return boosterOf(packModel(model, compiled), rules, engine, compiled, unpackEngine(layout, made));
}

/** What of a packed booster can be moved instead of copied; the booster that was packed is of no use any more after it. */
export function transferList(packed: PackedBooster): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  collect(packed, found);
  return [...found];
}

function collect(value: unknown, found: Set<ArrayBuffer>): void {
  if (value instanceof ArrayBuffer) {
    found.add(value);
  } else if (ArrayBuffer.isView(value)) {
    collect(value.buffer, found);
  } else if (typeof value === "object" && value !== null && !(value instanceof Map)) {
    for (const each of Object.values(value)) {
      collect(each, found);
    }
  }
}

/** Looking at the trees would make them. */
function withoutTrees(model: Model): Omit<Model, "trees"> {
  const names = (Object.keys(model) as (keyof Model)[]).filter((name) => name !== "trees");
  return Object.fromEntries(names.map((name) => [name, model[name]])) as unknown as Omit<Model, "trees">;
}
