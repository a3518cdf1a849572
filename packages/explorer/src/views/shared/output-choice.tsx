/** Which of several outputs is looked at. */
import { Choice } from "../../charts/panel.tsx";
import { model } from "../../state/model.ts";

export function OutputChoice(props: { readonly value: number; readonly onChange: (output: number) => void }) {
  const outputs = model.value?.outputs ?? [];
  return outputs.length < 2 ? null : (
    <Choice
      label="Output"
      value={props.value}
      options={outputs.map((name, i) => [i, name])}
      onChange={(value) => props.onChange(Number(value))}
    />
  );
}
