/**
 * The loops of the WebAssembly engine for platforms without SIMD and for forests that ranks do not suit, in AssemblyScript;
 * `npm run build` compiles them into `src/engine/kernel.ts`.
 *
 *   node    8 bytes: low 16 bits the byte offset of its slot in a group of rows, high 16 bits the byte distance to its left
 *           child; then the threshold, float32. A leaf has 0, 0 and NaN, so that a walk that has arrived stays. A step is
 *           `node + distance + 8 * (x >= threshold)`. The leaf at address p has its value at `leaves + p / 2`.
 *   tree    16 bytes: address of the nodes, `leaves`, steps to the deepest leaf, byte offset of the output group.
 *   rows    groups of eight rows, slot by slot: 32 bytes a slot, 4 a row. A single row is one lane of a group.
 *   sums    like rows: 32 bytes an output group, 4 a row.
 *
 * No step has a branch. Eight walks are interleaved, so that each has the time of seven others to wait for its loads. Sums
 * are float32, tree by tree, in file order.
 */

const TREE_BYTES: usize = 16;

// @ts-ignore: decorator
@inline
function nodesOf(tree: usize, lane: usize): usize {
  return <usize>load<u32>(tree + lane * TREE_BYTES);
}

// @ts-ignore: decorator
@inline
function valueOf(tree: usize, lane: usize, at: usize): f32 {
  return load<f32>(<usize>load<u32>(tree + lane * TREE_BYTES, 4) + (at >> 1));
}

// @ts-ignore: decorator
@inline
function depthOf(tree: usize, lane: usize): u32 {
  return load<u32>(tree + lane * TREE_BYTES, 8);
}

// @ts-ignore: decorator
@inline
function sumOf(tree: usize, lane: usize, sums: usize): usize {
  return sums + <usize>load<u32>(tree + lane * TREE_BYTES, 12);
}

// @ts-ignore: decorator
@inline
function step(node: usize, row: usize, lane: usize): usize {
  const word = load<u32>(node);
  const right = <usize>(load<f32>(row + (word & 0xffff) + lane * 4) >= load<f32>(node, 4));
  return node + (word >>> 16) + (right << 3);
}

// @ts-ignore: decorator
@inline
function add(sum: usize, lane: usize, value: f32): void {
  store<f32>(sum + lane * 4, load<f32>(sum + lane * 4) + value);
}

// @ts-ignore: decorator
@inline
function deepest(tree: usize): u32 {
  let depth = depthOf(tree, 0);
  for (let lane: usize = 1; lane < 8; lane++) {
    const other = depthOf(tree, lane);
    depth = select(other, depth, other > depth);
  }
  return depth;
}

// @ts-ignore: decorator
@inline
function walk(tree: usize, row: usize): usize {
  let node = nodesOf(tree, 0);
  for (let left = depthOf(tree, 0); left > 0; left--) {
    node = step(node, row, 0);
  }
  return node;
}

/** Adds trees to the sums of groups of eight rows; `ends` not 0: writes there where each walk ended, tree by tree, instead. */
export function walkRows(
  tree: usize,
  treeEnd: usize,
  rows: usize,
  rowsEnd: usize,
  groupBytes: usize,
  sums: usize,
  sumBytes: usize,
  ends: usize,
): void {
  for (; tree < treeEnd; tree += TREE_BYTES) {
    const nodes = nodesOf(tree, 0);
    const depth = depthOf(tree, 0);
    let sum = sumOf(tree, 0, sums);
    for (let row = rows; row < rowsEnd; row += groupBytes) {
      let a = nodes;
      let b = nodes;
      let c = nodes;
      let d = nodes;
      let e = nodes;
      let f = nodes;
      let g = nodes;
      let h = nodes;
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
      if (ends == 0) {
        add(sum, 0, valueOf(tree, 0, a));
        add(sum, 1, valueOf(tree, 0, b));
        add(sum, 2, valueOf(tree, 0, c));
        add(sum, 3, valueOf(tree, 0, d));
        add(sum, 4, valueOf(tree, 0, e));
        add(sum, 5, valueOf(tree, 0, f));
        add(sum, 6, valueOf(tree, 0, g));
        add(sum, 7, valueOf(tree, 0, h));
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

// @ts-ignore: decorator
@inline
function addLeaf(tree: usize, lane: usize, node: usize, first: f32, grouped: bool, sums: usize): f32 {
  if (grouped) {
    add(sumOf(tree, lane, sums), 0, valueOf(tree, lane, node));
    return first;
  }
  return first + valueOf(tree, lane, node);
}

// @ts-ignore: decorator
@inline
function rowTrees(tree: usize, treeEnd: usize, row: usize, first: f32, grouped: bool, sums: usize): f32 {
  let sum = first;
  for (; tree + 8 * TREE_BYTES <= treeEnd; tree += 8 * TREE_BYTES) {
    let a = nodesOf(tree, 0);
    let b = nodesOf(tree, 1);
    let c = nodesOf(tree, 2);
    let d = nodesOf(tree, 3);
    let e = nodesOf(tree, 4);
    let f = nodesOf(tree, 5);
    let g = nodesOf(tree, 6);
    let h = nodesOf(tree, 7);
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
    sum = addLeaf(tree, 0, a, sum, grouped, sums);
    sum = addLeaf(tree, 1, b, sum, grouped, sums);
    sum = addLeaf(tree, 2, c, sum, grouped, sums);
    sum = addLeaf(tree, 3, d, sum, grouped, sums);
    sum = addLeaf(tree, 4, e, sum, grouped, sums);
    sum = addLeaf(tree, 5, f, sum, grouped, sums);
    sum = addLeaf(tree, 6, g, sum, grouped, sums);
    sum = addLeaf(tree, 7, h, sum, grouped, sums);
  }
  for (; tree < treeEnd; tree += TREE_BYTES) {
    sum = addLeaf(tree, 0, walk(tree, row), sum, grouped, sums);
  }
  return sum;
}

/** One row, eight trees at a time: adds them to `first` and returns the sum, where there is one output group. */
export function sumRow(tree: usize, treeEnd: usize, row: usize, first: f32): f32 {
  return rowTrees(tree, treeEnd, row, first, false, 0);
}

/** As `sumRow`, for several output groups: adds each tree to the sum of its group. */
export function addRow(tree: usize, treeEnd: usize, row: usize, sums: usize): void {
  rowTrees(tree, treeEnd, row, 0, true, sums);
}
