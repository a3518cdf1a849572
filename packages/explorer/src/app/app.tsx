/** The page: header, tabs, and the view that the address names. */
import { binding } from "../state/binding.ts";
import { model } from "../state/model.ts";
import "../state/scores.ts";
import { addressOfView, showView, view } from "../state/route.ts";
import { openSample } from "../state/sample.ts";
import { VIEWS } from "../views/views.ts";
import { LazyView } from "./lazy-view.tsx";

export function App() {
  const shown = VIEWS.find(({ name }) => name === view.value);
  const ready =
    shown !== undefined &&
    model.value !== undefined &&
    (shown.needs === "model" || binding.value !== undefined);
  return (
    <>
      <header class="top">
        <h1>XGBoost explorer</h1>
        <nav aria-label="Views">
          {VIEWS.map(({ name, label }) => (
            <a key={name} href={addressOfView(name)} aria-current={view.value === name ? "page" : undefined}>
              {label}
            </a>
          ))}
        </nav>
      </header>
      <main>
        {ready ? (
          <LazyView view={shown} />
        ) : (
          <button type="button" onClick={() => void openSample().then(() => showView("scores"))}>
            Open the sample
          </button>
        )}
      </main>
    </>
  );
}
