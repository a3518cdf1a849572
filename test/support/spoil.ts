/** Small models for tests to spoil, and the texts that spoil them. */
import { type Document, writeJson } from "./document.ts";
import { type ModelSpec, modelDocument, modelOf, type TreeSpec } from "./model.ts";

export const STUMP: TreeSpec = [
  { feature: 0, threshold: 0.5, defaultLeft: true, left: 1, right: 2 },
  { leaf: 1 },
  { leaf: 2 },
];
/** Two stumps of one feature, in a model of two. */
export const PLAIN = modelOf([STUMP, STUMP], { numFeatures: 2 });

export type Tree = Record<string, unknown>;
export type Mutable = Record<string, never> & { [key: string]: Mutable };

/** A deep copy of a model's document, for a test to spoil. */
export function spoiled(model: ModelSpec, spoil: (document: Mutable) => void): Document {
  const document = structuredClone(modelDocument(model)) as unknown as Mutable;
  spoil(document);
  return document as unknown as Document;
}

export function inTree(spoil: (tree: Tree) => void): (document: Mutable) => void {
  return (document) =>
    spoil(document["learner"]!["gradient_booster"]!["model"]!["trees"]![0] as unknown as Tree);
}

export function inModel(spoil: (model: Tree) => void): (document: Mutable) => void {
  return (document) => spoil(document["learner"]!["gradient_booster"]!["model"] as unknown as Tree);
}

export function inParam(key: string, value: unknown): (document: Mutable) => void {
  return (document) => {
    Object.assign(document["learner"]!["learner_model_param"]!, { [key]: value });
  };
}

/** `text` with its one `from` replaced: a text that does not hold it would test nothing. */
export function swap(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) {
    throw new Error(`expected ${from} once in ${text.slice(0, 200)}`);
  }
  return text.replace(from, () => to);
}

/** A chain as a JSON dump: every level has a leaf and the next split. */
export function dumpChain(depth: number): string {
  const open = Array.from({ length: depth }, (_, i) => {
    const [leaf, next] = [2 * i + 1, 2 * i + 2];
    return (
      `{"nodeid":${2 * i},"depth":${i},"split":"f0","split_condition":${i + 1},"yes":${leaf},"no":${next},` +
      `"missing":${leaf},"children":[{"nodeid":${leaf},"leaf":${i}},`
    );
  });
  return `[${open.join("")}{"nodeid":${2 * depth},"leaf":-1}${"]}".repeat(depth)}]`;
}

/** A model whose one leaf is the number as written. */
export function leafText(number: string): string {
  const marker = 12345;
  return swap(
    writeJson(modelDocument(modelOf([[{ leaf: marker }]], { baseScore: [0] }))),
    "1.2345E4",
    number,
  );
}

/** The same chain as a text dump. */
export function textChain(depth: number): string {
  const lines = Array.from({ length: depth }, (_, i) => {
    const [leaf, next] = [2 * i + 1, 2 * i + 2];
    return `${i ? "\t" : ""}${2 * i}:[f0<${i + 1}] yes=${leaf},no=${next},missing=${leaf}\n\t${leaf}:leaf=${i}\n`;
  });
  return `booster[0]:\n${lines.join("")}\t${2 * depth}:leaf=-1\n`;
}
