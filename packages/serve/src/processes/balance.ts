/**
 * Connections that stay open are spread by asking clients to connect anew. Whoever of several processes is awake first accepts all
 * connections that wait, so that the twenty of one client can all end up in one process.
 */

/** Counts that differ by no more stay as they are. */
const TOLERANCE = 1.1;
const SPARE = 1;
/** Those that connect anew may come to the same process again; and all at once would be a rush. */
const SHARE = 0.5;

/** How many connections each process should give up, by how many it has. */
export function surplus(counts: readonly number[]): number[] {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.map((count) => (count > mean * TOLERANCE + SPARE ? Math.ceil((count - mean) * SHARE) : 0));
}
