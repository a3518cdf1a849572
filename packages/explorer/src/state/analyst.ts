/**
 * What a worker finds out about the model, for views:
 *
 *     const { answer, problem } = useAnswer("tree 3", () => analyst().call("tree", 3)); // undefined until it is there
 */
import { useEffect, useState } from "preact/hooks";
import { AnalystWorker } from "../workers/analyst.ts";
import { type LoadedModel, model } from "./model.ts";
import { messageOf } from "./problem.ts";

let current: { readonly of: LoadedModel; readonly worker: AnalystWorker } | undefined;

/** The worker of the current model, started when it is first asked for. */
export function analyst(): AnalystWorker {
  const loaded = model.peek();
  if (loaded === undefined) {
    throw new Error("there is no model");
  }
  if (current?.of !== loaded) {
    current?.worker.close();
    current = { of: loaded, worker: new AnalystWorker(loaded.bytes, loaded.dump) };
  }
  return current.worker;
}

export interface Asked<T> {
  /** The newest answer; an older one while a newer is under way. */
  readonly answer: T | undefined;
  /** Whether `answer` is to the question of now. */
  readonly fresh: boolean;
  readonly problem: string | undefined;
}

interface State<T> {
  /** The model that was asked about: answers about another one are of no use. */
  readonly of: LoadedModel | undefined;
  readonly key: string;
  readonly answer: T | undefined;
  readonly problem: string | undefined;
}

/**
 * Asks whenever the key changes; while an answer is under way, only the newest question waits behind it, so that sliders do not
 * pile up work.
 * @param key tells questions apart; undefined asks nothing
 */
export function useAnswer<T>(key: string | undefined, ask: () => Promise<T>): Asked<T> {
  const [state, setState] = useState<State<T>>({
    of: undefined,
    key: "",
    answer: undefined,
    problem: undefined,
  });
  const [queue] = useState(() => new NewestOnly<T>());
  const loaded = model.value;
  useEffect(() => {
    if (key !== undefined) {
      queue.ask(loaded, key, ask, setState);
    }
  }, [key, loaded]);
  useEffect(() => () => queue.close(), []);
  const known = state.of === loaded ? state : undefined;
  const fresh = known !== undefined && known.key === key;
  return { answer: known?.answer, fresh, problem: fresh ? known.problem : undefined };
}

class NewestOnly<T> {
  #busy = false;
  #next: (() => void) | undefined;
  #closed = false;

  ask(
    of: LoadedModel | undefined,
    key: string,
    ask: () => Promise<T>,
    done: (state: State<T>) => void,
  ): void {
    const run = async (): Promise<void> => {
      this.#busy = true;
      let state: State<T>;
      try {
        state = { of, key, answer: await ask(), problem: undefined };
      } catch (error) {
        state = { of, key, answer: undefined, problem: messageOf(error) };
      }
      this.#busy = false;
      if (!this.#closed) {
        done(state);
        const next = this.#next;
        this.#next = undefined;
        next?.();
      }
    };
    if (this.#busy) {
      this.#next = () => void run();
    } else {
      void run();
    }
  }

  close(): void {
    this.#closed = true;
    this.#next = undefined;
  }
}
