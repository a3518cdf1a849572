/** The suite in a page, with names that an import map or a bundler knows. */
import { WorkerPool } from "xgboost-infer/browser";
import * as library from "./library.mjs";
import { reportFromBrowser } from "./report.mjs";

await reportFromBrowser(library, WorkerPool);
