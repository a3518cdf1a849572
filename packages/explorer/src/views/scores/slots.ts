/**
 * Which element shows which row, or column. Elements of those that leave the sight are filled anew for those that come in, and none is
 * moved where all are replaced: filling costs a browser a fraction of what making or moving one does.
 *
 *     const slots = new Slots();
 *     slots.of(0, 3);   // slots 0, 1, 2 for rows 0, 1, 2
 *     slots.of(1, 4);   // slots 1, 2, 0 for rows 1, 2, 3
 *     slots.of(70, 73); // slots 1, 2, 0 for rows 70, 71, 72
 */
export interface Place {
  readonly slot: number;
  /** Of a row or column. */
  readonly index: number;
  /** Out of the range that was asked for: kept as it is, to be filled soon. */
  readonly isSpare: boolean;
}

export class Slots {
  #before: readonly Place[] = [];
  #made = 0;

  /** Places of `begin` to `end`, which is left out. With `keepsSpare`, those that are not needed follow, with what they have shown. */
  of(begin: number, end: number, keepsSpare = false): readonly Place[] {
    const kept = new Map<number, number>();
    const free: Place[] = [];
    for (const place of this.#before) {
      if (!place.isSpare && place.index >= begin && place.index < end) {
        kept.set(place.index, place.slot);
      } else {
        free.push(place);
      }
    }
    let next = 0;
    const places = Array.from({ length: Math.max(0, end - begin) }, (_, i): Place => {
      const index = begin + i;
      return { index, slot: kept.get(index) ?? free[next++]?.slot ?? this.#made++, isSpare: false };
    });
    const spare = keepsSpare ? free.slice(next).map((place) => ({ ...place, isSpare: true })) : [];
    this.#before = [...places, ...spare];
    return this.#before;
  }
}
