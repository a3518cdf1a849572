/** What the page and the worker that reads tables post to each other. */
import type { TableFormat, TextBytes } from "../tables/table.ts";

export interface ReadMessage {
  readonly type: "read";
  readonly file: File;
}

/** A column as it is posted: `Texts` without its methods. */
export type PostedColumn =
  | { readonly kind: "number"; readonly name: string; readonly values: Float32Array | Float64Array }
  | { readonly kind: "text"; readonly name: string; readonly codes: Int32Array; readonly texts: TextBytes };

export interface PostedTable {
  readonly format: TableFormat;
  readonly rows: number;
  readonly hasNames: boolean;
  readonly columns: readonly PostedColumn[];
}

export type FromReader =
  | { readonly type: "progress"; readonly done: number; readonly rows: number }
  | { readonly type: "table"; readonly table: PostedTable }
  | { readonly type: "problem"; readonly problem: string };
