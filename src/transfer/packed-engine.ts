/** The tables of an engine as plain data: linear memory can be copied, but not moved. */
import type { Layout } from "../compile/layout.ts";
import type { Engine } from "../engine/engine.ts";
import { RankedEngine } from "../engine/ranked.ts";
import { type BatchPlaces, RankedBatch } from "../engine/ranked-batch.ts";
import { RANKED_KERNEL } from "../engine/ranked-kernel.ts";
import { RankedRow, type RowPlaces } from "../engine/ranked-row.ts";
import type { RankPlan } from "../engine/ranks.ts";
import { withoutRanks } from "../engine/select.ts";
import { compileKernel, type LinearMemory, memoryOf } from "../wasm/platform.ts";

interface Packed<Places> {
  readonly places: Places;
  readonly bytes: Uint8Array;
}

/** Of the ranked engine, whose tables take long to make. Others are chosen anew. */
export interface PackedEngine {
  readonly plan: RankPlan;
  readonly batch: Packed<BatchPlaces> | undefined;
  readonly row: Packed<RowPlaces> | undefined;
}

export function packEngine(engine: Engine): PackedEngine | undefined {
  if (!(engine instanceof RankedEngine)) {
    return undefined;
  }
  const { plan, batch, row } = engine;
  return { plan, batch: batch && packed(batch), row: row && packed(row) };
}

/** `undefined` where there is none, or this platform cannot run it: any other engine gives the same bits. */
export function unpackEngine(layout: Layout, made: PackedEngine | undefined): Engine | undefined {
  const module = made && compileKernel(RANKED_KERNEL);
  if (made === undefined || module === undefined) {
    return undefined;
  }
  const { plan, batch, row } = made;
  const engine = new RankedEngine(layout, plan, module, () => withoutRanks(layout));
  const [ofBatch, ofRow] = [batch && memoryOf(batch.bytes), row && memoryOf(row.bytes)];
  engine.batch = batch && ofBatch && new RankedBatch(layout, batch.places, ofBatch, module);
  engine.row = row && ofRow && new RankedRow(layout, row.places, ofRow, module);
  return engine;
}

function packed<Places>({ places, memory }: { places: Places; memory: LinearMemory }): Packed<Places> {
  return { places, bytes: new Uint8Array(memory.buffer.slice(0)) };
}
