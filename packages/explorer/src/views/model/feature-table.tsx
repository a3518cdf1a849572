/** All features: index, name, type, categories, and how much each is used. */
import { useState } from "preact/hooks";
import { brief, counted } from "../../app/format.ts";
import type { Feature, LoadedModel } from "../../state/model.ts";
import { importancesOf } from "./importance.ts";
import { importanceType } from "./importance-card.tsx";

const SHOWN = 100;
const NAMED_CATEGORIES = 6;

const TYPES: Readonly<Record<string, string>> = {
  q: "number",
  float: "number",
  int: "whole number",
  i: "yes or no",
  c: "category",
};

export function FeatureTable({ loaded }: { readonly loaded: LoadedModel }) {
  const [search, setSearch] = useState("");
  const [all, setAll] = useState(false);
  const type = importanceType(loaded);
  const outcome = importancesOf(loaded, type, 0);
  const values = new Map(
    "found" in outcome ? outcome.found.map(({ feature, value }) => [feature, value]) : [],
  );
  const met = loaded.features.filter(({ name }) => name.toLowerCase().includes(search.trim().toLowerCase()));
  const areTyped = loaded.features.some(
    (feature) => feature.type !== undefined || feature.categories !== undefined,
  );
  const shown = all ? met : met.slice(0, SHOWN);
  return (
    <article class="card" aria-labelledby="features-title">
      <div class="features-head">
        <h3 id="features-title">Features</h3>
        <input
          type="search"
          aria-label="Search features"
          placeholder="search"
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
        <p class="quiet" role="status">
          {met.length === loaded.features.length
            ? `${counted(met.length, "feature")}${areTyped ? "" : "; the file does not say their types"}`
            : `${met.length} of ${loaded.features.length}`}
        </p>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboards */}
      <section class="scroll" aria-label="Features" tabIndex={0}>
        <table class="plain features">
          <thead>
            <tr>
              <th scope="col">index</th>
              <th scope="col">name</th>
              {areTyped ? <th scope="col">type</th> : null}
              {areTyped ? <th scope="col">categories</th> : null}
              <th scope="col">{type.replace("_", " ")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((feature) => (
              <tr key={feature.index}>
                <td>{feature.index}</td>
                <th scope="row">{feature.name}</th>
                {areTyped ? <td>{typeText(feature)}</td> : null}
                {areTyped ? <td>{categoriesText(feature)}</td> : null}
                <td>{values.has(feature.name) ? brief(values.get(feature.name)!) : "not used"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {met.length > SHOWN && !all ? (
        <button type="button" class="button small" onClick={() => setAll(true)}>
          Show all {met.length}
        </button>
      ) : null}
    </article>
  );
}

function typeText({ type }: Feature): string {
  return type === undefined ? "not said" : `${TYPES[type] ?? type} (${type})`;
}

function categoriesText({ categories }: Feature): string {
  if (categories === undefined) {
    return "";
  }
  const named = categories.slice(0, NAMED_CATEGORIES).join(", ");
  return categories.length > NAMED_CATEGORIES ? `${named}, … (${categories.length})` : named;
}
