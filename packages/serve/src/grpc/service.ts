/** Services as their handlers see them, whatever carries the messages. */
import type { DescMessage, DescMethod, DescMethodUnary, DescService, MessageShape } from "@bufbuild/protobuf";
import type { Call } from "../api.ts";

/** A method with one message each way. */
export interface UnaryMethod {
  readonly service: DescService;
  readonly method: DescMethodUnary;
  /** For the log and metrics. */
  readonly protocol: string;
  /** @throws Failure, or what `toFailure` makes one of */
  handle(
    request: MessageShape<DescMessage>,
    call: Call,
  ): MessageShape<DescMessage> | Promise<MessageShape<DescMessage>>;
}

type Handler<Method> =
  Method extends DescMethodUnary<infer Input, infer Output>
    ? (request: MessageShape<Input>, call: Call) => MessageShape<Output> | Promise<MessageShape<Output>>
    : never;

/** Handlers by the local names of a service's methods. Those that are left out are answered UNIMPLEMENTED. */
export type Handlers<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]?: Handler<Service["method"][Name]>;
};

export function unaryMethods<Service extends DescService>(
  service: Service,
  protocol: string,
  handlers: Handlers<Service>,
): UnaryMethod[] {
  const byName = handlers as Readonly<Record<string, UnaryMethod["handle"] | undefined>>;
  return service.methods.flatMap((method) => {
    const handle = byName[method.localName];
    return handle !== undefined && isUnary(method) ? [{ service, method, protocol, handle }] : [];
  });
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

/** `/package.Service/Method` */
export function pathOf({ service, method }: Pick<UnaryMethod, "service" | "method">): string {
  return `/${service.typeName}/${method.name}`;
}
