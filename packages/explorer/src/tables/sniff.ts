/** What a file is, by its first bytes and its name. */

export type FileKind =
  | { readonly is: "model" | "certificate" }
  | { readonly is: "table"; readonly format: "csv" | "ndjson" | "json array" | "parquet" | "arrow" }
  /** Something that is known, and no use here. */
  | { readonly is: "other"; readonly problem: string };

/** Bytes that are enough to tell. */
export const HEAD_BYTES = 4096;

const OTHERS: readonly (readonly [start: readonly number[], what: string])[] = [
  [[0x50, 0x4b, 3, 4], "a ZIP archive or an Excel workbook: save the sheet as CSV"],
  [[0xd0, 0xcf, 0x11, 0xe0], "an old Excel workbook: save the sheet as CSV"],
  [[0x25, 0x50, 0x44, 0x46], "a PDF document"],
  [[0x89, 0x50, 0x4e, 0x47], "a picture"],
  [[0xff, 0xd8, 0xff], "a picture"],
  [[0x93, 0x4e, 0x55, 0x4d], "a NumPy array: save it as CSV or Parquet, with names of columns"],
  [[0x42, 0x5a, 0x68], "compressed by bzip2: unpack it first"],
  [[0x28, 0xb5, 0x2f, 0xfd], "compressed by Zstandard: unpack it first"],
  [[0xff, 0xfe], "text in UTF-16: save it as UTF-8"],
  [[0xfe, 0xff], "text in UTF-16: save it as UTF-8"],
];

export function sniff(name: string, head: Uint8Array): FileKind {
  const lower = name.toLowerCase();
  if (head.length === 0) {
    return other("empty");
  }
  if (starts(head, "PAR1")) {
    return table("parquet");
  }
  if (starts(head, "ARROW1") || startsWith(head, [0xff, 0xff, 0xff, 0xff])) {
    return table("arrow");
  }
  if (head[0] === 0x1f && head[1] === 0x8b) {
    return table(/\.(nd)?jsonl?\.gz$/.test(lower) ? "ndjson" : "csv");
  }
  const known = OTHERS.find(([start]) => startsWith(head, start));
  if (known !== undefined && !starts(head, "binf")) {
    return other(known[1]);
  }
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) {
    return other(
      'a Python pickle, which only Python can read: save the model with booster.save_model("model.ubj")',
    );
  }
  return isText(head)
    ? sniffText(
        lower,
        new TextDecoder()
          .decode(head)
          .replace(/^\uFEFF/, "")
          .trimStart(),
      )
    : { is: "model" };
}

function sniffText(name: string, text: string): FileKind {
  if (/^<(!doctype|html|\?xml)/i.test(text)) {
    return other("a web page or XML");
  }
  if (/^(bs64|binf)/.test(text) || /^booster(\[\d+\])?:/.test(text)) {
    return { is: "model" };
  }
  if (text.startsWith("[")) {
    return /^\[\s*\{\s*"(nodeid|leaf|bias)"/.test(text) ? { is: "model" } : table("json array");
  }
  if (text.startsWith("{")) {
    if (/"format"\s*:\s*"xgboost-infer certificate"/.test(text)) {
      return { is: "certificate" };
    }
    const isModel =
      /^\{\s*"(learner|version|nodeid|leaf|bias|Config|Model)"/.test(text) || name.endsWith(".json");
    return isModel && !/\.(nd|)jsonl$/.test(name) ? { is: "model" } : table("ndjson");
  }
  return /\.(ubj|model|bin|deb)$/.test(name) ? { is: "model" } : table("csv");
}

/** Text has no control characters but white space. UBJSON and the binary formats have, within a few bytes. */
function isText(head: Uint8Array): boolean {
  return head.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
}

function table(format: "csv" | "ndjson" | "json array" | "parquet" | "arrow"): FileKind {
  return { is: "table", format };
}

function other(what: string): FileKind {
  return { is: "other", problem: `the file is ${what}` };
}

function starts(head: Uint8Array, text: string): boolean {
  return startsWith(head, new TextEncoder().encode(text));
}

function startsWith(head: Uint8Array, start: ArrayLike<number>): boolean {
  return head.length >= start.length && Array.from(start).every((byte, i) => head[i] === byte);
}
