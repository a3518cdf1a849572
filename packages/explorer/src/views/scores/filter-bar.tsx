/** Conditions on columns, which rows must meet to be shown. */
import { useState } from "preact/hooks";
import { count } from "../../app/format.ts";
import { Problem } from "../../app/problem.tsx";
import { binding } from "../../state/binding.ts";
import type { Comparison } from "../../tables/order.ts";
import { COMPARISONS, type Filter, filters, SCORE, setFilters } from "./choices.ts";
import { gridColumns } from "./grid-columns.ts";
import { isOrdering, order, orderProblem } from "./order.ts";

export function FilterBar() {
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [comparison, setComparison] = useState<Comparison>(">=");
  const add = (form: HTMLFormElement): void => {
    const data = new FormData(form);
    const filter = { by: String(data.get("by")), comparison, value: String(data.get("value") ?? "").trim() };
    const wrong = problemOf(filter);
    setProblem(wrong);
    if (wrong === undefined) {
      setFilters([...filters.peek(), filter]);
      form.querySelector<HTMLInputElement>("input")?.form?.reset();
      setComparison(">=");
    }
  };
  const needsValue = comparison !== "missing" && comparison !== "present";
  return (
    <div class="filter-bar">
      <form
        aria-label="Filter rows"
        onSubmit={(event) => {
          event.preventDefault();
          add(event.currentTarget);
        }}
      >
        <label class="visually-hidden" for="filter-by">
          Column
        </label>
        <select id="filter-by" name="by">
          {gridColumns.value.map(({ by, name }) => (
            <option key={by} value={by}>
              {name}
            </option>
          ))}
        </select>
        <label class="visually-hidden" for="filter-comparison">
          Condition
        </label>
        <select
          id="filter-comparison"
          value={comparison}
          onChange={({ currentTarget }) => setComparison(currentTarget.value as Comparison)}
        >
          {Object.entries(COMPARISONS).map(([each, label]) => (
            <option key={each} value={each}>
              {label}
            </option>
          ))}
        </select>
        {needsValue ? <input name="value" aria-label="Value" placeholder="value" size={10} /> : null}
        <button type="submit" class="button">
          Filter
        </button>
      </form>
      <p class="quiet number" role="status">
        {isOrdering.value ? "Sorting …" : shownText()}
      </p>
      {filters.value.length === 0 ? null : (
        <ul class="chips" aria-label="Filters">
          {filters.value.map((filter, i) => (
            <li key={`${filter.by}${filter.comparison}${filter.value}`}>
              {nameOf(filter.by)} {COMPARISONS[filter.comparison]} {filter.value}
              <button
                type="button"
                aria-label={`Remove the filter on ${nameOf(filter.by)}`}
                onClick={() => setFilters(filters.peek().filter((_, at) => at !== i))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {problem === undefined ? null : <Problem>{problem}</Problem>}
      {orderProblem.value === undefined ? null : <Problem>{orderProblem.value}</Problem>}
    </div>
  );
}

function nameOf(by: string): string {
  return by === SCORE ? (gridColumns.value[0]?.name ?? "score") : by;
}

function shownText(): string {
  const [shown, all] = [order.value.count, binding.value?.rows ?? 0];
  return shown === all ? `${count(all)} rows` : `${count(shown)} of ${count(all)} rows`;
}

/** Numbers are compared with numbers. */
function problemOf({ by, comparison, value }: Filter): string | undefined {
  if (comparison === "missing" || comparison === "present") {
    return undefined;
  }
  if (value === "") {
    return `What shall ${nameOf(by)} be compared with? The value is empty.`;
  }
  const isNumber = by === SCORE || binding.peek()?.table.column(by)?.kind === "number";
  return isNumber && comparison !== "contains" && Number.isNaN(Number(value))
    ? `${nameOf(by)} holds numbers; “${value}” is none.`
    : undefined;
}
