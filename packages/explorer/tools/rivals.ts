/**
 * Rivals for the race, which are no dependencies: onnxruntime-web alone takes 139 MB in node_modules, and its WebAssembly 14 MB. A build with
 * RIVALS_NODE, the folder that `npm run bench:native` installs them in (`.cache/rivals-node`), has them as scripts that are loaded when the
 * race wants them; other builds say that they have none.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const RIVALS = "virtual:rivals";
const WASM = "virtual:onnxruntime-wasm";

export function rivals(folder: string | undefined): Plugin {
  const load = folder === undefined ? undefined : createRequire(`${resolve(folder)}/`);
  const at = (name: string): string | undefined => {
    try {
      return load?.resolve(name);
    } catch {
      return undefined;
    }
  };
  const wasm = at("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  const onnx = wasm && `${dirname(wasm)}/ort.wasm.bundle.min.mjs`;
  const scorer = at("xgboost-scorer");
  return {
    name: "rivals",
    resolveId: (id) => (id === RIVALS || id === WASM ? `\0${id}` : undefined),
    // The bytes are handed over: the file, which Vite would ship beside them, is not asked for.
    transform: (code, id) =>
      id === onnx
        ? code.replace(/new URL\("[^"]*\.wasm",\s*import\.meta\.url\)/g, 'new URL("about:blank")')
        : undefined,
    load(id) {
      if (id === `\0${WASM}`) {
        // As text of a script, since the page may fetch nothing.
        const packed = gzipSync(readFileSync(wasm!), { level: 9 }).toString("base64");
        return `export default ${JSON.stringify(packed)};`;
      }
      if (id !== `\0${RIVALS}`) {
        return undefined;
      }
      const hasOnnx = onnx !== undefined && existsSync(onnx);
      return [
        `export const onnxRuntime = ${hasOnnx ? `() => import(${JSON.stringify(onnx)})` : "undefined"};`,
        `export const onnxRuntimeWasm = ${hasOnnx ? `() => import(${JSON.stringify(WASM)})` : "undefined"};`,
        `export const scorer = ${scorer === undefined ? "undefined" : `() => import(${JSON.stringify(scorer)})`};`,
      ].join("\n");
    },
  };
}
