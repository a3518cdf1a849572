/** What the worker that sorts, filters and evaluates runs. */
import "./offline.ts";
import { type EvaluateRequest, evaluate } from "../tables/evaluate.ts";
import { type OrderRequest, orderRows } from "../tables/order.ts";
import type { AnalysisAnswer, AnalysisMessage } from "./analysis.ts";

const scope = globalThis as unknown as {
  postMessage(message: AnalysisAnswer, transfer?: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent<AnalysisMessage>) => void): void;
};

scope.addEventListener("message", ({ data: { id, task, request } }) => {
  try {
    const result =
      task === "order" ? orderRows(request as OrderRequest) : evaluate(request as EvaluateRequest);
    scope.postMessage({ id, result }, result instanceof Uint32Array ? [result.buffer as ArrayBuffer] : []);
  } catch (error) {
    scope.postMessage({ id, problem: error instanceof Error ? error.message : String(error) });
  }
});
