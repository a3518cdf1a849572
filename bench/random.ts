/** A seeded generator (xorshift128), so that two runs see the same models and rows. */
export function seededRandom(seed: number): () => number {
  let [a, b, c, d] = [seed | 1, 0x9e3779b9, 0x243f6a88, 0xb7e15162];
  const next = (): number => {
    const t = d ^ (d << 11);
    d = c;
    c = b;
    b = a;
    a = (a ^ (a >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    return a / 4294967296;
  };
  for (let i = 0; i < 20; i++) {
    next();
  }
  return next;
}
