/** What the worker that looks into a model runs. */
import "./offline.ts";
import { Booster } from "xgboost-infer";
import { Analyst } from "../logic/analyst.ts";
import { buffersOf, type TreeTable } from "../logic/tree-table.ts";
import type { FromAnalyst, Method, ToAnalyst } from "./analyst-protocol.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromAnalyst, transfer?: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToAnalyst>) => void): void;
};

let analyst: Analyst | undefined;
let failure: unknown;

scope.addEventListener("message", ({ data }) => {
  if (data.type === "load") {
    try {
      analyst = new Analyst(Booster.load(data.bytes, data.dump === undefined ? {} : { dump: data.dump }));
    } catch (error) {
      failure = error;
    }
  } else {
    void answer(data.id, data.method, data.args);
  }
});

async function answer(id: number, method: Method, args: readonly unknown[]): Promise<void> {
  try {
    if (analyst === undefined) {
      throw failure;
    }
    const call = analyst[method] as (...args: unknown[]) => unknown;
    const found = await call.apply(analyst, method === "treesWith" ? [...args, pause] : [...args]);
    scope.postMessage(
      { type: "answer", id, answer: found },
      method === "tree" ? buffersOf(found as TreeTable) : [],
    );
  } catch (error) {
    scope.postMessage({
      type: "problem",
      id,
      problem: error instanceof Error ? error.message : String(error),
    });
  }
}

/** Lets messages in that came meanwhile. */
function pause(): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
