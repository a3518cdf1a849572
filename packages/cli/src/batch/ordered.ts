/** Many at a time, out one by one. */

/**
 * What `work` makes of the items, in their order, each as soon as it and all before it are there. At most `limit` items are
 * taken and not yet given out, so that a slow reader holds the source back. Where the source fails, what was taken before
 * comes out first.
 */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const taken: Promise<Result>[] = [];
  const changed = new Signal();
  const state = {
    ended: false,
    stopped: false,
    failure: undefined as { readonly error: unknown } | undefined,
  };

  async function take(): Promise<void> {
    try {
      for await (const item of items) {
        if (state.stopped) {
          return;
        }
        const result = work(item);
        // It is awaited in its turn; until then nobody would handle its failure.
        result.catch(() => undefined);
        taken.push(result);
        changed.raise();
        while (taken.length >= limit && !state.stopped) {
          await changed.wait();
        }
      }
    } catch (error) {
      state.failure = { error };
    } finally {
      state.ended = true;
      changed.raise();
    }
  }

  void take();
  try {
    while (!state.ended || taken.length > 0) {
      if (taken.length === 0) {
        await changed.wait();
        continue;
      }
      const result = await taken[0]!;
      taken.shift();
      changed.raise();
      yield result;
    }
    if (state.failure !== undefined) {
      throw state.failure.error;
    }
  } finally {
    state.stopped = true;
    changed.raise();
  }
}

/** Wakes everyone who waits. */
class Signal {
  #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  raise(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) {
      wake();
    }
  }
}
