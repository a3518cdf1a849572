/** Server reflection: descriptions of the services for clients that have none, such as grpcurl. */
import {
  create,
  createRegistry,
  type DescFile,
  type DescService,
  type MessageInitShape,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { status as Status } from "@grpc/grpc-js";
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../proto/grpc/reflection/v1/reflection_pb.ts";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

export class ReflectionService {
  readonly #services: readonly DescService[];
  /** By path, those that others import included. */
  readonly #files = new Map<string, DescFile>();
  readonly #registry: Registry;

  constructor(services: readonly DescService[]) {
    this.#services = services;
    for (const { file } of services) {
      this.#add(file);
    }
    this.#registry = createRegistry(...this.#files.values());
  }

  /** The same for both versions of the protocol: they differ in their name alone. */
  answer(request: ServerReflectionRequest): ServerReflectionResponse {
    return create(ServerReflectionResponseSchema, {
      validHost: request.host,
      originalRequest: request,
      messageResponse: this.#answer(request),
    });
  }

  #answer({ messageRequest }: ServerReflectionRequest): Answer {
    switch (messageRequest.case) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: { service: this.#services.map(({ typeName }) => ({ name: typeName })) },
        };
      case "fileByFilename":
        return this.#describe(this.#files.get(messageRequest.value), messageRequest.value);
      case "fileContainingSymbol":
        return this.#describe(this.#fileWith(messageRequest.value), messageRequest.value);
      case "fileContainingExtension":
      case "allExtensionNumbersOfType":
        return refusal(Status.NOT_FOUND, "there are no extensions");
      default:
        return refusal(Status.INVALID_ARGUMENT, "the request asks for nothing");
    }
  }

  /** The file and those that it needs. */
  #describe(file: DescFile | undefined, name: string): Answer {
    if (file === undefined) {
      return refusal(Status.NOT_FOUND, `nothing is called ${JSON.stringify(name.slice(0, 200))}`);
    }
    const files = [file, ...file.dependencies];
    return {
      case: "fileDescriptorResponse",
      value: { fileDescriptorProto: files.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)) },
    };
  }

  /** Of a service, a method of one, a message or an enumeration, also inside of messages. */
  #fileWith(symbol: string): DescFile | undefined {
    const found =
      this.#registry.get(symbol) ?? this.#registry.getService(symbol.slice(0, symbol.lastIndexOf(".")));
    return found?.file;
  }

  #add(file: DescFile): void {
    // Descriptions name files with their extension, their library without it.
    this.#files.set(file.proto.name, file);
    file.dependencies.forEach((each) => {
      this.#add(each);
    });
  }
}

function refusal(errorCode: Status, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
