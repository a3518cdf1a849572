/** Conversions of every file of every release. */
import { describeConversions } from "../support/conversions.ts";
import { manifest } from "../support/fixtures.ts";

describeConversions(Object.keys(manifest.releases));
