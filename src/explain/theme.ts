/**
 * Colours. Up and down are vermilion and blue, after Okabe and Ito's palette for colour-blind readers and the convention of
 * red for "pushes up"; darkened on white and lightened on black so that text of these colours has a contrast of 4.5 or
 * more. A feature's values go from that blue to that vermilion through violet in equal steps of CIELAB. Heat maps use
 * nine steps of cividis. No picture says by colour alone what matters: arrows point, numbers have signs.
 */

/** `"auto"` follows the reader's system (`prefers-color-scheme`). */
export type Theme = "auto" | "light" | "dark";

export interface Palette {
  readonly background: string;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly up: string;
  readonly down: string;
  /** Text on bars of the colours `up` and `down`. */
  readonly onBar: string;
  /** Low to high, nine steps. */
  readonly ramp: readonly string[];
  readonly box: string;
}

export const PALETTES: { readonly light: Palette; readonly dark: Palette } = {
  light: {
    background: "#ffffff",
    ink: "#1f2328",
    muted: "#59636e",
    grid: "#d1d9e0",
    up: "#c24400",
    down: "#0066b3",
    onBar: "#ffffff",
    ramp: ["#0066b3", "#3e65ae", "#5963a8", "#6d61a3", "#7f5f9e", "#97597b", "#a95358", "#b74c34", "#c24400"],
    box: "#f6f8fa",
  },
  dark: {
    background: "#0d1117",
    ink: "#e6edf3",
    muted: "#9da7b3",
    grid: "#3d444d",
    up: "#ff8a4d",
    down: "#5cb3f5",
    onBar: "#0d1117",
    ramp: ["#5cb3f5", "#7eafec", "#97aae2", "#aca5d9", "#bf9fd0", "#d49ab0", "#e59590", "#f3906f", "#ff8a4d"],
    box: "#161b22",
  },
};

/** Nine steps of cividis (Nuñez, Anderton and Renslow 2018), made for colour-blind readers; its lightness rises evenly. */
export const HEAT: readonly string[] = [
  "#00204d",
  "#0e366f",
  "#414d6c",
  "#60646f",
  "#7d7c76",
  "#9c9577",
  "#bdaf6e",
  "#e0cc5d",
  "#ffea46",
];

export const STEPS = 9;

function rules(scope: string, palette: Palette): string {
  const { background, ink, muted, grid, up, down, onBar, ramp, box } = palette;
  const of = (selector: string, what: string): string => `${scope} ${selector}{${what}}`;
  return [
    of(".bg", `fill:${background}`),
    of("text", `fill:${ink}`),
    of(".muted", `fill:${muted}`),
    of(".up", `fill:${up}`),
    of(".down", `fill:${down}`),
    of(".on", `fill:${onBar}`),
    // Keeps text readable where lines run behind it.
    of(".halo", `stroke:${background};stroke-width:4px;stroke-linejoin:round;paint-order:stroke`),
    of(".box", `fill:${box};stroke:${muted}`),
    of(".grid", `stroke:${grid}`),
    of(".line", `stroke:${muted}`),
    of(".strong", `stroke:${ink}`),
    of(".su", `stroke:${up}`),
    of(".sd", `stroke:${down}`),
    of(".dot", `fill:${background}`),
    of(".paper", `stroke:${background}`),
    of(".none", `fill:${muted};stroke:${muted}`),
    ...ramp.map((colour, i) => of(`.r${i}`, `fill:${colour};stroke:${colour}`)),
  ].join("");
}

/** The style sheet of one picture. It names its theme in every rule, so that pictures in one page do not disturb each other. */
export function styleSheet(theme: Theme): string {
  const { light, dark } = PALETTES;
  const heat = HEAT.map((colour, i) => `.xgi .h${i}{fill:${colour}}`).join("");
  switch (theme) {
    case "light":
      return rules(".xgi-light", light) + heat;
    case "dark":
      return rules(".xgi-dark", dark) + heat;
    default:
      return `${rules(".xgi-auto", light)}@media(prefers-color-scheme:dark){${rules(".xgi-auto", dark)}}${heat}`;
  }
}
