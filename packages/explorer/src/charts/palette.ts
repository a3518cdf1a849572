/** The colours of `theme.css` for canvases, which know no style sheets. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";

export interface Palette {
  readonly surface: string;
  readonly sunken: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly text: string;
  readonly quiet: string;
  readonly accent: string;
  readonly accentSoft: string;
  readonly mark: string;
  readonly markSoft: string;
  readonly up: string;
  readonly down: string;
  /** Low to high values of a feature, nine steps from the colour of "down" to that of "up". */
  readonly ramp: readonly string[];
  readonly font: string;
}

const version = signal(0);

function changed(): void {
  version.value++;
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });

export const palette: ReadonlySignal<Palette> = computed(() => {
  version.value;
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: of("surface"),
    sunken: of("sunken"),
    line: of("line"),
    lineStrong: of("line-strong"),
    text: of("text"),
    quiet: of("text-quiet"),
    accent: of("accent"),
    accentSoft: of("accent-soft"),
    mark: of("mark"),
    markSoft: of("mark-soft"),
    up: of("up"),
    down: of("down"),
    ramp: ramp(of("down"), of("between"), of("up")),
    font: of("font"),
  };
});

/** Nine colours: down, over the one in between, to up. */
function ramp(down: string, between: string, up: string): string[] {
  return Array.from({ length: 9 }, (_, i) => {
    const [a, b, share] = i <= 4 ? [down, between, i / 4] : [between, up, (i - 4) / 4];
    return mix(a, b, share);
  });
}

/** Between two colours, each written as #rrggbb or, by those who make style sheets small, as #rgb. */
export function mix(a: string, b: string, share: number): string {
  const part = (colour: string, i: number): number =>
    Number.parseInt(colour.length === 4 ? colour[i + 1]!.repeat(2) : colour.slice(2 * i + 1, 2 * i + 3), 16);
  const parts = [0, 1, 2].map((i) => Math.round(part(a, i) * (1 - share) + part(b, i) * share));
  return `#${parts.map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

/** The colour of a share from 0 to 1, or that of what has no place on the scale. */
export function rampColour({ ramp, lineStrong }: Palette, share: number): string {
  return Number.isNaN(share) ? lineStrong : ramp[Math.max(0, Math.min(8, Math.floor(share * 9)))]!;
}
