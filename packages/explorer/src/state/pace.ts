/**
 * Long work gives way to a person who scrolls: drawing takes several threads, and so does scoring.
 *
 *     noteScrolling();    // something was scrolled just now
 *     await turn();       // before each part of long work
 */

/** Milliseconds after which a person has stopped. */
const PAUSE = 150;

let scrolledAt = Number.NEGATIVE_INFINITY;
let last: Promise<void> = Promise.resolve();

export function noteScrolling(): void {
  scrolledAt = performance.now();
}

/** At once, or while somebody scrolls, after a frame has been drawn; one part of work a frame. */
export function turn(): Promise<void> {
  if (performance.now() - scrolledAt >= PAUSE) {
    return Promise.resolve();
  }
  last = last.then(frameDrawn);
  return last;
}

/** Pages in the background draw no frames. */
function frameDrawn(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, PAUSE);
    const frame = requestAnimationFrame(() => setTimeout(done));
    function done(): void {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      resolve();
    }
  });
}
