/** Numbers, bars and names as people read them. */

/** `1,234,567` */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `12.3k`, for figures that change all the time. */
export function compact(count: number): string {
  const units = ["", "k", "M", "G", "T"];
  let [value, unit] = [count, 0];
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(value < 9.95 ? 1 : 0)}${units[unit]}`;
}

/** `7 s`, `3 min 20 s`, `2 h 05 min` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  }
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.0095 ? 2 : 1)} %`;
}

/** A bar of `share` of `width` places, to an eighth of a place. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  const parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
  // Something that is there is seen.
  return share > 0 && eighths === 0 ? "▏" : "█".repeat(eighths >> 3) + parts[eighths & 7];
}

/** Names that fit into a line. */
export function someNames(names: readonly string[], limit = 8): string {
  const more = names.length > limit ? `, … (${names.length})` : "";
  return names.slice(0, limit).join(", ") + more;
}

/** Six significant digits: for people, not for programs. */
export function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
}

/** `12.3 MB` */
export function byteSize(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** Control characters of names do nothing to the terminal. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
