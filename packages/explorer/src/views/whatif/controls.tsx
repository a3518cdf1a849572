/** A control for each feature: slider and number, or a list of categories; each value can be missing. */
import { useEffect, useState } from "preact/hooks";
import { Choice, Panel } from "../../charts/panel.tsx";
import type { Domain, NumericDomain } from "../../logic/domains.ts";
import type { Edits } from "../../logic/edits.ts";
import { count, float32Text, number } from "../../logic/format.ts";
import { model } from "../../state/model.ts";
import { change, reset, startRow } from "../../state/what-if.ts";

/** Controls before more are asked for, and how many are added. */
const SHOWN = 30;

type Order = "effect" | "name" | "model";

interface Props {
  readonly domains: readonly Domain[];
  /** Features by falling effect. */
  readonly order: readonly number[];
  readonly row: Float32Array;
  readonly edits: Edits;
  readonly feature: number;
  readonly onFeature: (feature: number) => void;
}

export function Controls({ domains, order, row, edits, feature, onFeature }: Props) {
  const { features } = model.value!;
  const [search, setSearch] = useState("");
  const [by, setBy] = useState<Order>("effect");
  const [limit, setLimit] = useState(SHOWN);
  const wanted = search.trim().toLowerCase();
  const found = sorted(order, by, (i) => features[i]!.name).filter((i) =>
    features[i]!.name.toLowerCase().includes(wanted),
  );
  return (
    <Panel
      title="Features"
      class="controls"
      tools={
        <>
          <label class="choice">
            <span>Find</span>
            <input
              type="search"
              value={search}
              onInput={(event) => {
                setSearch(event.currentTarget.value);
                setLimit(SHOWN);
              }}
            />
          </label>
          <Choice
            label="By"
            value={by}
            options={[
              ["effect", "effect on this row"],
              ["name", "name"],
              ["model", "place in the model"],
            ]}
            onChange={(value) => setBy(value as Order)}
          />
        </>
      }
    >
      {found.length === 0 && <p>No feature has “{search}” in its name.</p>}
      <ul class="plain control-list">
        {found.slice(0, limit).map((i) => (
          <Control
            key={i}
            index={i}
            name={features[i]!.name}
            domain={domains[i]!}
            value={row[i]!}
            isChanged={edits.has(i)}
            isChosen={i === feature}
            onChoose={() => onFeature(i)}
          />
        ))}
      </ul>
      {found.length > limit && (
        <button type="button" class="button small" onClick={() => setLimit(limit + 3 * SHOWN)}>
          More ({count(found.length - limit)} left)
        </button>
      )}
    </Panel>
  );
}

function sorted(order: readonly number[], by: Order, name: (feature: number) => string): readonly number[] {
  switch (by) {
    case "effect":
      return order;
    case "model":
      return [...order].sort((a, b) => a - b);
    default:
      return [...order].sort((a, b) => name(a).localeCompare(name(b)) || a - b);
  }
}

interface ControlProps {
  readonly index: number;
  readonly name: string;
  readonly domain: Domain;
  /** NaN for missing. */
  readonly value: number;
  readonly isChanged: boolean;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Control(props: ControlProps) {
  const { index, name, domain, value, isChanged, isChosen } = props;
  return (
    <li class={`control ${isChosen ? "chosen" : ""} ${isChanged ? "changed" : ""}`}>
      <div class="control-head">
        <button
          type="button"
          class="control-name"
          aria-pressed={isChosen}
          title={`Curve of ${name}`}
          onClick={props.onChoose}
        >
          {name}
        </button>
        {isChanged && (
          <button type="button" class="link small" aria-label={`Undo ${name}`} onClick={() => reset(index)}>
            was {shortText(startRow.value[index]!, domain)} ↺
          </button>
        )}
        <label class="control-missing small">
          <input
            type="checkbox"
            aria-label={`${name} is missing`}
            checked={Number.isNaN(value)}
            onChange={(event) =>
              change(index, event.currentTarget.checked ? Number.NaN : known(startRow.peek()[index]!, domain))
            }
          />
          missing
        </label>
      </div>
      {domain.kind === "categorical" ? (
        <select
          aria-label={name}
          value={Number.isNaN(value) ? "" : String(Math.trunc(value))}
          onChange={(event) => {
            props.onChoose();
            change(index, event.currentTarget.value === "" ? Number.NaN : Number(event.currentTarget.value));
          }}
        >
          <option value="">missing</option>
          {domain.codes.map((code, i) => (
            <option key={code} value={String(code)}>
              {domain.labels[i]}
            </option>
          ))}
          {!Number.isNaN(value) && !domain.codes.includes(Math.trunc(value)) && (
            <option value={String(Math.trunc(value))}>{Math.trunc(value)}, unknown to the model</option>
          )}
        </select>
      ) : (
        <NumberControl {...props} domain={domain} />
      )}
    </li>
  );
}

/** What a value becomes that is missing no longer: the row's own, else the middle of the domain. */
function known(start: number, domain: Domain): number {
  if (!Number.isNaN(start)) {
    return start;
  }
  if (domain.kind === "categorical") {
    return domain.codes[0] ?? 0;
  }
  const middle = (domain.least + domain.greatest) / 2;
  return domain.whole ? Math.round(middle) : middle;
}

function shortText(value: number, domain: Domain): string {
  if (Number.isNaN(value)) {
    return "missing";
  }
  return domain.kind === "categorical"
    ? (domain.labels[domain.codes.indexOf(Math.trunc(value))] ?? String(value))
    : number(value, 6);
}

function NumberControl({
  index,
  name,
  domain,
  value,
  onChoose,
}: ControlProps & { readonly domain: NumericDomain }) {
  const isMissing = Number.isNaN(value);
  const { least, greatest, whole } = domain;
  const shown = isMissing ? "" : float32Text(value);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const isBad = text.trim() !== "" && !Number.isFinite(Math.fround(Number(text)));
  return (
    <div class="control-number">
      <input
        type="range"
        aria-label={`${name}, slider`}
        aria-valuetext={isMissing ? "missing" : shown}
        class={isMissing ? "missing" : ""}
        min={least}
        max={greatest}
        step={whole ? 1 : "any"}
        value={isMissing ? (least + greatest) / 2 : value}
        onFocus={onChoose}
        onInput={(event) => change(index, event.currentTarget.valueAsNumber)}
      />
      <input
        type="text"
        inputMode="decimal"
        aria-label={name}
        aria-invalid={isBad}
        placeholder="missing"
        value={text}
        onFocus={onChoose}
        onInput={(event) => {
          const typed = event.currentTarget.value;
          setText(typed);
          const next = Math.fround(Number(typed));
          if (typed.trim() !== "" && Number.isFinite(next)) {
            change(index, next);
          }
        }}
        onBlur={() => (text.trim() === "" ? change(index, Number.NaN) : setText(shown))}
      />
      {isBad && <span class="problem small">“{text}” is not a number that float32 can hold.</span>}
    </div>
  );
}
