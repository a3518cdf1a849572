import { describe, ModelFormatError } from "../errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { isHalfway, parseDecimal, unhalve } from "./number.ts";
import { PackedArray } from "./packed-array.ts";
import { PackedObject } from "./packed-object.ts";
import type { Slab } from "./slab.ts";
import { UnreadList } from "./unread-list.ts";

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** A value of a parsed document with the path to it: typed access whose errors say where and what. */
export class Field {
  readonly value: JsonValue | undefined;
  readonly #parent: Field | undefined;
  readonly #step: string | number;

  /** @param step the key or the index under which `parent` has it; the path where there is no parent */
  constructor(value: JsonValue | undefined, step: string | number, parent?: Field) {
    this.value = value;
    this.#step = step;
    this.#parent = parent;
  }

  /** Put together when it is asked for: few are. */
  get path(): string {
    const before = this.#parent?.path ?? "";
    if (typeof this.#step === "number") {
      return `${before}[${this.#step}]`;
    }
    return before === "" ? this.#step : `${before}.${this.#step}`;
  }

  fail(expected: string): never {
    const found = this.value === undefined ? "nothing" : describe(this.#unpacked());
    throw new ModelFormatError(this.path, `found ${found}, expected ${expected}`);
  }

  get exists(): boolean {
    return this.value !== undefined;
  }

  /** A member of an object, which may be absent. */
  get(key: string): Field {
    if (this.value instanceof PackedObject) {
      return new Field(this.value.get(key), key, this);
    }
    const object = this.object();
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    return new Field(value, key, this);
  }

  object(): JsonObject {
    const value = this.#unpacked();
    if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
      return this.fail("an object");
    }
    return value as JsonObject;
  }

  #unpacked(): JsonValue | undefined {
    const { value } = this;
    if (value instanceof UnreadList) {
      return Array.from({ length: value.length }, (_, i) => value.read(i));
    }
    return value instanceof PackedArray || value instanceof PackedObject ? value.unpack() : value;
  }

  items(): Field[] {
    return Array.from(this.#list(), (item, i) => new Field(item, i, this));
  }

  /** @param index below `length` */
  item(index: number): Field {
    const { value } = this;
    return new Field(value instanceof UnreadList ? value.read(index) : this.#list()[index], index, this);
  }

  get length(): number {
    const { value } = this;
    return value instanceof PackedArray || value instanceof UnreadList ? value.length : this.#list().length;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  string(): string {
    return typeof this.value === "string" ? this.value : this.fail("a string");
  }

  strings(): string[] {
    return this.items().map((item) => item.string());
  }

  /** An integer, given as a number or, as in XGBoost's parameter objects, as text; `ifAbsent` where it is optional. */
  integer(ifAbsent?: number): number {
    if (this.value === undefined && ifAbsent !== undefined) {
      return ifAbsent;
    }
    const value =
      typeof this.value === "string" && /^-?\d+$/.test(this.value) ? Number(this.value) : this.value;
    return typeof value === "number" && Number.isSafeInteger(value) ? value : this.fail("an integer");
  }

  float(): number {
    const value = this.value;
    return typeof value === "number" ? Math.fround(unhalve(value)) : this.fail("a number");
  }

  /** One or several float32 numbers in one text: `5E-1`, `[5E-1]`, `[1E-1,2E-1]` or `(1E-1,2E-1)`. */
  floatsInText(): Float32Array {
    if (typeof this.value === "number") {
      return Float32Array.of(unhalve(this.value));
    }
    const list = /^\s*(?:\[(.*)\]|\((.*)\)|(.*))\s*$/s.exec(this.string());
    const texts = (list?.[1] ?? list?.[2] ?? list?.[3] ?? "").split(",").map((text) => text.trim());
    return Float32Array.from(texts, (text) =>
      DECIMAL.test(text) ? parseDecimal(text) : this.fail("a number or a list of numbers"),
    );
  }

  /** @param slab for the numbers of a list that is still to be read */
  floats(slab?: Slab): Float32Array {
    const list = this.#list(slab);
    if (list instanceof Float32Array) {
      return list;
    }
    // A Float64Array comes from our own reader, which has moved its numbers off half-way points already.
    if (ArrayBuffer.isView(list)) {
      return new Float32Array(list as ArrayLike<number>);
    }
    return Float32Array.from(list, (item, i) => {
      const value = typeof item === "number" ? item : new Field(item, i, this).fail("a number");
      return isHalfway(value) ? unhalve(value) : value;
    });
  }

  /** @param slab for the numbers of a list that is still to be read */
  int32s(slab?: Slab): Int32Array {
    const list = this.#list(slab);
    if (list instanceof Int32Array) {
      return list;
    }
    const out = new Int32Array(list.length);
    for (let i = 0; i < out.length; i++) {
      const value = list[i];
      if (typeof value !== "number" || (value | 0) !== value) {
        new Field(value, i, this).fail("a 32-bit integer");
      }
      out[i] = value as number;
    }
    return out;
  }

  /** Whether any of the flags is set. */
  get anySet(): boolean {
    const list = this.#list();
    return list instanceof Uint8Array || list instanceof Int32Array
      ? list.includes(1)
      : this.flags().includes(1);
  }

  /** Flags: 1 is set, any other number is not. Of what is no number, `true` is set, as in XGBoost. */
  flags(): Uint8Array {
    const list = this.#list();
    if (list instanceof Uint8Array) {
      return list;
    }
    const out = new Uint8Array(list.length);
    if (list instanceof Int32Array) {
      for (let i = 0; i < out.length; i++) {
        out[i] = list[i] === 1 ? 1 : 0;
      }
      return out;
    }
    for (let i = 0; i < out.length; i++) {
      const value = list[i];
      if (typeof value !== "boolean" && !Number.isInteger(value)) {
        new Field(value, i, this).fail("true, false, 0 or 1");
      }
      out[i] = value === true || value === 1 ? 1 : 0;
    }
    return out;
  }

  #list(slab?: Slab): ArrayLike<JsonValue> & Iterable<JsonValue> {
    const { value } = this;
    if (value instanceof PackedArray) {
      return value.unpack(slab);
    }
    if (value instanceof UnreadList) {
      return this.#unpacked() as readonly JsonValue[];
    }
    if (value instanceof Int32Array || value instanceof Float32Array || Array.isArray(value)) {
      return value;
    }
    // A parsed document may hold any list.
    return ArrayBuffer.isView(value) &&
      typeof (value as Uint8Array)[0] !== "bigint" &&
      !(value instanceof DataView)
      ? (value as Uint8Array)
      : this.fail("an array");
  }
}
