/**
 * Finds the trees of a model file and reads them into the tables of `src/compile/layout.ts`, in AssemblyScript with SIMD;
 * `npm run build` compiles it into `src/compile/trees-kernel.ts`.
 *
 * It reads trees as they usually are: numerical splits, scalar leaves, numbers that are rounded without doubt. Whatever else it
 * meets, broken or merely rare, it leaves to the readers in JavaScript, which then say what it is: it never decides that a file
 * is wrong. What it does read, it checks as they do (`src/parse/document.ts`, `src/model/builder.ts`).
 *
 * A piece of the file stands in memory, with zeros behind it, which no token of JSON begins with. Functions take the address
 * where something begins and return the one behind it, or 0 where it is something else or goes beyond the piece.
 */

/** 10^-64 … 10^38, float64. */
const POWERS: usize = 64;
const LEAST_POWER: i32 = -64;
const GREATEST_POWER: i32 = 38;
/** Digits whose number is a positive int64. */
const MAX_DIGITS: usize = 18;
/** Of objects and lists in a tree. */
const MAX_DEPTH: u32 = 4;

const QUOTE: u32 = 34;
const HASH: u32 = 35;
const DOLLAR: u32 = 36;
const COMMA: u32 = 44;
const MINUS: u32 = 45;
const DOT: u32 = 46;
const ZERO: u32 = 48;
const COLON: u32 = 58;
const OPEN_BRACKET: u32 = 91;
const BACKSLASH: u32 = 92;
const CLOSE_BRACKET: u32 = 93;
const OPEN_BRACE: u32 = 123;
const CLOSE_BRACE: u32 = 125;

/** The lists of a tree that are read. A key is known by its length, its first eight bytes and its last eight, the longest by eight between them too. */
const LEFT: u32 = 0;
const RIGHT: u32 = 1;
const FEATURE: u32 = 2;
const CONDITION: u32 = 3;
const LOSS: u32 = 4;
const HESSIAN: u32 = 5;
const DEFAULT_LEFT: u32 = 6;
/** Those that are empty, or all zero, in trees without categorical splits. */
const SPLIT_TYPE: u32 = 7;
const SET_NODES: u32 = 8;
const SET_SEGMENTS: u32 = 9;
const SET_SIZES: u32 = 10;
const SET_MEMBERS: u32 = 11;
const PARAM: u32 = 12;
const LISTS: u32 = 12;
const UNKNOWN: u32 = 13;

/** Where the lists of the tree stand, and their entries; ABSENT: not met yet. */
const ABSENT: u32 = 0xffffffff;
let lists: usize = 0;
let lengths: usize = 0;
/** From `tree_param`; ABSENT where it does not say. */
let numNodes: u32 = 0;
let hasParam: bool = false;
/** Entries of the list that was skipped last. */
let entries: u32 = 0;
/** Behind the piece. */
let end: usize = 0;
/** Entries that a list of JSON may have at most. */
let maxEntries: u32 = 0;
/** Room for the lists of a tree, and where that for the next list begins. */
let scratch: usize = 0;
let scratchAt: usize = 0;

// @ts-ignore: decorator
@inline
function byteAt(at: usize): u32 {
  return load<u8>(at);
}

// @ts-ignore: decorator
@inline
function listOf(list: u32): usize {
  return <usize>load<u32>(lists + (<usize>list << 2));
}

// @ts-ignore: decorator
@inline
function lengthOf(list: u32): u32 {
  return load<u32>(lengths + (<usize>list << 2));
}

// @ts-ignore: decorator
@inline
function foundList(list: u32, at: usize, length: u32): void {
  store<u32>(lists + (<usize>list << 2), <u32>at);
  store<u32>(lengths + (<usize>list << 2), length);
}

// @ts-ignore: decorator
@inline
function isText(at: usize, first: u64, last: u64, length: usize): bool {
  return load<u64>(at) == first && load<u64>(at + length - 8) == last;
}

/** Which list a key names. */
function listNamed(key: usize, length: usize): u32 {
  switch (<u32>length) {
    case 10:
      if (isText(key, 0x79745f74696c7073, 0x657079745f74696c, 10)) return SPLIT_TYPE;
      if (isText(key, 0x7261705f65657274, 0x6d617261705f6565, 10)) return PARAM;
      return isText(key, 0x69726f6765746163, 0x736569726f676574, 10) ? SET_MEMBERS : UNKNOWN;
    case 11:
      return isText(key, 0x737365685f6d7573, 0x6e6169737365685f, 11) ? HESSIAN : UNKNOWN;
    case 12:
      if (isText(key, 0x5f746c7561666564, 0x7466656c5f746c75, 12)) return DEFAULT_LEFT;
      return isText(key, 0x6168635f73736f6c, 0x7365676e6168635f, 12) ? LOSS : UNKNOWN;
    case 13:
      if (isText(key, 0x6968635f7466656c, 0x6e6572646c696863, 13)) return LEFT;
      return isText(key, 0x6e695f74696c7073, 0x73656369646e695f, 13) ? FEATURE : UNKNOWN;
    case 14:
      return isText(key, 0x68635f7468676972, 0x6e6572646c696863, 14) ? RIGHT : UNKNOWN;
    case 16:
      if (isText(key, 0x6f635f74696c7073, 0x736e6f697469646e, 16)) return CONDITION;
      if (isText(key, 0x69726f6765746163, 0x7365646f6e5f7365, 16)) return SET_NODES;
      return isText(key, 0x69726f6765746163, 0x73657a69735f7365, 16) ? SET_SIZES : UNKNOWN;
    case 19:
      if (load<u64>(key, 8) != 0x656d6765735f7365) return UNKNOWN;
      return isText(key, 0x69726f6765746163, 0x73746e656d676573, 19) ? SET_SEGMENTS : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function isNumNodes(key: usize, length: usize): bool {
  return length == 9 && isText(key, 0x65646f6e5f6d756e, 0x7365646f6e5f6d75, 9);
}

function isLeafSize(key: usize, length: usize): bool {
  return length == 16 && isText(key, 0x61656c5f657a6973, 0x726f746365765f66, 16);
}

/** A number of one to nine digits; ABSENT for any other text. */
function countIn(text: usize, length: usize): u32 {
  if (length == 0 || length > 9) return ABSENT;
  let value: u32 = 0;
  for (const last = text + length; text < last; text++) {
    const digit = byteAt(text) - ZERO;
    if (digit > 9) return ABSENT;
    value = value * 10 + digit;
  }
  return value;
}

/** A parameter of the tree, given as text; false where JavaScript has to look at it. */
function takeParam(key: usize, keyLength: usize, text: usize, length: usize): bool {
  if (isNumNodes(key, keyLength)) {
    const value = countIn(text, length);
    if (value == ABSENT || numNodes != ABSENT) return false;
    numNodes = value;
  } else if (isLeafSize(key, keyLength)) {
    return countIn(text, length) <= 1;
  }
  return true;
}

function forgetTree(): void {
  numNodes = ABSENT;
  hasParam = false;
  for (let list: u32 = 0; list < LISTS; list++) {
    foundList(list, 0, ABSENT);
  }
}

// ---- UBJSON

/** A length, `L` and an int64; ABSENT for any other. */
// @ts-ignore: decorator
@inline
function ubjsonLength(at: usize): u32 {
  return at + 9 <= end && byteAt(at) == 76 && load<u32>(at, 1) == 0 ? bswap<u32>(load<u32>(at, 5)) : ABSENT;
}

// @ts-ignore: decorator
@inline
function skip(at: usize, bytes: u64): usize {
  return <u64>at + bytes <= <u64>end ? at + <usize>bytes : 0;
}

// @ts-ignore: decorator
@inline
function behindUbjsonText(at: usize): usize {
  const length = ubjsonLength(at);
  return length == ABSENT ? 0 : skip(at + 9, length);
}

/** Bytes of a value by its mark, without it; as an element of a typed list, those of a number alone. */
// @ts-ignore: decorator
@inline
function ubjsonBytes(mark: u32): i32 {
  switch (mark) {
    case 100: // d
    case 108: // l
      return 4;
    case 68: // D
    case 76: // L
      return 8;
    case 85: // U
    case 105: // i
      return 1;
    case 73: // I
      return 2;
    case 90: // Z
    case 84: // T
    case 70: // F
      return 0;
    default:
      return -1;
  }
}

function skipUbjson(at: usize, depth: u32): usize {
  if (at >= end || depth >= MAX_DEPTH) return 0;
  const mark = byteAt(at++);
  entries = 0;
  if (mark == OPEN_BRACKET) return skipUbjsonList(at, depth);
  if (mark == 83) return behindUbjsonText(at);
  if (mark != OPEN_BRACE) {
    const bytes = ubjsonBytes(mark);
    return bytes < 0 ? 0 : skip(at, bytes);
  }
  while (at < end) {
    if (byteAt(at) == CLOSE_BRACE) return at + 1;
    at = behindUbjsonText(at);
    if (at == 0) return 0;
    at = skipUbjson(at, depth + 1);
    if (at == 0) return 0;
  }
  return 0;
}

function skipUbjsonList(at: usize, depth: u32): usize {
  if (at >= end) return 0;
  if (byteAt(at) == DOLLAR) {
    const length = typedLength(at + 1);
    if (length == ABSENT) return 0;
    entries = length;
    return skip(at + 12, <u64>length * ubjsonBytes(byteAt(at + 1)));
  }
  const isCounted = byteAt(at) == HASH;
  let left: u32 = ABSENT;
  if (isCounted) {
    left = ubjsonLength(at + 1);
    if (left == ABSENT) return 0;
    at += 10;
  }
  let count: u32 = 0;
  while (isCounted ? count < left : at < end && byteAt(at) != CLOSE_BRACKET) {
    at = skipUbjson(at, depth + 1);
    if (at == 0) return 0;
    count++;
  }
  entries = count;
  return isCounted ? at : skip(at, 1);
}

/** Entries of a typed list, from its type on; ABSENT for what is none. */
function typedLength(at: usize): u32 {
  return at + 2 <= end && ubjsonBytes(byteAt(at)) > 0 && byteAt(at + 1) == HASH ? ubjsonLength(at + 2) : ABSENT;
}

/** Turns words of the piece around. */
function swapWords(at: usize, words: u32): void {
  const last = at + (<usize>words << 2);
  for (; at + 16 <= last; at += 16) {
    v128.store(at, i8x16.swizzle(v128.load(at), i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)));
  }
  for (; at < last; at += 4) {
    store<u32>(at, bswap<u32>(load<u32>(at)));
  }
}

function findUbjsonTree(at: usize): usize {
  if (at >= end || byteAt(at) != OPEN_BRACE) return 0;
  nodes = 0;
  at++;
  while (at < end) {
    if (byteAt(at) == CLOSE_BRACE) return at + 1;
    const value = behindUbjsonText(at);
    if (value == 0) return 0;
    const list = listNamed(at + 9, value - at - 9);
    at = skipUbjson(value, 0);
    if (at == 0) return 0;
    if (list == LEFT) nodes += entries;
  }
  return 0;
}

function readUbjsonTree(at: usize): usize {
  if (at >= end || byteAt(at) != OPEN_BRACE) return 0;
  at++;
  while (at < end) {
    if (byteAt(at) == CLOSE_BRACE) return at + 1;
    const value = behindUbjsonText(at);
    if (value == 0) return 0;
    const list = listNamed(at + 9, value - at - 9);
    at = list < LISTS ? readUbjsonList(list, value) : list == PARAM ? readUbjsonParam(value) : skipUbjson(value, 0);
    if (at == 0) return 0;
  }
  return 0;
}

function readUbjsonList(list: u32, at: usize): usize {
  if (lengthOf(list) != ABSENT) return 0;
  if (list >= SET_NODES) {
    const behind = skipUbjson(at, 0);
    foundList(list, 0, entries);
    return behind != 0 && byteAt(at) == OPEN_BRACKET ? behind : 0;
  }
  if (at + 2 > end || byteAt(at) != OPEN_BRACKET || byteAt(at + 1) != DOLLAR) return 0;
  const length = typedLength(at + 2);
  const mark: u32 = list >= DEFAULT_LEFT ? 85 : list >= CONDITION ? 100 : 108;
  if (length == ABSENT || byteAt(at + 2) != mark) return 0;
  at += 13;
  const behind = skip(at, <u64>length << (list >= DEFAULT_LEFT ? 0 : 2));
  if (behind != 0 && list < DEFAULT_LEFT) swapWords(at, length);
  foundList(list, at, length);
  return behind;
}

function readUbjsonParam(at: usize): usize {
  if (hasParam || at >= end || byteAt(at) != OPEN_BRACE) return 0;
  hasParam = true;
  at++;
  while (at < end) {
    if (byteAt(at) == CLOSE_BRACE) return at + 1;
    const value = behindUbjsonText(at);
    if (value == 0 || value >= end || byteAt(value) != 83) return 0;
    const behind = behindUbjsonText(value + 1);
    if (behind == 0 || !takeParam(at + 9, value - at - 9, value + 10, behind - value - 10)) return 0;
    at = behind;
  }
  return 0;
}

// ---- JSON

// @ts-ignore: decorator
@inline
function space(at: usize): usize {
  return byteAt(at) > 32 ? at : behindSpace(at);
}

function behindSpace(at: usize): usize {
  let byte = byteAt(at);
  while (byte == 32 || byte == 10 || byte == 13 || byte == 9) {
    byte = byteAt(++at);
  }
  return at;
}

/** Behind the closing quote of a text without escapes. */
function behindJsonText(at: usize): usize {
  if (byteAt(at) != QUOTE) return 0;
  for (at++; at < end; at++) {
    const byte = byteAt(at);
    if (byte == QUOTE) return at + 1;
    if (byte == BACKSLASH) return 0;
  }
  return 0;
}

/** The first byte that is not one of 35 to 90, as digits, points and commas are, which are most of a file. */
function skipPlain(at: usize): usize {
  for (; at + 16 <= end; at += 16) {
    const others = i8x16.bitmask(i8x16.gt_u(i8x16.sub(v128.load(at), i8x16.splat(35)), i8x16.splat(55)));
    if (others != 0) return at + <usize>ctz<i32>(others);
  }
  while (at < end && byteAt(at) - 35 <= 55) {
    at++;
  }
  return at;
}

/** The brackets alone tell where a tree ends: what stands between them is looked at when it is read. */
function findJsonTree(at: usize): usize {
  if (byteAt(at) != OPEN_BRACE) return 0;
  let depth = 0;
  nodes = 0;
  do {
    at = skipPlain(at);
    if (at >= end) return 0;
    const byte = byteAt(at);
    if (byte == QUOTE) {
      const behind = behindJsonText(at);
      if (behind == 0) return 0;
      if (behind - at == 15 && listNamed(at + 1, 13) == LEFT) nodes += jsonEntries(behind);
      at = behind;
    } else {
      if (byte == OPEN_BRACE || byte == OPEN_BRACKET) depth++;
      if (byte == CLOSE_BRACE || byte == CLOSE_BRACKET) depth--;
      at++;
    }
  } while (depth > 0);
  at = space(at);
  return at < end ? at : 0;
}

/** Entries of the list behind a key. */
function jsonEntries(at: usize): u32 {
  at = space(at);
  if (byteAt(at) != COLON) return 0;
  at = space(at + 1);
  let count: u32 = 1;
  for (; at + 16 <= end; at += 16) {
    const bytes = v128.load(at);
    const commas = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(<i8>COMMA)));
    const ends = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(<i8>CLOSE_BRACKET)));
    if (ends != 0) return count + popcnt<i32>(commas & (ends - 1));
    count += popcnt<i32>(commas);
  }
  for (; at < end && byteAt(at) != CLOSE_BRACKET; at++) {
    count += u32(byteAt(at) == COMMA);
  }
  return count;
}

// @ts-ignore: decorator
@inline
function isDigit(at: usize): bool {
  return byteAt(at) - ZERO <= 9;
}

function behindDigits(at: usize): usize {
  while (isDigit(at)) {
    at++;
  }
  return at;
}

/** A number that is not needed. */
function behindNumber(at: usize): usize {
  if (byteAt(at) == MINUS) at++;
  if (!isDigit(at)) return 0;
  at = behindDigits(at);
  if (byteAt(at) == DOT) {
    if (!isDigit(at + 1)) return 0;
    at = behindDigits(at + 1);
  }
  if ((byteAt(at) | 32) == 101) {
    at++;
    if (byteAt(at) == MINUS || byteAt(at) == 43) at++;
    if (!isDigit(at)) return 0;
    at = behindDigits(at);
  }
  return at;
}

function skipJson(at: usize, depth: u32): usize {
  const byte = byteAt(at);
  if (byte == QUOTE) return behindJsonText(at);
  if (byte == OPEN_BRACKET) return skipJsonList(at, depth + 1);
  if (byte == OPEN_BRACE) return skipJsonObject(at, depth + 1);
  const word = load<u32>(at);
  if (word == 0x65757274 || word == 0x6c6c756e) return at + 4; // true, null
  if (word == 0x736c6166 && byteAt(at + 4) == 101) return at + 5; // false
  return behindNumber(at);
}

function skipJsonList(at: usize, depth: u32): usize {
  entries = 0;
  if (depth > MAX_DEPTH) return 0;
  let count: u32 = 0;
  at = space(at + 1);
  if (byteAt(at) == CLOSE_BRACKET) return at + 1;
  for (;;) {
    at = isDigit(at) ? behindNumber(at) : skipJson(at, depth);
    if (at == 0) return 0;
    count++;
    at = space(at);
    if (byteAt(at) != COMMA) break;
    at = space(at + 1);
  }
  entries = count;
  return byteAt(at) == CLOSE_BRACKET ? at + 1 : 0;
}

function skipJsonObject(at: usize, depth: u32): usize {
  if (depth > MAX_DEPTH) return 0;
  at = space(at + 1);
  if (byteAt(at) == CLOSE_BRACE) return at + 1;
  for (;;) {
    at = jsonValue(at);
    if (at == 0) return 0;
    at = skipJson(at, depth);
    if (at == 0) return 0;
    at = space(at);
    if (byteAt(at) != COMMA) break;
    at = space(at + 1);
  }
  return byteAt(at) == CLOSE_BRACE ? at + 1 : 0;
}

/** The value behind a key. */
function jsonValue(key: usize): usize {
  let at = behindJsonText(key);
  if (at == 0) return 0;
  at = space(at);
  return byteAt(at) == COLON ? space(at + 1) : 0;
}

/** Length of the key at a quote. It has one, and a value behind it. */
function keyLength(key: usize): usize {
  return behindJsonText(key) - key - 2;
}

function readJsonTree(at: usize): usize {
  if (byteAt(at) != OPEN_BRACE) return 0;
  at = space(at + 1);
  for (;;) {
    const value = jsonValue(at);
    if (value == 0) return 0;
    const list = listNamed(at + 1, keyLength(at));
    at = list < LISTS ? readJsonList(list, value) : list == PARAM ? readJsonParam(value) : skipJson(value, 0);
    if (at == 0) return 0;
    at = space(at);
    if (byteAt(at) != COMMA) break;
    at = space(at + 1);
  }
  return byteAt(at) == CLOSE_BRACE ? at + 1 : 0;
}

function readJsonList(list: u32, at: usize): usize {
  if (lengthOf(list) != ABSENT || byteAt(at) != OPEN_BRACKET) return 0;
  const out = scratchAt;
  if (list >= SET_NODES) at = skipJsonList(at, 1);
  else if (list >= DEFAULT_LEFT) at = readFlags(at + 1, out);
  else if (list >= CONDITION) at = readFloats(at + 1, out);
  else at = readIntegers(at + 1, out);
  foundList(list, out, entries);
  scratchAt = out + (list >= SET_NODES ? 0 : list >= DEFAULT_LEFT ? maxEntries : maxEntries << 2);
  return at;
}

/** 0, 1, true and false, one byte each. */
function readFlags(at: usize, out: usize): usize {
  entries = 0;
  at = space(at);
  if (byteAt(at) == CLOSE_BRACKET) return at + 1;
  let count: u32 = 0;
  for (;;) {
    let flag = byteAt(at) - ZERO;
    if (flag <= 1) {
      at++;
    } else if (load<u32>(at) == 0x65757274) {
      flag = 1;
      at += 4;
    } else if (load<u32>(at) == 0x736c6166 && byteAt(at + 4) == 101) {
      flag = 0;
      at += 5;
    } else return 0;
    if (count == maxEntries) return 0;
    store<u8>(out + count++, flag);
    at = space(at);
    if (byteAt(at) != COMMA) break;
    at = space(at + 1);
  }
  entries = count;
  return byteAt(at) == CLOSE_BRACKET ? at + 1 : 0;
}

function readIntegers(at: usize, out: usize): usize {
  entries = 0;
  at = space(at);
  if (byteAt(at) == CLOSE_BRACKET) return at + 1;
  const outEnd = out + (<usize>maxEntries << 2);
  const start = out;
  for (;;) {
    const isNegative = byteAt(at) == MINUS;
    at += usize(isNegative);
    const first = at;
    let value: u64 = 0;
    for (;;) {
      const digit = byteAt(at) - ZERO;
      if (digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    // A -0 makes floats of all the list.
    if (at == first || at > first + 10 || value > 0x7fffffff || (isNegative && value == 0) || out == outEnd) return 0;
    store<i32>(out, isNegative ? -(<i32>value) : <i32>value);
    out += 4;
    at = space(at);
    if (byteAt(at) != COMMA) break;
    at = space(at + 1);
  }
  entries = <u32>((out - start) >> 2);
  return byteAt(at) == CLOSE_BRACKET ? at + 1 : 0;
}

/**
 * Decimals to float32. The mantissa as a double times a power of ten is off by less than four units of its last place: where
 * that leaves a doubt on which side of the middle between two floats the decimal is, JavaScript decides.
 */
function readFloats(at: usize, out: usize): usize {
  entries = 0;
  at = space(at);
  if (byteAt(at) == CLOSE_BRACKET) return at + 1;
  const outEnd = out + (<usize>maxEntries << 2);
  const start = out;
  for (;;) {
    const isNegative = byteAt(at) == MINUS;
    at += usize(isNegative);
    const first = at;
    let mantissa: i64 = 0;
    let digit = byteAt(at) - ZERO;
    for (; digit <= 9; digit = byteAt(++at) - ZERO) {
      mantissa = mantissa * 10 + digit;
    }
    if (at == first || at - first > MAX_DIGITS) return 0;
    let scale: i32 = 0;
    if (byteAt(at) == DOT) {
      const fraction = ++at;
      for (digit = byteAt(at) - ZERO; digit <= 9; digit = byteAt(++at) - ZERO) {
        mantissa = mantissa * 10 + digit;
      }
      if (at == fraction || at - first > MAX_DIGITS + 1) return 0;
      scale = <i32>(fraction - at);
    }
    if ((byteAt(at) | 32) == 101) {
      at++;
      const isSmall = byteAt(at) == MINUS;
      at += usize(isSmall || byteAt(at) == 43);
      const exponentAt = at;
      let exponent: i32 = 0;
      for (digit = byteAt(at) - ZERO; digit <= 9; digit = byteAt(++at) - ZERO) {
        exponent = exponent * 10 + digit;
      }
      if (at == exponentAt || at > exponentAt + 4) return 0;
      scale += isSmall ? -exponent : exponent;
    }
    let value: f32 = 0;
    if (mantissa != 0) {
      if (scale < LEAST_POWER || scale > GREATEST_POWER) return 0;
      const double = <f64>mantissa * load<f64>(POWERS + (<usize>(scale - LEAST_POWER) << 3));
      const beyond = <u32>reinterpret<u64>(double) & 0x1fffffff;
      if (beyond - 0x0ffffff8 <= 16 || double < 1.2e-38 || double > 3.4e38) return 0;
      value = <f32>double;
    }
    if (out == outEnd) return 0;
    store<f32>(out, isNegative ? -value : value);
    out += 4;
    at = space(at);
    if (byteAt(at) != COMMA) break;
    at = space(at + 1);
  }
  entries = <u32>((out - start) >> 2);
  return byteAt(at) == CLOSE_BRACKET ? at + 1 : 0;
}

function readJsonParam(at: usize): usize {
  if (hasParam || byteAt(at) != OPEN_BRACE) return 0;
  hasParam = true;
  at = space(at + 1);
  if (byteAt(at) == CLOSE_BRACE) return at + 1;
  for (;;) {
    const value = jsonValue(at);
    if (value == 0) return 0;
    const behind = behindJsonText(value);
    if (behind == 0 || !takeParam(at + 1, keyLength(at), value + 1, behind - value - 2)) return 0;
    at = space(behind);
    if (byteAt(at) != COMMA) break;
    at = space(at + 1);
  }
  return byteAt(at) == CLOSE_BRACE ? at + 1 : 0;
}

// ---- Finding

/** Entries of the left children of the tree that was found last. */
let nodes: u32 = 0;
let found: u32 = 0;
let counted: u32 = 0;
let isEnd: bool = false;

/** Trees that `findTrees` found, all their nodes, and whether the list of trees ends behind them. */
export function treesFound(): u32 {
  return found;
}

export function nodesFound(): u32 {
  return counted;
}

export function endFound(): bool {
  return isEnd;
}

/**
 * Looks over a list of trees, from one of them on, up to the last that stands in the piece as a whole, with what follows it.
 * @param max trees at most
 * @param starts where each tree begins in the file goes here; the file's begin would be at address -`origin`
 * @returns the next tree, or behind the list
 */
export function findTrees(
  isJson: bool,
  isCounted: bool,
  at: usize,
  pieceEnd: usize,
  max: u32,
  starts: usize,
  origin: u32,
): usize {
  end = pieceEnd;
  found = 0;
  counted = 0;
  isEnd = false;
  while (found < max && !isEnd) {
    let next = isJson ? findJsonTree(at) : findUbjsonTree(at);
    if (next == 0) break;
    if (isJson) {
      const byte = byteAt(next);
      isEnd = byte == CLOSE_BRACKET;
      next = isEnd ? next + 1 : space(next + 1);
      if (!isEnd && (byte != COMMA || next >= end)) break;
    } else if (!isCounted) {
      if (next >= end) break;
      isEnd = byteAt(next) == CLOSE_BRACKET;
      next += usize(isEnd);
    }
    store<u32>(starts + (<usize>found << 2), <u32>at + origin);
    found++;
    counted += nodes;
    at = next;
  }
  return at;
}

// ---- Reading

const ODD_THRESHOLD: u32 = 4;
const HAS_GAIN: u32 = 1;
const HAS_COVER: u32 = 2;
const HAS_LEAVES: u32 = 4;

/** Tables for the nodes of all trees read at once, one behind the other, `capacity` words each. */
const NODE_IDS: u32 = 0;
const LEFT_CHILDREN: u32 = 1;
const SLOTS: u32 = 2;
const THRESHOLDS: u32 = 3;
const LEAF_VALUES: u32 = 4;
const GAINS: u32 = 5;
const COVERS: u32 = 6;

let tables: usize = 0;
let capacity: u32 = 0;
let filled: u32 = 0;
let statistics: u32 = 0;

/** Nodes that `readTrees` has read, and what their trees have: all bits of it. */
export function nodesRead(): u32 {
  return filled;
}

export function statisticsRead(): u32 {
  return statistics;
}

// @ts-ignore: decorator
@inline
function put<T>(table: u32, node: u32, value: T): void {
  store<T>(tables + ((<usize>table * capacity + node) << 2), value);
}

// @ts-ignore: decorator
@inline
function word(list: usize, node: u32): u32 {
  return load<u32>(list + (<usize>node << 2));
}

/** Whether the lists make up a tree without categorical splits, as far as their lengths tell. */
function isUsual(): bool {
  const length = lengthOf(LEFT);
  if (!hasParam || length == 0 || length == ABSENT || (numNodes != ABSENT && numNodes != length)) return false;
  if (lengthOf(RIGHT) != length || lengthOf(FEATURE) != length || lengthOf(CONDITION) != length) return false;
  if (lengthOf(DEFAULT_LEFT) != length) return false;
  if (lengthOf(LOSS) != length && lengthOf(LOSS) != ABSENT) return false;
  if (lengthOf(HESSIAN) != length && lengthOf(HESSIAN) != ABSENT) return false;
  if (lengthOf(SET_NODES) == ABSENT) return true;
  if ((lengthOf(SET_NODES) | lengthOf(SET_SEGMENTS) | lengthOf(SET_SIZES) | lengthOf(SET_MEMBERS)) != 0) return false;
  if (lengthOf(SPLIT_TYPE) != length) return false;
  const types = listOf(SPLIT_TYPE);
  for (let node: u32 = 0; node < length; node++) {
    if (byteAt(types + node) != 0) return false;
  }
  return true;
}

/**
 * Writes the tree's nodes breadth first behind those that are there; false where they do not form a tree.
 * @param order room for five bytes a node
 */
function flatten(tree: usize, treeCapacity: u32, order: usize, firstNode: u32, numFeatures: u32, zero: f32, weight: f32, keepsLeaves: bool): bool {
  const length = lengthOf(LEFT);
  const seen = order + (<usize>length << 2);
  const left = listOf(LEFT);
  const right = listOf(RIGHT);
  const feature = listOf(FEATURE);
  const condition = listOf(CONDITION);
  const defaultLeft = listOf(DEFAULT_LEFT);
  const loss = lengthOf(LOSS) != ABSENT ? listOf(LOSS) : 0;
  const hessian = lengthOf(HESSIAN) != ABSENT ? listOf(HESSIAN) : 0;
  memory.fill(seen, 0, length);
  store<u8>(seen, 1);
  store<u32>(order, 0);
  let ordered: u32 = 1;
  let depth: u32 = 0;
  let level: u32 = 1;
  let kind: u32 = 0;
  const base = filled;
  for (let i: u32 = 0; i < ordered; i++) {
    if (i == level) {
      depth++;
      level = ordered;
    }
    const node = word(order, i);
    const at = base + i;
    put<u32>(NODE_IDS, at, node);
    const first = word(left, node);
    const value = word(condition, node);
    if (first == 0xffffffff) {
      put<u32>(LEFT_CHILDREN, at, firstNode + at);
      put<u32>(SLOTS, at, 0);
      put<u32>(THRESHOLDS, at, 0x7fc00000);
      put<f32>(LEAF_VALUES, at, (reinterpret<f32>(value) + zero) * weight);
      put<u32>(GAINS, at, loss != 0 || keepsLeaves ? value : 0);
    } else {
      const second = word(right, node);
      const index = word(feature, node);
      if (index >= numFeatures || first - 1 >= length - 1 || second - 1 >= length - 1) return false;
      if (first == second || byteAt(seen + first) + byteAt(seen + second) != 0) return false;
      store<u8>(seen + first, 1);
      store<u8>(seen + second, 1);
      store<u32>(order + (<usize>ordered << 2), first);
      store<u32>(order + (<usize>ordered << 2), second, 4);
      put<u32>(LEFT_CHILDREN, at, firstNode + base + ordered);
      ordered += 2;
      put<u32>(SLOTS, at, 2 * index + u32(byteAt(defaultLeft + node) != 1));
      put<u32>(THRESHOLDS, at, value);
      put<u32>(LEAF_VALUES, at, 0);
      put<u32>(GAINS, at, loss != 0 ? word(loss, node) : 0);
      kind |= reinterpret<f32>(value) > -Infinity ? 0 : ODD_THRESHOLD;
    }
    put<u32>(COVERS, at, hessian != 0 ? word(hessian, node) : 0);
  }
  const has =
    (loss != 0 ? HAS_GAIN | HAS_LEAVES : keepsLeaves ? HAS_LEAVES : 0) | (hessian != 0 ? HAS_COVER : 0);
  store<u32>(tree, firstNode + base);
  store<u32>(tree + (<usize>treeCapacity << 2), depth);
  store<u32>(tree + (<usize>treeCapacity << 3), kind);
  store<u32>(tree + <usize>treeCapacity * 12, has);
  statistics |= has;
  filled = base + ordered;
  return true;
}

/**
 * Reads trees one after the other, until one is not as usual. Of UBJSON, each can be read once: its words are turned around.
 * @param starts where each tree begins in the file; the file's begin would be at address -`origin`
 * @param weights of the trees, as they are added; 0: 1 each
 * @param keepsLeaves the details have leaves without weights
 * @param room for the tree at hand: lists of `maxList` entries, and what it takes to order them
 * @param treeTables first node, depth, kind and statistics of each tree: `count` words each
 * @param nodeTables tables of `maxNodes` words each
 * @returns trees that were read
 */
export function readTrees(
  isJson: bool,
  starts: usize,
  count: u32,
  origin: u32,
  pieceEnd: usize,
  numFeatures: u32,
  zero: f32,
  weights: usize,
  keepsLeaves: bool,
  firstNode: u32,
  room: usize,
  maxList: u32,
  treeTables: usize,
  nodeTables: usize,
  maxNodes: u32,
): u32 {
  end = pieceEnd;
  maxEntries = maxList;
  lists = room;
  lengths = room + 64;
  scratch = room + 128;
  tables = nodeTables;
  capacity = maxNodes;
  filled = 0;
  statistics = 0;
  for (let tree: u32 = 0; tree < count; tree++) {
    forgetTree();
    scratchAt = scratch;
    const at = <usize>load<u32>(starts + (<usize>tree << 2)) - origin;
    const behind = isJson ? readJsonTree(at) : readUbjsonTree(at);
    if (behind == 0 || !isUsual() || lengthOf(LEFT) > maxNodes - filled) return tree;
    const weight = weights != 0 ? load<f32>(weights + (<usize>tree << 2)) : 1;
    const order = scratchAt;
    if (!flatten(treeTables + (<usize>tree << 2), count, order, firstNode, numFeatures, zero, weight, keepsLeaves)) {
      return tree;
    }
  }
  return count;
}
