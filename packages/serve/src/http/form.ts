/** Bodies of the type `application/x-www-form-urlencoded`. */
import { isUtf8 } from "node:buffer";
import { invalid } from "../failure.ts";

const AMPERSAND = 38;
const EQUALS = 61;
const PLUS = 43;
const PERCENT = 37;
const SPACE = 32;

/** Many more fields than any form has are an attack on whoever looks through them. */
const MAX_FIELDS = 100;

/** Values of ASCII characters as hexadecimal digits, -1 for others. */
const DIGIT = Int8Array.from({ length: 256 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? -1 : digit;
});

/**
 * The fields of these names, each with its text; other fields are passed over. Bytes are decoded where they lie: `node:querystring`
 * takes longer for JSON with its many escapes than all the rest of a request (35 µs of 200).
 * @throws Failure for a field that stands twice, text that is not UTF-8, and more than 100 fields
 */
export function readForm<const Name extends string>(
  body: Uint8Array,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const fields: Partial<Record<Name, string>> = {};
  let begin = 0;
  for (let count = 1; begin < body.length; count++) {
    if (count > MAX_FIELDS) {
      throw invalid(`the form has more than ${MAX_FIELDS} fields`);
    }
    const ampersand = body.indexOf(AMPERSAND, begin);
    const end = ampersand < 0 ? body.length : ampersand;
    const equals = body.subarray(begin, end).indexOf(EQUALS);
    const nameEnd = equals < 0 ? end : begin + equals;
    const found = decode(body, begin, nameEnd);
    const name = names.find((each) => each === found);
    if (name !== undefined) {
      if (fields[name] !== undefined) {
        throw invalid(`${name} stands twice in the form`);
      }
      fields[name] = decode(body, Math.min(nameEnd + 1, end), end);
    }
    begin = end + 1;
  }
  return fields;
}

/** Escapes that are none stay as they are. */
function decode(body: Uint8Array, begin: number, end: number): string {
  const bytes = Buffer.allocUnsafe(end - begin);
  let length = 0;
  for (let i = begin; i < end; i++) {
    let byte = body[i]!;
    if (byte === PLUS) {
      byte = SPACE;
    } else if (byte === PERCENT && i + 2 < end) {
      const high = DIGIT[body[i + 1]!]!;
      const low = DIGIT[body[i + 2]!]!;
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        i += 2;
      }
    }
    bytes[length++] = byte;
  }
  const text = bytes.subarray(0, length);
  if (!isUtf8(text)) {
    throw invalid("the form is not UTF-8 text");
  }
  return text.toString();
}
