/** Puts the page together. */
import "./app/theme.css";
import "./app/app.css";
import { render } from "preact";
import "./state/scores.ts";
import { App } from "./app/app.tsx";
import { openSampleOfAddress } from "./state/sample.ts";

openSampleOfAddress();
render(<App />, document.getElementById("app")!);
