/** Who is measured by `npm run bench:native`, and who is not, and why. */

export interface Contender {
  readonly name: string;
  readonly label: string;
  readonly kind: "ours" | "native" | "javascript";
  /** Which program runs it. */
  readonly program: "ours" | "python" | "rust" | "c" | "node";
  /** The file that it needs besides the model, made by `rivals.py prepare`. */
  readonly needs?: Prepared;
  /** Its name in the chart, if it is shown there. */
  readonly chart?: string;
  readonly note?: string;
}

/** A file that `rivals.py prepare` makes. */
export type Prepared = "expected" | "onnx" | "dump" | "lignum" | "tl2cgen";

/** Compiling these can take long, and is limited. */
export const COMPILED: ReadonlySet<Prepared> = new Set<Prepared>(["lignum", "tl2cgen"]);

export const CONTENDERS: readonly Contender[] = [
  { name: "ours", label: "xgboost-infer", kind: "ours", program: "ours", chart: "xgboost-infer" },
  {
    name: "ours-javascript",
    label: "xgboost-infer, engine: javascript",
    kind: "ours",
    program: "ours",
    chart: "xgboost-infer, JavaScript",
  },
  {
    name: "hessboost",
    label: "hessboost (Rust)",
    kind: "native",
    program: "rust",
    chart: "hessboost, Rust",
    note: "the matrix of a batch is made before the clock starts",
  },
  {
    name: "lignum",
    label: "lignum (Python)",
    kind: "native",
    program: "python",
    chart: "lignum, Python",
    note: "rows converted to its float64 before the clock starts",
  },
  {
    name: "lignum-compiled",
    label: "lignum, compiled by gcc (Python)",
    kind: "native",
    program: "python",
    needs: "lignum",
    chart: "lignum compiled, Python",
    note: "rows converted to its float64 before the clock starts",
  },
  {
    name: "daal4py",
    label: "daal4py, oneDAL (Python)",
    kind: "native",
    program: "python",
    chart: "daal4py, Python",
  },
  { name: "xgboost-c", label: "XGBoost, C API", kind: "native", program: "c", chart: "XGBoost, C API" },
  {
    name: "xgboost-inplace",
    label: "XGBoost inplace_predict (Python)",
    kind: "native",
    program: "python",
    chart: "XGBoost, Python",
  },
  {
    name: "xgboost-dmatrix-ready",
    label: "XGBoost predict, DMatrix ready (Python)",
    kind: "native",
    program: "python",
    note: "every DMatrix is made before the clock starts",
  },
  {
    name: "xgboost-dmatrix",
    label: "XGBoost predict, DMatrix made in the call (Python)",
    kind: "native",
    program: "python",
  },
  {
    name: "onnxruntime",
    label: "ONNX Runtime (Python)",
    kind: "native",
    program: "python",
    needs: "onnx",
    chart: "ONNX Runtime, Python",
  },
  {
    name: "onnxruntime-node",
    label: "onnxruntime-node",
    kind: "native",
    program: "node",
    needs: "onnx",
    chart: "onnxruntime-node",
    note: "asynchronous: CPU time leaves out the waiting between its threads",
  },
  {
    name: "treelite-gtil",
    label: "Treelite GTIL (Python)",
    kind: "native",
    program: "python",
    chart: "Treelite GTIL, Python",
  },
  {
    name: "tl2cgen",
    label: "tl2cgen, compiled by gcc (Python)",
    kind: "native",
    program: "python",
    needs: "tl2cgen",
    chart: "tl2cgen, Python",
  },
  {
    name: "onnxruntime-web",
    label: "onnxruntime-web (WebAssembly)",
    kind: "javascript",
    program: "node",
    needs: "onnx",
    chart: "onnxruntime-web",
  },
  {
    name: "xgboost-scorer",
    label: "xgboost-scorer (JavaScript)",
    kind: "javascript",
    program: "node",
    needs: "dump",
    note: "rows made into objects before the clock starts",
  },
];

/** Peers in JavaScript that cannot be measured. */
export const NOT_MEASURED: readonly (readonly [name: string, why: string])[] = [
  ["moonboost, xgboost-predictor", "not in the npm registry"],
  ["ml-xgboost", "reads neither JSON nor UBJSON models"],
  ["xgboost (npm)", "its native part does not build with Node 20"],
  ["m2cgen", "its export to JavaScript fails on models of XGBoost 3"],
];
