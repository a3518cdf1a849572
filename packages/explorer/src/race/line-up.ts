/** Who can take part in the race, as the page lists them. */

export interface Entrant {
  readonly name: string;
  readonly label: string;
  readonly about: string;
  readonly kind: "ours" | "rival";
}

/** The first one's answers are those that the others' are compared with. */
export const LINE_UP = [
  { name: "auto", label: "xgboost-infer", about: "WebAssembly, one thread", kind: "ours" },
  {
    name: "auto-workers",
    label: "xgboost-infer, workers",
    about: "WebAssembly in every worker",
    kind: "ours",
  },
  {
    name: "javascript",
    label: "xgboost-infer, JavaScript",
    about: "where WebAssembly is forbidden",
    kind: "ours",
  },
  {
    name: "javascript-workers",
    label: "xgboost-infer, JavaScript, workers",
    about: "in every worker",
    kind: "ours",
  },
  {
    name: "reference",
    label: "xgboost-infer, reference",
    about: "short and slow: for checking the others",
    kind: "ours",
  },
  {
    name: "onnxruntime-web",
    label: "onnxruntime-web",
    about: "Microsoft’s, WebAssembly, one thread; the model as ONNX",
    kind: "rival",
  },
  { name: "xgboost-scorer", label: "xgboost-scorer", about: "JavaScript; reads dumps", kind: "rival" },
] as const satisfies readonly Entrant[];

export type EntrantName = (typeof LINE_UP)[number]["name"];
