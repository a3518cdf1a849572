/**
 * The subset of UBJSON that XGBoost writes: big-endian, lengths as `L` int64, arrays counted (`[#`), typed (`[$T#`) or
 * closed (`[ … ]`). Typed arrays stay in place until they are asked for. Nothing recurses.
 */
import type { ByteReader } from "./byte-reader.ts";
import { EMPTY_LIST, type JsonObject, type JsonValue, newObject } from "./json.ts";
import { ELEMENT_BYTES, PackedArray } from "./packed-array.ts";
import { PackedObject } from "./packed-object.ts";
import { outlineOfUbjson } from "./ubjson-outline.ts";
import { leadsToTrees, type PartlyRead, type TreeFinder, UnreadList } from "./unread-list.ts";

/** Containers that are open, outermost first. */
class Stack {
  readonly containers: (JsonObject | JsonValue[])[] = [];
  /** For each object among them, the key whose value comes next. */
  readonly keys: string[] = [];
  /** For each counted array, the values still to come; -1 where a closing mark ends the container. */
  readonly left: number[] = [];
  /** Lists of trees that are left unread; undefined where no more may be. */
  unread: UnreadList[] | undefined;
  readonly finder: TreeFinder | undefined;

  constructor(unread?: UnreadList[], finder?: TreeFinder) {
    this.unread = unread;
    this.finder = finder;
  }

  push(container: JsonObject | JsonValue[], left: number): undefined {
    this.containers.push(container);
    this.keys.push("");
    this.left.push(left);
  }

  pop(): JsonObject | JsonValue[] {
    this.keys.pop();
    this.left.pop();
    return this.containers.pop()!;
  }
}

const MARKS = {
  arrayOpen: 91,
  arrayClose: 93,
  objectOpen: 123,
  objectClose: 125,
  type: 36,
  count: 35,
} as const;

/** One UBJSON document. `reader` is big-endian and is left behind the last byte. */
export function parseUbjson(reader: ByteReader): JsonValue {
  return parse(reader, new Stack());
}

/** As `parseUbjson`, with trees left unread: reading one checks it, which nothing else does. */
export function parseUbjsonModel(reader: ByteReader, finder?: TreeFinder): PartlyRead {
  const unread: UnreadList[] = [];
  return { document: parse(reader, new Stack(unread, finder)), unread };
}

function parse(reader: ByteReader, stack: Stack): JsonValue {
  for (;;) {
    let value = openValue(reader, stack);
    for (;;) {
      if (value !== undefined) {
        if (stack.containers.length === 0) {
          return value;
        }
        attach(stack, value);
      }
      if (!closes(reader, stack)) {
        break;
      }
      value = stack.pop();
    }
  }
}

function attach({ containers, keys, left }: Stack, value: JsonValue): void {
  const last = containers.length - 1;
  const container = containers[last]!;
  if (!Array.isArray(container)) {
    container[keys[last]!] = value;
    return;
  }
  container.push(value);
  if (left[last]! > 0) {
    left[last]!--;
  }
}

/** Whether the innermost container is complete; for an object that is not, reads the next key. */
function closes(reader: ByteReader, { containers, keys, left }: Stack): boolean {
  const last = containers.length - 1;
  if (left[last]! >= 0) {
    return left[last] === 0;
  }
  const isArray = Array.isArray(containers[last]);
  if (skipMark(reader, isArray ? MARKS.arrayClose : MARKS.objectClose)) {
    return true;
  }
  if (!isArray) {
    keys[last] = readText(reader, "key");
  }
  return false;
}

function skipMark(reader: ByteReader, mark: number): boolean {
  const found = reader.bytes[reader.offset] === mark;
  reader.offset += found ? 1 : 0;
  return found;
}

/** Reads a scalar or a typed array; or opens a container and returns `undefined`. */
function openValue(reader: ByteReader, stack: Stack): JsonValue | undefined {
  const mark = reader.uint8("value");
  if (mark === MARKS.objectOpen) {
    return stack.push(newObject(), -1);
  }
  if (mark !== MARKS.arrayOpen) {
    return readScalar(reader, mark);
  }
  if (skipMark(reader, MARKS.type)) {
    return readTypedArray(reader);
  }
  const left = skipMark(reader, MARKS.count) ? readLength(reader, 1, "array") : -1;
  if (
    reader.bytes[reader.offset] === MARKS.objectOpen &&
    stack.unread !== undefined &&
    leadsToTrees(stack.keys)
  ) {
    const list = leaveUnread(reader, left, stack.finder);
    if (list !== undefined) {
      stack.unread.push(list);
      return list;
    }
    // Once: lists in lists would be looked over again and again.
    stack.unread = undefined;
  }
  return stack.push([], left);
}

function leaveUnread(
  reader: ByteReader,
  count: number,
  finder: TreeFinder | undefined,
): UnreadList | undefined {
  const found = finder?.find(reader.bytes, reader.offset, "ubjson", count);
  if (found !== undefined) {
    const { counted, source } = found;
    const read = valueReader(reader);
    reader.offset = source.end;
    return new UnreadList(source.starts.length, counted, (tree) => read(source.starts[tree]!), source);
  }
  const table = outlineOfUbjson(reader, count);
  if (table === undefined) {
    return undefined;
  }
  const read = valueReader(reader);
  return new UnreadList(table.length, table.counted, (row) => new PackedObject(table, row, read));
}

/** Reads the value that begins at an offset. */
function valueReader(reader: ByteReader): (at: number) => JsonValue {
  let stack = new Stack();
  return (at) => {
    if (stack.containers.length > 0) {
      // Reading another value has ended in an error.
      stack = new Stack();
    }
    reader.offset = at;
    return parse(reader, stack);
  };
}

function readScalar(reader: ByteReader, mark: number): JsonValue {
  switch (String.fromCharCode(mark)) {
    case "Z":
      return null;
    case "T":
      return true;
    case "F":
      return false;
    case "i":
      return reader.int8("int8");
    case "U":
      return reader.uint8("uint8");
    case "I":
      return reader.int16("int16");
    case "l":
      return reader.int32("int32");
    case "L":
      return reader.int64("int64");
    case "d":
      return reader.float32("float32");
    case "D":
      return reader.float64("float64");
    case "S":
      return readText(reader, "string");
    default:
      reader.offset--;
      return reader.fail(`unknown UBJSON mark ${JSON.stringify(String.fromCharCode(mark))}`);
  }
}

function readTypedArray(reader: ByteReader): JsonValue {
  const type = String.fromCharCode(reader.uint8("array type"));
  if (!skipMark(reader, MARKS.count)) {
    reader.fail(`typed array without its count`);
  }
  const bytes = Object.hasOwn(ELEMENT_BYTES, type) ? ELEMENT_BYTES[type]! : 0;
  if (bytes === 0) {
    return reader.fail(`unknown UBJSON array type ${JSON.stringify(type)}`);
  }
  const length = readLength(reader, bytes, "array");
  const start = reader.take(bytes * length, "array");
  return length === 0 ? EMPTY_LIST : new PackedArray(reader, type, start, length);
}

function readText(reader: ByteReader, what: string): string {
  return reader.text(readLength(reader, 1, what), what);
}

/** A length is always `L` and an int64. */
function readLength(reader: ByteReader, itemBytes: number, what: string): number {
  if (!skipMark(reader, 76)) {
    reader.fail(`expected "L" and the length of ${what}`);
  }
  return reader.length(itemBytes, what);
}
