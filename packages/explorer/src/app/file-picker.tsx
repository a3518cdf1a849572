/** A button that picks a file. The input is a real one, so that keyboards and screen readers know it. */
import { useRef } from "preact/hooks";
import { openFiles, type Place } from "../state/files.ts";

interface FilePickerProps {
  readonly label: string;
  readonly place: Place;
  readonly accept?: string;
}

export function FilePicker({ label, place, accept }: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="button" onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        class="hidden"
        tabIndex={-1}
        aria-label={label}
        data-place={place}
        {...(accept === undefined ? {} : { accept })}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // The same file can be picked again, after it was mended.
          currentTarget.value = "";
          void openFiles(files, place);
        }}
      />
    </>
  );
}
