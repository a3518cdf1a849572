/** Shows a view once its script has come. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { messageOf } from "../state/problem.ts";
import type { ViewName } from "../state/route.ts";
import { VIEWS, type View } from "../views/views.ts";

type Loaded = { readonly component: ComponentType } | { readonly problem: string } | undefined;

const loaded = new Map<string, ReturnType<typeof signal<Loaded>>>();

/** Fetches the script of a view ahead of its being shown. */
export function preload(wanted: ViewName): void {
  const view = VIEWS.find(({ name }) => name === wanted);
  if (view !== undefined) {
    load(view);
  }
}

function load(view: View): ReturnType<typeof signal<Loaded>> {
  let state = loaded.get(view.name);
  if (state === undefined) {
    const created = signal<Loaded>(undefined);
    state = created;
    loaded.set(view.name, created);
    view.load().then(
      (module) => {
        created.value = { component: module.default };
      },
      (error: unknown) => {
        loaded.delete(view.name);
        created.value = { problem: messageOf(error) };
      },
    );
  }
  return state;
}

export function LazyView({ view }: { readonly view: View }) {
  const state = load(view).value;
  if (state === undefined) {
    return (
      <p class="quiet" role="status">
        Loading {view.label} …
      </p>
    );
  }
  return "component" in state ? (
    <state.component />
  ) : (
    <p class="problem" role="alert">
      {view.label} could not be loaded: {state.problem}
    </p>
  );
}
