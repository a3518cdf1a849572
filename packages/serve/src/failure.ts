/** What can become of a request instead of an answer, the same in every protocol; each protocol maps `kind` to its own codes. */
import { InputError, UnsupportedModelError } from "xgboost-infer";
import { FeatureCheckError } from "xgboost-infer/executor";

export type FailureKind =
  /** No token, or none that is known. */
  | "unauthenticated"
  /** The request cannot be used: its form, its values, its options. */
  | "invalid"
  /** The model's check of features refuses a row. */
  | "refused"
  /** No such model, version or path. */
  | "notFound"
  | "methodNotAllowed"
  /** Larger than a limit allows. */
  | "tooLarge"
  /** Content type or encoding. */
  | "unsupportedType"
  /** The model lacks what was asked for, such as contributions without covers. */
  | "unsupported"
  /** Too much to do already; worth trying again later. */
  | "busy"
  /** Not ready: still loading, unloaded, or stopping. */
  | "unavailable"
  /** Not done by the deadline. */
  | "deadline"
  /** The client has gone. */
  | "cancelled"
  /** A defect of the service. What happened is in the log, not in the reply. */
  | "internal";

/** A request that fails. `message` is for the client: no paths, no stack. */
export class Failure extends Error {
  readonly kind: FailureKind;
  override readonly name = "Failure";

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Whatever was thrown, as a failure. The cause of an internal one is kept for the log. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) {
    return error;
  }
  if (error instanceof FeatureCheckError) {
    return new Failure("refused", error.message, { cause: error });
  }
  if (error instanceof InputError) {
    return new Failure("invalid", error.message, { cause: error });
  }
  if (error instanceof UnsupportedModelError) {
    return new Failure("unsupported", error.message, { cause: error });
  }
  return new Failure("internal", "internal error; the service's log has the cause", { cause: error });
}

export function invalid(message: string): Failure {
  return new Failure("invalid", message);
}

/** For requests that have waited too long already before anything was known of them. */
export function tooBusy(): Failure {
  return new Failure("busy", "too busy: more requests arrive than can be answered");
}
