/** Static files for any web host, with addresses relative to the page. */
import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";
import { rivals } from "./tools/rivals.ts";

/** Nothing but files of the page's own host can be run, and nothing at all can be fetched. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  // Pictures of xgboost-infer/explain carry styles in their elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Puts the policy into the page, so that hosts need no settings. Not while developing: Vite's own client fetches. */
const contentPolicy: Plugin = {
  name: "content-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: POLICY },
      injectTo: "head-prepend",
    },
  ],
};

/** The icon as part of the page: browsers ask for files of icons again whenever the address changes. */
const pageIcon: Plugin = {
  name: "page-icon",
  transformIndexHtml: () => {
    const icon = readFileSync(`${import.meta.dirname}/src/app/icon.svg`, "utf8");
    const href = `data:image/svg+xml,${encodeURIComponent(icon.trim())}`;
    return [{ tag: "link", attrs: { rel: "icon", type: "image/svg+xml", href }, injectTo: "head" }];
  },
};

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [contentPolicy, pageIcon, rivals(process.env["RIVALS_NODE"])],
  assetsInclude: ["**/*.ubj"],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: {
    format: "es",
    rolldownOptions: { checks: { pluginTimings: false } },
    plugins: () => [rivals(process.env["RIVALS_NODE"])],
  },
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    rolldownOptions: { checks: { pluginTimings: false } },
    // Files that are put into scripts say so; all else stays a file.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
});
