/** What a check found, and how it is printed. */
import { float32Text } from "../tables/text/float32-text.ts";

export interface CheckReport {
  readonly model: string;
  readonly engine: string;
  /** Whose rules the model was scored by: "file", or a release. */
  readonly rules: string;
  /** What the model was compared with, such as `certificate.json: 2,000 rows by XGBoost 3.4.1`. */
  readonly source: string;
  readonly outputs: readonly OutputReport[];
  /** What there is to say besides, a sentence each. */
  readonly notes: readonly string[];
  /** Whether each value is what was expected. */
  readonly equal: boolean;
}

export interface OutputReport {
  readonly output: string;
  readonly total: number;
  /** Values whose bits are the expected ones, any NaN being equal to any other. */
  readonly equal: number;
  /** Other values that are the expected ones when rounded to the decimals that these were written with. */
  readonly equalRounded: number;
  readonly maxUlps: number;
  /** The first ones, in the order of rows. */
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly row: number;
  /** Name of the value among those of the row, such as `value`, `value[2]` or a column. */
  readonly name: string;
  readonly expected: number;
  /** The expected value as it stood in a table of text. */
  readonly text?: string;
  readonly found: number;
  readonly ulps: number;
  /** What the row is about, such as "below threshold". */
  readonly about?: string;
  /** The row as the model saw it. The feature that it is about comes first. */
  readonly features: readonly (readonly [name: string, value: number])[];
}

/** Features of a row that are printed; `--json` has all. */
const MAX_FEATURES = 8;

export function reportText(report: CheckReport): string {
  const width = Math.max(...report.outputs.map(({ output }) => output.length));
  return [
    `${report.model} (engine ${report.engine}, rules ${report.rules})`,
    report.source,
    ...report.outputs.flatMap((output) => outputLines(output, width)),
    ...report.notes,
    conclusion(report),
    "",
  ].join("\n");
}

function outputLines({ output, total, equal, ...rest }: OutputReport, width: number): string[] {
  const rounded = rest.equalRounded;
  const more = rounded === 0 ? "" : `, ${grouped(rounded)} more when rounded`;
  const apart = equal + rounded < total && output !== LEAF ? `, at most ${ulpsText(rest.maxUlps)} apart` : "";
  return [
    `  ${output.padEnd(width)}  ${grouped(equal)} of ${grouped(total)} values equal to the bit${more}${apart}`,
    ...rest.differences.flatMap((each) => differenceLines(each, output === LEAF)),
  ];
}

/** Ids of leaves are no amounts: they are not near each other or apart. */
const LEAF = "leaf";

function differenceLines(difference: Difference, isLeaf: boolean): string[] {
  const { row, name, expected, text, found, ulps, about, features } = difference;
  const wanted = text === undefined ? float32Of(expected) : JSON.stringify(text);
  const named = features
    .slice(0, MAX_FEATURES)
    .map(([feature, value]) => `${feature}=${Number.isNaN(value) ? "missing" : float32Of(value)}`);
  const others = features.length - named.length;
  const apart = isLeaf ? "" : ` (${ulpsText(ulps)} apart)`;
  const why = about === undefined ? "" : `; ${about}`;
  return [
    `    row ${row}, ${name}: expected ${wanted}, found ${float32Of(found)}${apart}${why}`,
    `      ${named.join(" ")}${others > 0 ? ` … (${others} more)` : ""}`,
  ];
}

function conclusion({ outputs, equal }: CheckReport): string {
  const sum = (of: (output: OutputReport) => number): number =>
    outputs.reduce((total, output) => total + of(output), 0);
  const total = sum((output) => output.total);
  const rounded = sum((output) => output.equalRounded);
  if (equal) {
    const how = rounded === 0 ? "equal to the bit" : "equal to the bit or when rounded";
    return `Equal: all ${grouped(total)} values are ${how}.`;
  }
  const different = total - rounded - sum((output) => output.equal);
  return `NOT EQUAL: ${grouped(different)} of ${grouped(total)} values differ.`;
}

/** JSON has no infinity and no NaN: they stand there as text. */
export function reportJson(report: CheckReport): string {
  const plain = (_: string, value: unknown): unknown =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  const outputs = report.outputs.map((output) => ({
    ...output,
    differences: output.differences.map((each) => ({ ...each, features: Object.fromEntries(each.features) })),
  }));
  return `${JSON.stringify({ ...report, outputs }, plain, 2)}\n`;
}

function ulpsText(ulps: number): string {
  return Number.isFinite(ulps) ? `${grouped(ulps)} ulp${ulps === 1 ? "" : "s"}` : "NaN";
}

export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

const text = new Uint8Array(40);

/** The shortest text that reads back to the same float32. */
export function float32Of(value: number): string {
  return Number.isFinite(value)
    ? Buffer.from(text.buffer, 0, float32Text(value, text, 0)).toString("latin1")
    : String(value);
}
