/** Puts the page together. */
import "./app/theme.css";
import "./app/app.css";
import { render } from "preact";
import { App } from "./app/app.tsx";

render(<App />, document.getElementById("app")!);
