/** Parts that views are put together from. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import "./panel.css";

/** A titled part of a view. */
export function Panel(props: {
  readonly title: ComponentChildren;
  readonly class?: string;
  /** Beside the title. */
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class={`card panel ${props.class ?? ""}`} aria-labelledby={id}>
      <header class="panel-head">
        <h3 id={id}>{props.title}</h3>
        {props.tools !== undefined && <div class="panel-tools">{props.tools}</div>}
      </header>
      {props.children}
    </section>
  );
}

/** A number with buttons for the one before and the one after. */
export function Stepper(props: {
  readonly label: string;
  /** What is counted, for the buttons: "row". */
  readonly unit: string;
  readonly value: number;
  readonly count: number;
  readonly onChange: (value: number) => void;
}) {
  const { label, unit, value, count } = props;
  const go = (to: number): void => props.onChange(Math.max(0, Math.min(count - 1, Math.round(to))));
  return (
    <fieldset class="stepper" aria-label={label}>
      <button
        type="button"
        class="button small"
        aria-label={`Previous ${unit}`}
        disabled={value <= 0}
        onClick={() => go(value - 1)}
      >
        ‹
      </button>
      <label>
        <span>{label}</span>
        <input
          type="number"
          min={0}
          max={count - 1}
          step={1}
          value={value}
          onChange={(event) => {
            const typed = event.currentTarget.valueAsNumber;
            go(Number.isNaN(typed) ? value : typed);
            // What was typed may be out of range.
            event.currentTarget.value = String(
              Number.isNaN(typed) ? value : Math.max(0, Math.min(count - 1, Math.round(typed))),
            );
          }}
        />
        <span class="quiet">of 0 to {Math.max(0, count - 1).toLocaleString("en")}</span>
      </label>
      <button
        type="button"
        class="button small"
        aria-label={`Next ${unit}`}
        disabled={value >= count - 1}
        onClick={() => go(value + 1)}
      >
        ›
      </button>
    </fieldset>
  );
}

/** A list to choose one of. */
export function Choice(props: {
  readonly label: string;
  readonly value: string | number;
  readonly options: readonly (readonly [value: string | number, text: string])[];
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div class="choice">
      <label for={id}>{props.label}</label>
      <select id={id} value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Problem({ children }: { readonly children: ComponentChildren }) {
  return (
    <p class="problem" role="alert">
      {children}
    </p>
  );
}

/** A box beside the pointer; what it says stands elsewhere too. */
export function Tip(props: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly children: ComponentChildren;
}) {
  const side =
    props.x > props.width / 2 ? { right: `${props.width - props.x + 12}px` } : { left: `${props.x + 12}px` };
  return (
    <div class="tip" aria-hidden="true" style={{ ...side, top: `${props.y + 8}px` }}>
      {props.children}
    </div>
  );
}
