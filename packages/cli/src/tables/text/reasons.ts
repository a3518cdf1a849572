/** Why a field is refused, in words. */
import { InputError } from "xgboost-infer";

const LONGEST = 60;

/** A text as it appears in a message: quoted, never longer than a line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text);
}

/** The encoder's reason without the row and the feature, which refusals name apart. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof InputError)) {
    throw error;
  }
  const found = error.message.indexOf("): found ");
  const reason = found < 0 ? error.message : error.message.slice(found + "): ".length);
  return reason.replace(/, also as text$/, "");
}
