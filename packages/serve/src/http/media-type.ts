/** Content types of requests. */
import { Failure } from "../failure.ts";

/**
 * The media type of a request in small letters, without parameters; empty where none is given.
 * @throws Failure for a character set other than UTF-8
 */
export function mediaType(contentType: string | undefined): string {
  if (contentType === undefined) {
    return "";
  }
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/.exec(parameter)?.[1];
    if (charset !== undefined && !["utf-8", "utf8", "us-ascii"].includes(charset)) {
      throw new Failure("unsupportedType", `character set ${charset.slice(0, 50)}, expected utf-8`);
    }
  }
  return type.trim();
}

/** @throws Failure unless the type is one of these; without a type, the body is taken for the first */
export function expectType(contentType: string | undefined, ...expected: readonly string[]): string {
  const type = mediaType(contentType);
  if (type === "") {
    return expected[0]!;
  }
  if (expected.includes(type) || (type.endsWith("+json") && expected.includes("application/json"))) {
    return type;
  }
  throw new Failure(
    "unsupportedType",
    `content type ${JSON.stringify(type.slice(0, 100))}, expected ${expected.join(" or ")}`,
  );
}
