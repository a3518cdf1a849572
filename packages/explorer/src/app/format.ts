/** Numbers as the page shows them. */

export function count(value: number): string {
  return value.toLocaleString("en");
}

/** `1 row`, `2 rows`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let [size, unit] = [value, 0];
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${units[unit]}`;
}

export function milliseconds(value: number): string {
  return value < 1000
    ? `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
    : `${(value / 1000).toFixed(2)} s`;
}

/** Of measurements: three digits, or as many as a whole number has. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "–" : String(value);
  }
  const size = Math.abs(value);
  if (size >= 1e7 || (size !== 0 && size < 1e-4)) {
    return value.toExponential(2);
  }
  return size >= 1000 ? count(Math.round(value)) : String(Number(value.toPrecision(3)));
}

export function percent(value: number, digits = 1): string {
  return `${(100 * value).toFixed(digits)} %`;
}
