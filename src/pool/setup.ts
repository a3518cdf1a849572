/** What workers are told of a model: the compiled trees once for all of them, and the rest without trees. */
import type { Model, Tree } from "../model/model.ts";
import type { BoosterParts } from "../predict/booster.ts";
import type { Plan } from "../predict/options.ts";
import type { Setup } from "./protocol.ts";

/** Makes a zeroed buffer. */
type Allocate = (bytes: number) => ArrayBuffer | SharedArrayBuffer;

/** Outputs that the compiled trees suffice for. Others get the model with its trees. */
const OF_LAYOUT: ReadonlySet<string> = new Set(["value", "margin", "leaf"]);

export class SetupFactory {
  readonly #parts: BoosterParts;
  readonly #allocate: Allocate;
  readonly #layout: ArrayBuffer | SharedArrayBuffer | undefined;
  #trees: readonly Tree[] | undefined;

  constructor(parts: BoosterParts, sharesMemory: boolean) {
    this.#parts = parts;
    this.#allocate = (bytes) => (sharesMemory ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    this.#layout = parts.layout && copyOf(parts.layout.buffer, this.#allocate);
  }

  /** Whether a plan needs more than the compiled trees. */
  needsTrees(plan: Plan): boolean {
    return !OF_LAYOUT.has(plan.kind);
  }

  make(withTrees: boolean): Setup {
    const { model, rules, engine } = this.#parts;
    const trees = withTrees || this.#layout === undefined ? this.#sharedTrees() : [];
    return { model: { ...withoutNames(model), trees }, rules, engine, layout: this.#layout };
  }

  #sharedTrees(): readonly Tree[] {
    this.#trees ??= this.#parts.model.trees.map((tree) => relocate(tree, this.#allocate));
    return this.#trees;
  }
}

/** Names are looked up, and rows made of them, before they go to a worker. */
function withoutNames(model: Model): Model {
  return {
    ...model,
    featureNames: undefined,
    featureTypes: undefined,
    categories: new Map(),
    attributes: {},
  };
}

function copyOf(
  buffer: ArrayBuffer | SharedArrayBuffer,
  allocate: Allocate,
): ArrayBuffer | SharedArrayBuffer {
  const copy = allocate(buffer.byteLength);
  new Uint8Array(copy as ArrayBuffer).set(new Uint8Array(buffer as ArrayBuffer));
  return copy;
}

/** The tree with all of its arrays in one buffer. */
function relocate(tree: Tree, allocate: Allocate): Tree {
  const arrays = Object.values(tree).flat().filter(ArrayBuffer.isView);
  const buffer = allocate(arrays.reduce((sum, each) => sum + aligned(each.byteLength), 0));
  let offset = 0;
  const move = <Value>(value: Value): Value => {
    if (!ArrayBuffer.isView(value)) {
      return (Array.isArray(value) ? value.map(move) : value) as Value;
    }
    const array = value as unknown as Uint8Array;
    const View = array.constructor as typeof Uint8Array;
    const moved = new View(buffer as ArrayBuffer, offset, array.length);
    moved.set(array);
    offset += aligned(array.byteLength);
    return moved as unknown as Value;
  };
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => [name, move(value)]),
  ) as unknown as Tree;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
