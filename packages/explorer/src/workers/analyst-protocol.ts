/** What the page and the worker that looks into a model post to each other. */
import type { DumpOptions } from "xgboost-infer";
import type { Analyst } from "../logic/analyst.ts";

/** Methods of `Analyst`; each answers once. */
export type Method =
  | "explainRow"
  | "keepSample"
  | "partners"
  | "domains"
  | "respond"
  | "flips"
  | "tree"
  | "treesWith";

export type Arguments<M extends Method> = M extends "treesWith"
  ? [features: readonly number[]]
  : Parameters<Analyst[M]>;
export type Answer<M extends Method> = Awaited<ReturnType<Analyst[M]>>;

export type ToAnalyst =
  | { readonly type: "load"; readonly bytes: Uint8Array; readonly dump: DumpOptions | undefined }
  | {
      readonly type: "call";
      readonly id: number;
      readonly method: Method;
      readonly args: readonly unknown[];
    };

export type FromAnalyst =
  | { readonly type: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly type: "problem"; readonly id: number; readonly problem: string };
