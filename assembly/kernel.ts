/**
 * The WebAssembly engine's loops, in AssemblyScript; `npm run build` compiles them into `src/engine/kernel.ts`.
 *
 * Tables in memory, written by `src/engine/wasm.ts`:
 *
 *   node   8 bytes: low 16 bits the byte offset of its slot in a group of rows, high 16 bits the byte distance to its left
 *          child; then the threshold, float32. A leaf has 0, 0 and NaN, so that a walk that has arrived stays.
 *   value  4 bytes a node, beside the nodes: the node at address p has its leaf value at `values + p / 2`.
 *   tree   12 bytes: address of the root, steps to the deepest leaf, byte offset of its output group.
 *   rows   groups of eight rows, slot by slot: 32 bytes a slot, 4 a row. A single row is the first lane of a group.
 *   sums   like rows: 32 bytes an output group, 4 a row.
 *
 * A step has no branch: `node + distance + 8 * (x >= threshold)`. Eight walks are interleaved, so that each has the time of
 * seven others to wait for its loads. Sums are float32, tree by tree, in file order.
 */

const TREE_BYTES: usize = 12;

// @ts-ignore: decorator
@inline
function step(node: usize, row: usize, lane: usize): usize {
  const word = load<u32>(node);
  const right = <usize>(load<f32>(row + (word & 0xffff) + lane * 4) >= load<f32>(node, 4));
  return node + (word >>> 16) + (right << 3);
}

// @ts-ignore: decorator
@inline
function add(sum: usize, lane: usize, values: usize, node: usize): void {
  store<f32>(sum + lane * 4, load<f32>(sum + lane * 4) + load<f32>(values + (node >> 1)));
}

// @ts-ignore: decorator
@inline
function deeper(depth: u32, tree: usize): u32 {
  const other = load<u32>(tree, 4);
  return select(other, depth, other > depth);
}

// @ts-ignore: decorator
@inline
function root(tree: usize, lane: usize): usize {
  return <usize>load<u32>(tree + lane * TREE_BYTES);
}

/** Adds trees to the sums of groups of eight rows; `values` 0: writes the leaves' addresses, tree by tree, instead. */
export function walkRows(
  tree: usize,
  treeEnd: usize,
  rows: usize,
  rowsEnd: usize,
  groupBytes: usize,
  sums: usize,
  sumBytes: usize,
  values: usize,
): void {
  let ends = sums;
  for (; tree < treeEnd; tree += TREE_BYTES) {
    const start = root(tree, 0);
    const depth = load<u32>(tree, 4);
    let sum = sums + <usize>load<u32>(tree, 8);
    for (let row = rows; row < rowsEnd; row += groupBytes) {
      let a = start;
      let b = start;
      let c = start;
      let d = start;
      let e = start;
      let f = start;
      let g = start;
      let h = start;
      for (let left = depth; left > 0; left--) {
        a = step(a, row, 0);
        b = step(b, row, 1);
        c = step(c, row, 2);
        d = step(d, row, 3);
        e = step(e, row, 4);
        f = step(f, row, 5);
        g = step(g, row, 6);
        h = step(h, row, 7);
      }
      if (values != 0) {
        add(sum, 0, values, a);
        add(sum, 1, values, b);
        add(sum, 2, values, c);
        add(sum, 3, values, d);
        add(sum, 4, values, e);
        add(sum, 5, values, f);
        add(sum, 6, values, g);
        add(sum, 7, values, h);
        sum += sumBytes;
      } else {
        store<u32>(ends, <u32>a, 0);
        store<u32>(ends, <u32>b, 4);
        store<u32>(ends, <u32>c, 8);
        store<u32>(ends, <u32>d, 12);
        store<u32>(ends, <u32>e, 16);
        store<u32>(ends, <u32>f, 20);
        store<u32>(ends, <u32>g, 24);
        store<u32>(ends, <u32>h, 28);
        ends += 32;
      }
    }
  }
}

/** One row, eight trees at a time: adds them to `first` and returns the sum. For models of one output group. */
export function sumTrees(tree: usize, treeEnd: usize, row: usize, first: f32, values: usize): f32 {
  let sum = first;
  for (; tree + 8 * TREE_BYTES <= treeEnd; tree += 8 * TREE_BYTES) {
    let a = root(tree, 0);
    let b = root(tree, 1);
    let c = root(tree, 2);
    let d = root(tree, 3);
    let e = root(tree, 4);
    let f = root(tree, 5);
    let g = root(tree, 6);
    let h = root(tree, 7);
    for (let left = deepest(tree); left > 0; left--) {
      a = step(a, row, 0);
      b = step(b, row, 0);
      c = step(c, row, 0);
      d = step(d, row, 0);
      e = step(e, row, 0);
      f = step(f, row, 0);
      g = step(g, row, 0);
      h = step(h, row, 0);
    }
    sum += load<f32>(values + (a >> 1));
    sum += load<f32>(values + (b >> 1));
    sum += load<f32>(values + (c >> 1));
    sum += load<f32>(values + (d >> 1));
    sum += load<f32>(values + (e >> 1));
    sum += load<f32>(values + (f >> 1));
    sum += load<f32>(values + (g >> 1));
    sum += load<f32>(values + (h >> 1));
  }
  for (; tree < treeEnd; tree += TREE_BYTES) {
    sum += load<f32>(values + (walk(tree, row) >> 1));
  }
  return sum;
}

/** One row, eight trees at a time: adds each to the sum of its output group. */
export function addTrees(tree: usize, treeEnd: usize, row: usize, sums: usize, values: usize): void {
  for (; tree + 8 * TREE_BYTES <= treeEnd; tree += 8 * TREE_BYTES) {
    let a = root(tree, 0);
    let b = root(tree, 1);
    let c = root(tree, 2);
    let d = root(tree, 3);
    let e = root(tree, 4);
    let f = root(tree, 5);
    let g = root(tree, 6);
    let h = root(tree, 7);
    for (let left = deepest(tree); left > 0; left--) {
      a = step(a, row, 0);
      b = step(b, row, 0);
      c = step(c, row, 0);
      d = step(d, row, 0);
      e = step(e, row, 0);
      f = step(f, row, 0);
      g = step(g, row, 0);
      h = step(h, row, 0);
    }
    add(sums + <usize>load<u32>(tree, 8), 0, values, a);
    add(sums + <usize>load<u32>(tree, 20), 0, values, b);
    add(sums + <usize>load<u32>(tree, 32), 0, values, c);
    add(sums + <usize>load<u32>(tree, 44), 0, values, d);
    add(sums + <usize>load<u32>(tree, 56), 0, values, e);
    add(sums + <usize>load<u32>(tree, 68), 0, values, f);
    add(sums + <usize>load<u32>(tree, 80), 0, values, g);
    add(sums + <usize>load<u32>(tree, 92), 0, values, h);
  }
  for (; tree < treeEnd; tree += TREE_BYTES) {
    add(sums + <usize>load<u32>(tree, 8), 0, values, walk(tree, row));
  }
}

// @ts-ignore: decorator
@inline
function deepest(tree: usize): u32 {
  let depth = load<u32>(tree, 4);
  depth = deeper(depth, tree + TREE_BYTES);
  depth = deeper(depth, tree + 2 * TREE_BYTES);
  depth = deeper(depth, tree + 3 * TREE_BYTES);
  depth = deeper(depth, tree + 4 * TREE_BYTES);
  depth = deeper(depth, tree + 5 * TREE_BYTES);
  depth = deeper(depth, tree + 6 * TREE_BYTES);
  return deeper(depth, tree + 7 * TREE_BYTES);
}

// @ts-ignore: decorator
@inline
function walk(tree: usize, row: usize): usize {
  let node = root(tree, 0);
  for (let left = load<u32>(tree, 4); left > 0; left--) {
    node = step(node, row, 0);
  }
  return node;
}
