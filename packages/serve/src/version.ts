/** What the service calls itself. */
import { createRequire } from "node:module";

const { name, version } = createRequire(import.meta.url)("../package.json") as {
  readonly name: string;
  readonly version: string;
};

export const SERVER_NAME = name;
export const SERVER_VERSION = version;
