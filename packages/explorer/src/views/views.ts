/** The views, each a script of its own that is loaded when it is first shown. */
import type { ComponentType } from "preact";
import type { ViewName } from "../state/route.ts";

export interface View {
  readonly name: Exclude<ViewName, "start">;
  readonly label: string;
  /** One sentence, for those who have not seen it yet. */
  readonly about: string;
  /** What must be there before it is shown. Views may read it without asking. */
  readonly needs: "model" | "rows";
  load(): Promise<{ readonly default: ComponentType }>;
}

export const VIEWS: readonly View[] = [
  {
    name: "model",
    label: "Model",
    about: "What is in the file: objective, features, importance.",
    needs: "model",
    load: () => import("./model/model-view.tsx"),
  },
  {
    name: "scores",
    label: "Scores",
    about: "All rows with their scores; threshold, ROC and calibration where there is a label.",
    needs: "rows",
    load: () => import("./scores/scores-view.tsx"),
  },
  {
    name: "why",
    label: "Why",
    about: "What made a row's score, and what matters over the whole table.",
    needs: "rows",
    load: () => import("./why/why-view.tsx"),
  },
  {
    name: "whatif",
    label: "What if",
    about: "Change a row and see its score change.",
    needs: "model",
    load: () => import("./whatif/whatif-view.tsx"),
  },
  {
    name: "trees",
    label: "Trees",
    about: "Every tree, node by node.",
    needs: "model",
    load: () => import("./trees/trees-view.tsx"),
  },
  {
    name: "race",
    label: "Race",
    about: "How fast this browser scores the rows, engine by engine.",
    needs: "rows",
    load: () => import("./race/race-view.tsx"),
  },
];
