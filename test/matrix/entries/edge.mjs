/** The suite in an isolate, in which clocks stand still while it computes: `/rate` is timed by whoever asks. */
import pack from "pack";
import { runSuite, scoreBatches } from "../suite.mjs";
import * as library from "./library.mjs";

export default {
  /** @param {Request} request */
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    return Response.json(
      pathname === "/rate"
        ? scoreBatches(library, pack, Number(searchParams.get("times")))
        : runSuite(library, pack),
    );
  },
};
