/** The page: header, tabs, and the view that the address names. */
import { binding, bindingProblem } from "../state/binding.ts";
import { certificateProblem } from "../state/certificate.ts";
import { dropProblem } from "../state/files.ts";
import { model, modelProblem, waitingDump } from "../state/model.ts";
import { addressOfView, view } from "../state/route.ts";
import { table, tableProblem } from "../state/table.ts";
import { VIEWS, type View } from "../views/views.ts";
import { DropTarget } from "./drop-target.tsx";
import { DumpForm } from "./dump-form.tsx";
import icon from "./icon.svg?inline";
import { LazyView, preload } from "./lazy-view.tsx";
import { Problem } from "./problem.tsx";
import { ReadingProgress, SampleButton, Start } from "./start.tsx";

/** The sample is opened together with the page where the address names it: so is the script of its view. */
preload(view.peek());

export function App() {
  const shown = VIEWS.find(({ name }) => name === view.value);
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the view
      </button>
      <Header />
      <main id="content" tabIndex={-1}>
        {shown === undefined ? (
          <Start />
        ) : (
          <>
            <Troubles />
            {isReady(shown) ? <LazyView view={shown} /> : <Missing view={shown} />}
          </>
        )}
      </main>
      <DropTarget />
    </>
  );
}

/** A button, and no link: the address names the view. */
function skip(): void {
  document.getElementById("content")?.focus();
}

function Header() {
  return (
    <header class="top">
      <a
        class="brand"
        href={addressOfView("start")}
        aria-current={view.value === "start" ? "page" : undefined}
      >
        <img src={icon} alt="" width="26" height="26" />
        <h1>XGBoost explorer</h1>
      </a>
      <nav aria-label="Views">
        {VIEWS.map(({ name, label }) => (
          <a key={name} href={addressOfView(name)} aria-current={view.value === name ? "page" : undefined}>
            {label}
          </a>
        ))}
      </nav>
      {model.value === undefined && table.value === undefined ? null : (
        <a class="files" href={addressOfView("start")} title="Files: pick others">
          <span>{model.value?.name ?? "no model"}</span>
          <span>{table.value?.name ?? "no table"}</span>
        </a>
      )}
    </header>
  );
}

function isReady(shown: View): boolean {
  return model.value !== undefined && (shown.needs === "model" || binding.value !== undefined);
}

/** Files can be dropped on every view, and what is wrong with them is said there. */
function Troubles() {
  const problems = [dropProblem, modelProblem, tableProblem, certificateProblem, bindingProblem];
  return (
    <div class="troubles">
      {problems.map(({ value }) => (value === undefined ? null : <Problem key={value}>{value}</Problem>))}
      {waitingDump.value === undefined ? null : (
        <div class="card">
          <DumpForm dump={waitingDump.value} />
        </div>
      )}
      <ReadingProgress />
    </div>
  );
}

function Missing({ view: { label, about, needs } }: { readonly view: View }) {
  const lacks =
    model.value === undefined
      ? needs === "rows"
        ? "a model and a table"
        : "a model"
      : "a table that fits the model";
  return (
    <section class="missing" aria-labelledby="missing-title">
      <h2 id="missing-title">{label}</h2>
      <p>{about}</p>
      <p class="quiet">
        This needs {lacks}: drop {lacks === "a model" ? "one" : "them"} here, or{" "}
        <a href={addressOfView("start")}>pick files</a>.
      </p>
      <SampleButton />
    </section>
  );
}
