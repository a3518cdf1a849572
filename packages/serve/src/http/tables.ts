/** Rows of `/invocations` that are text: CSV and LIBSVM. */
import { CsvError, parse } from "csv-parse/sync";
import { invalid } from "../failure.ts";
import { ColumnRows, type Rows, SparseRows, TextRows } from "../scoring/rows.ts";

/** A field that can stand in a row of numbers. */
const NUMBER_OR_MISSING =
  /^\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?inf(?:inity)?|nan|na|null)?\s*$/i;

/**
 * MLflow's CSV has a header, SageMaker's has none: the first line is one if it has a field that is neither a number nor missing.
 * @param header overrides that
 * @throws Failure for text that is no table
 */
export function readCsv(text: string, header: boolean | undefined): { rows: Rows; hasHeader: boolean } {
  const records = parseRecords(text);
  const [first] = records;
  const hasHeader = header ?? first?.some((field) => !NUMBER_OR_MISSING.test(field)) ?? false;
  if (!hasHeader || first === undefined) {
    return { rows: new TextRows(records), hasHeader: false };
  }
  const body = records.slice(1);
  const wrong = body.findIndex((fields) => fields.length !== first.length);
  if (wrong >= 0) {
    throw invalid(`row ${wrong} has ${body[wrong]!.length} fields, the header has ${first.length}`);
  }
  const columns = first.map((name, i) => ({ name, values: body.map((fields) => fields[i]!) }));
  return { rows: new ColumnRows(columns, body.length, true), hasHeader: true };
}

function parseRecords(text: string): string[][] {
  try {
    return parse(text, { skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    if (error instanceof CsvError) {
      throw invalid(`the body is not CSV: ${error.message}`);
    }
    throw error;
  }
}

/**
 * Lines of `[label] index:value …`, indices from 0 as XGBoost counts them; features that are not named are missing.
 * @throws Failure that names the line
 */
export function readLibsvm(text: string): Rows {
  const indptr = [0];
  const indices: number[] = [];
  const values: number[] = [];
  text.split("\n").forEach((line, number) => {
    const tokens = line.replace(/#.*/, "").trim().split(/\s+/);
    if (tokens[0] === "") {
      return;
    }
    const seen = new Set<number>();
    tokens.forEach((token, i) => {
      const colon = token.indexOf(":");
      if ((colon < 0 && i === 0) || token.startsWith("qid:")) {
        return;
      }
      const index = /^\d{1,9}$/.test(token.slice(0, Math.max(colon, 0))) ? Number(token.slice(0, colon)) : -1;
      const field = token.slice(colon + 1);
      if (index < 0 || seen.has(index) || field === "" || !NUMBER_OR_MISSING.test(field)) {
        throw invalid(
          `line ${number + 1}: ${JSON.stringify(token.slice(0, 60))}, expected index:value, each index once`,
        );
      }
      seen.add(index);
      indices.push(index);
      values.push(toNumber(field));
    });
    indptr.push(indices.length);
  });
  return new SparseRows(indptr, indices, values);
}

function toNumber(field: string): number {
  const infinity = /^([+-]?)inf/i.exec(field);
  return infinity === null
    ? Number(field)
    : infinity[1] === "-"
      ? Number.NEGATIVE_INFINITY
      : Number.POSITIVE_INFINITY;
}
