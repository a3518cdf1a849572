/** What `tools/rivals.ts` makes; undefined in builds without rivals. */
declare module "virtual:rivals" {
  export const onnxRuntime: (() => Promise<unknown>) | undefined;
  /** gzip, as base64. */
  export const onnxRuntimeWasm: (() => Promise<{ readonly default: string }>) | undefined;
  export const scorer: (() => Promise<unknown>) | undefined;
}
