/** Picks one of the columns that are no features, or none. */
import { binding } from "../../state/binding.ts";
import { chooseColumn } from "./choices.ts";

interface ColumnChoiceProps {
  readonly label: string;
  readonly name: "label" | "python";
  readonly value: string | undefined;
}

export function ColumnChoice({ label, name, value }: ColumnChoiceProps) {
  return (
    <label class="field">
      {label}
      <select value={value ?? ""} onChange={({ currentTarget }) => chooseColumn(name, currentTarget.value)}>
        <option value="">none</option>
        {(binding.value?.others ?? []).map((column) => (
          <option key={column.name} value={column.name}>
            {column.name}
          </option>
        ))}
      </select>
    </label>
  );
}
