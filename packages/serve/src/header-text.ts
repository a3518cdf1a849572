/** Versions are text of a manifest; a header takes visible ASCII only. */
export function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text);
}
