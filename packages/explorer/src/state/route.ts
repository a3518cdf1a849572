/**
 * What of the state stands in the address: `#scores?row=12&threshold=0.4`. The view comes first; parameters are each view's own
 * affair, but `row`, `threshold` and `output`, which all share. Going back in the browser goes back here.
 *
 *     const tree = parameter("tree").value;      // text or undefined; reading it in a component subscribes to it
 *     setParameters({ tree: "3" });              // replaces the entry of the history
 *     showView("trees", { tree: "3" });          // a new entry
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";

export type ViewName = "start" | "model" | "scores" | "why" | "whatif" | "trees" | "race";

const VIEWS: readonly ViewName[] = ["start", "model", "scores", "why", "whatif", "trees", "race"];

interface Route {
  readonly view: ViewName;
  readonly parameters: URLSearchParams;
}

const route = signal<Route>(readAddress());

/** The view that the address names. */
export const view: ReadonlySignal<ViewName> = computed(() => route.value.view);

const signals = new Map<string, ReadonlySignal<string | undefined>>();

export function parameter(name: string): ReadonlySignal<string | undefined> {
  let found = signals.get(name);
  if (found === undefined) {
    found = computed(() => route.value.parameters.get(name) ?? undefined);
    signals.set(name, found);
  }
  return found;
}

type Changes = Readonly<Record<string, string | undefined>>;

export function setParameters(changes: Changes): void {
  const { view, parameters } = route.peek();
  const next = { view, parameters: changed(parameters, changes) };
  if (addressOf(next) !== addressOf(route.peek())) {
    history.replaceState(null, "", addressOf(next));
    route.value = next;
  }
}

export function showView(view: ViewName, changes: Changes = {}): void {
  const next = { view, parameters: changed(route.peek().parameters, changes) };
  if (addressOf(next) !== addressOf(route.peek())) {
    history.pushState(null, "", addressOf(next));
    route.value = next;
  }
}

/** Address of a view with the parameters of now, for links. */
export function addressOfView(view: ViewName): string {
  return addressOf({ view, parameters: route.value.parameters });
}

function changed(parameters: URLSearchParams, changes: Changes): URLSearchParams {
  const next = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) {
      next.delete(name);
    } else {
      next.set(name, value);
    }
  }
  return next;
}

function addressOf({ view, parameters }: Route): string {
  const text = parameters.toString();
  return `#${view}${text === "" ? "" : `?${text}`}`;
}

function readAddress(): Route {
  const [name = "", ...rest] = location.hash.slice(1).split("?");
  return {
    view: VIEWS.find((each) => each === name) ?? "start",
    parameters: new URLSearchParams(rest.join("?")),
  };
}

addEventListener("popstate", () => {
  route.value = readAddress();
});
addEventListener("hashchange", () => {
  route.value = readAddress();
});
