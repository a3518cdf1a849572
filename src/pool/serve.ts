/** The worker's side: a scorer, called for one block of rows after another. */
import { reviveLayout } from "../compile/layout.ts";
import { Scorer } from "../predict/scorer.ts";
import type { FromWorker, ScoreMessage, Setup, ToWorker } from "./protocol.ts";

type Post = (message: FromWorker, transfer: ArrayBuffer[]) => void;

/**
 * Returns what is to be called with each message. Errors are thrown: a worker that fails ends, and the pool scores its
 * block again elsewhere.
 */
export function serve(post: Post): (message: ToWorker) => void {
  let scoreBlock: ((message: ScoreMessage) => void) | undefined;
  return (message) => {
    if (message.type === "setup") {
      scoreBlock = blockScorer(message.setup);
      post({ type: "ready" }, []);
    } else {
      scoreBlock?.(message);
      answer(message, post);
    }
  };
}

function blockScorer({ model, rules, engine, layout }: Setup): (message: ScoreMessage) => void {
  const scorer = new Scorer(model, rules, engine, layout === undefined ? undefined : reviveLayout(layout));
  return ({ plan, count, rows, base, out, cancelled }) => {
    if (cancelled !== undefined && Atomics.load(cancelled, 0) !== 0) {
      return;
    }
    const source = {
      rows: count,
      direct: rows.subarray(0, count * model.numFeatures),
      sparse: undefined,
      fill: () => undefined,
    };
    scorer.score(source, plan, base, out.subarray(0, count * scorer.roomPerRow(plan)));
  };
}

function answer({ rows, out, cancelled }: ScoreMessage, post: Post): void {
  // Memory is shared exactly where a flag can be.
  if (cancelled !== undefined) {
    post({ type: "scored", rows: undefined, out: undefined }, []);
  } else {
    post({ type: "scored", rows, out }, [rows.buffer as ArrayBuffer, out.buffer as ArrayBuffer]);
  }
}
