/**
 * A model that came without a document, out of the old binary format or a dump, as one. The layout is the one that most releases
 * understand: fields that came later are there where newer releases need them, and stand where older ones look for them.
 */
import type { Model, Version } from "../model/model.ts";
import { boostedRounds } from "../model/model.ts";
import { LATEST_RELEASE } from "../model/rules.ts";
import type { NumberArray } from "../parse/packed-array.ts";
import type { DocumentWriter, ElementType } from "./document-writer.ts";
import { float32Text } from "./float-text.ts";
import { copyJson } from "./json-reader.ts";
import { objectiveParameters } from "./objective-parameters.ts";
import { fieldsOfTree } from "./tree-writer.ts";

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
const encoder = new TextEncoder();

/** A value of a document: what is not of JSON's own types says what it is. */
export type Value =
  | string
  | { readonly integers: ArrayLike<number> }
  | { readonly floats: ArrayLike<number> }
  | { readonly typed: ElementType; readonly values: NumberArray | BigInt64Array }
  | { readonly json: string }
  | { readonly integer: number }
  | { readonly list: Iterable<Value> }
  | { readonly fields: Readonly<Record<string, Value>> };

export function writeModel(model: Model, writer: DocumentWriter): void {
  writeValue(
    {
      fields: {
        learner: {
          fields: {
            attributes: { fields: model.attributes },
            feature_names: { list: model.featureNames ?? [] },
            feature_types: { list: model.featureTypes ?? [] },
            gradient_booster: boosterOf(model),
            learner_model_param: {
              fields: {
                base_score: baseScoreText(model.baseScore),
                boost_from_average: boostsFromAverage(model) ? "1" : "0",
                num_class: String(classes(model)),
                num_feature: String(model.numFeatures),
                num_target: String(targets(model)),
              },
            },
            objective: { json: objectiveParameters(model) },
          },
        },
        version: { integers: model.version ?? (LATEST_RELEASE satisfies Version) },
      },
    },
    writer,
  );
}

/** One number, where that is enough: releases before 3.1 misread lists. */
function baseScoreText(baseScore: Float32Array): string {
  const texts = Array.from(baseScore, float32Text);
  return new Set(texts).size === 1 ? texts[0]! : `[${texts.join(",")}]`;
}

/**
 * XGBoost since 3.1 takes the base score of a model without rounds as a margin where this is set; linear models of the old
 * binary format and of dumps do not say their rounds.
 */
function boostsFromAverage({ boostFromAverage, linear }: Model): boolean {
  return boostFromAverage && (linear === undefined || linear.weights.length === 0);
}

/** Only multi-class objectives know classes; several values of others are targets. */
function classes(model: Model): number {
  return model.objective.startsWith("multi:") ? model.numOutputGroups : 0;
}

function targets(model: Model): number {
  return classes(model) > 0 ? 1 : model.numOutputGroups;
}

function boosterOf(model: Model): Value {
  if (model.linear !== undefined) {
    return {
      fields: {
        model: {
          fields: {
            boosted_rounds: { integer: boostedRounds(model) },
            weights: { typed: "d", values: model.linear.weights },
          },
        },
        name: "gblinear",
      },
    };
  }
  const forest: Value = { fields: { model: forestOf(model), name: "gbtree" } };
  // Where releases up to 3.2 look for the weights of trees, and where all later ones still find them.
  return model.booster === "dart"
    ? {
        fields: {
          gbtree: forest,
          name: "dart",
          weight_drop: { floats: model.treeWeights ?? new Float32Array(0) },
        },
      }
    : forest;
}

function forestOf(model: Model): Value {
  const { trees } = model;
  return {
    fields: {
      gbtree_model_param: {
        fields: {
          num_parallel_tree: String(treesOfRound(model)),
          num_trees: String(trees.length),
          size_leaf_vector: "0",
        },
      },
      iteration_indptr: { integers: model.iterationIndptr },
      tree_info: { integers: model.treeInfo },
      trees: {
        list: (function* (): Generator<Value> {
          for (const [index, tree] of trees.entries()) {
            yield { fields: fieldsOfTree(tree, index, model) };
          }
        })(),
      },
    },
  };
}

/** Trees that a round has for each output group: 1 where rounds differ, as in models that were trained on. */
function treesOfRound(model: Model): number {
  const { iterationIndptr, treeInfo, hasVectorLeaves } = model;
  const perRound = iterationIndptr[1] ?? 0;
  const groups = hasVectorLeaves ? 1 : treeInfo.reduce((most, group) => Math.max(most, group + 1), 1);
  const equal = iterationIndptr.every((at, round) => at === round * perRound);
  return equal && perRound > groups && perRound % groups === 0 ? perRound / groups : 1;
}

function writeValue(value: Value, writer: DocumentWriter): void {
  if (typeof value === "string") {
    writer.scalar({ type: "text", value: encoder.encode(value) });
  } else if ("integer" in value) {
    writer.scalar({ type: "integer", value: value.integer });
  } else if ("json" in value) {
    copyJson(encoder.encode(value.json), writer);
  } else if ("typed" in value) {
    writer.numbers(value.typed, value.values);
  } else if ("fields" in value) {
    writeFields(value.fields, writer);
  } else {
    writer.open("array");
    if ("list" in value) {
      for (const item of value.list) {
        writeValue(item, writer);
      }
    } else {
      const [type, numbers] =
        "floats" in value ? (["float32", value.floats] as const) : (["integer", value.integers] as const);
      for (let i = 0; i < numbers.length; i++) {
        writer.scalar({ type, value: numbers[i]! });
      }
    }
    writer.close();
  }
}

/** In the order of their names, as XGBoost writes them. */
function writeFields(fields: Readonly<Record<string, Value>>, writer: DocumentWriter): void {
  writer.open("object");
  for (const name of Object.keys(fields).sort()) {
    writer.key(encoder.encode(name));
    writeValue(fields[name]!, writer);
  }
  writer.close();
}
