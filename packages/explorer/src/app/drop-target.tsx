/** Files can be dropped anywhere. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { openFiles } from "../state/files.ts";

const over = signal(false);

export function DropTarget() {
  useEffect(listen, []);
  return over.value ? (
    <div class="drop-veil" aria-hidden="true">
      <p>Drop a model, a table, or a parity certificate</p>
    </div>
  ) : null;
}

function listen(): () => void {
  const enter = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      over.value = true;
    }
  };
  const leave = (event: DragEvent): void => {
    if (event.relatedTarget === null) {
      over.value = false;
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    over.value = false;
    void openFiles([...(event.dataTransfer?.files ?? [])]);
  };
  addEventListener("dragover", enter);
  addEventListener("dragleave", leave);
  addEventListener("drop", drop);
  return () => {
    removeEventListener("dragover", enter);
    removeEventListener("dragleave", leave);
    removeEventListener("drop", drop);
  };
}
