/** An error in words, beside what caused it. */
import type { ComponentChildren } from "preact";

export function Problem({ children }: { readonly children: ComponentChildren }) {
  return (
    <p class="problem" role="alert">
      {children}
    </p>
  );
}
