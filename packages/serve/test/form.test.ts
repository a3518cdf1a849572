/** Forms are read as `node:querystring` reads them. */
import { parse } from "node:querystring";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readForm } from "../src/http/form.ts";

const NAMES = ["n", "feature_dict"] as const;

function read(text: string) {
  return readForm(Buffer.from(text), NAMES);
}

describe("a form", () => {
  it("has the texts of its fields, whatever is in them", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary-ascii" }), (first, second) => {
        const texts = [first, second];
        const [a, dict] = texts.map((text) => encodeURIComponent(text));
        expect(read(`n=${a}&other=x&feature_dict=${dict}`)).toEqual({ n: texts[0], feature_dict: texts[1] });
      }),
    );
  });

  it("is read as others read it, also where it is odd", () => {
    const odd = fc.array(fc.constantFrom("n", "=", "&", "+", "%", "z", "%41", "%c3%a9"), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(odd, (parts) => {
        const text = `x=${parts.join("")}`;
        const expected = parse(text)["n"];
        if (Array.isArray(expected)) {
          expect(() => read(text)).toThrow(/twice/);
        } else {
          expect(read(text)["n"]).toBe(expected);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("has no more fields than a form can have, and no text that is not UTF-8", () => {
    expect(() => read("&".repeat(1000))).toThrow(/more than 100 fields/);
    expect(() => read("n=%ff")).toThrow(/UTF-8/);
  });
});
