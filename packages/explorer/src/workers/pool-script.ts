/** What a scoring worker runs. */
import "./offline.ts";
import "xgboost-infer/browser/worker";
