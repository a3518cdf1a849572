/** The parameters of objectives: XGBoost asks for them when it loads a document, though only training uses them. */
import type { Model } from "../model/model.ts";
import { Field } from "../parse/field.ts";
import { parseJson } from "../parse/json.ts";
import { float32Text } from "./float-text.ts";

declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/** Where they are not known: XGBoost's defaults. */
const DEFAULTS: Readonly<Record<string, (groups: number) => Record<string, Record<string, string>>>> = {
  "binary:logistic": regression,
  "binary:logitraw": regression,
  "count:poisson": () => ({ poisson_regression_param: { max_delta_step: "0.699999988" } }),
  "multi:softmax": multiClass,
  "multi:softprob": multiClass,
  // 1.x reads its own name for them.
  "rank:map": ranking,
  "rank:ndcg": ranking,
  "rank:pairwise": ranking,
  "reg:expectileerror": (groups) => ({ expectile_loss_param: { expectile_alpha: levels(groups) } }),
  "reg:gamma": regression,
  "reg:linear": regression,
  "reg:logistic": regression,
  "reg:pseudohubererror": () => ({ pseudo_huber_param: { huber_slope: "1" } }),
  "reg:quantileerror": (groups) => ({ quantile_loss_param: { quantile_alpha: levels(groups) } }),
  "reg:squarederror": regression,
  "reg:squaredlogerror": regression,
  "reg:tweedie": () => ({ tweedie_regression_param: { tweedie_variance_power: "1.5" } }),
  "survival:aft": () => ({
    aft_loss_param: { aft_loss_distribution: "normal", aft_loss_distribution_scale: "1" },
  }),
};

function regression(): Record<string, Record<string, string>> {
  return { reg_loss_param: { scale_pos_weight: "1" } };
}

function multiClass(groups: number): Record<string, Record<string, string>> {
  return { softmax_multiclass_param: { num_class: String(groups) } };
}

function ranking(): Record<string, Record<string, string>> {
  return {
    lambda_rank_param: { fix_list_weight: "0", num_pairsample: "1" },
    lambdarank_param: { lambdarank_num_pair_per_sample: "4294967295", lambdarank_pair_method: "topk" },
  };
}

/** As many levels as there are values a row: which they were is lost. */
function levels(groups: number): string {
  return `[${Array.from({ length: groups }, (_, i) => float32Text(Math.fround((i + 1) / (groups + 1)))).join(",")}]`;
}

/** The name without the `gpu:` that 0.90 put before some. */
export function objectiveName(model: Model): string {
  return model.objective.replace(/^gpu:(?=.*:)/, "");
}

/** The `objective` of a document as the old binary format keeps it, as an attribute, where it is one. */
export function knownParameters({ objective, objectiveParameters: text }: Model): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  try {
    const document = new Field(parseJson(new TextEncoder().encode(text)), "objective");
    return document.get("name").value === objective ? text : undefined;
  } catch {
    return undefined;
  }
}

/** JSON of a document's `objective`: what the file said, or the name with XGBoost's defaults. */
export function objectiveParameters(model: Model): string {
  const known = knownParameters(model);
  if (known !== undefined) {
    return known;
  }
  const name = objectiveName(model);
  const parameters = Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name]!(model.numOutputGroups) : {};
  return JSON.stringify(
    Object.fromEntries(Object.entries({ ...parameters, name }).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}
