/** Statuses of gRPC for failures: Triton's map, as far as it goes. */
import { status as Status } from "@grpc/grpc-js";
import type { FailureKind } from "../failure.ts";

export const STATUS: Readonly<Record<FailureKind, Status>> = {
  unauthenticated: Status.UNAUTHENTICATED,
  invalid: Status.INVALID_ARGUMENT,
  refused: Status.INVALID_ARGUMENT,
  notFound: Status.NOT_FOUND,
  methodNotAllowed: Status.UNIMPLEMENTED,
  tooLarge: Status.RESOURCE_EXHAUSTED,
  unsupportedType: Status.INVALID_ARGUMENT,
  unsupported: Status.UNIMPLEMENTED,
  // What clients try again, at another server where there is one.
  busy: Status.UNAVAILABLE,
  unavailable: Status.UNAVAILABLE,
  deadline: Status.DEADLINE_EXCEEDED,
  cancelled: Status.CANCELLED,
  internal: Status.INTERNAL,
};
