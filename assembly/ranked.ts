/**
 * The loops of the ranked engine, in AssemblyScript with SIMD; `npm run build` compiles them into
 * `src/engine/ranked-kernel.ts`.
 *
 * A value's rank is how many of its feature's thresholds are <= the value, so `x >= threshold[k]` is `rank > k`: one search a
 * value buys integer comparisons in all trees, of bytes in batches. Ranks and keys are less by 128, so that they fit signed
 * bytes. A missing value has the least rank in the slot of splits that send it left, and the greatest in that of the others.
 *
 *   column  16 bytes: address of the search table, its levels, byte offset of the value in a row, byte offsets of the two slots
 *           in a group of ranks (u16 each).
 *   search  A complete 17-ary tree: nodes of 16 ascending thresholds, NaN as filling; node i has the children 17i + 1 … 17i + 17.
 *   ranks   Of a batch: groups of 32 rows, slot by slot, a byte a row. Of a single row: an int32 a slot, at `ROW_RANKS`.
 *
 * No step of a walk has a branch. Sums are float32, tree by tree, in file order.
 */

/** Where walks keep their nodes: in registers they would be spilled all the same, with all that was loaded for them. */
const POINTERS: usize = 960;
const COLUMN_BYTES: usize = 16;
const ROW_RANKS: usize = 1024;
const CELL_BYTES: usize = 32;
const CELL_TREE_BYTES: usize = 32;
const LINKED_TREE_BYTES: usize = 16;

/** How many of the 16 thresholds at `keys` are <= the value, which is in all lanes of x. */
// @ts-ignore: decorator
@inline
function countKeys(keys: usize, x: v128): u32 {
  const low = i16x8.narrow_i32x4_s(f32x4.ge(x, v128.load(keys)), f32x4.ge(x, v128.load(keys, 16)));
  const high = i16x8.narrow_i32x4_s(f32x4.ge(x, v128.load(keys, 32)), f32x4.ge(x, v128.load(keys, 48)));
  return popcnt<u32>(i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)));
}

// @ts-ignore: decorator
@inline
function rankOf(table: usize, levels: u32, x: v128): i32 {
  let rank = countKeys(table, x);
  let node = rank;
  for (let level = levels; level > 1; level--) {
    const next = countKeys(table + ((node + 1) << 6), x);
    rank = rank * 17 + next;
    node = (node + 1) * 17 + next;
  }
  return <i32>rank - 128;
}

// @ts-ignore: decorator
@inline
function isMissing(x: v128): i32 {
  return i32x4.extract_lane(f32x4.ne(x, x), 0);
}

/** Ranks of 32 rows of values, `rowBytes` apart. */
export function rankRows(column: usize, columnEnd: usize, values: usize, rowBytes: usize, ranks: usize): void {
  for (; column < columnEnd; column += COLUMN_BYTES) {
    const table = <usize>load<u32>(column);
    const levels = load<u32>(column, 4);
    let value = values + <usize>load<u32>(column, 8);
    let left = ranks + <usize>load<u16>(column, 12);
    let right = ranks + <usize>load<u16>(column, 14);
    for (const end = left + 32; left < end; left++, right++) {
      const x = v128.load_splat<u32>(value);
      const rank = rankOf(table, levels, x);
      store<i8>(left, rank);
      store<i8>(right, select<i32>(127, rank, isMissing(x)));
      value += rowBytes;
    }
  }
}

/** Ranks of a single row. */
export function rankRow(column: usize, columnEnd: usize, values: usize): void {
  for (; column < columnEnd; column += COLUMN_BYTES) {
    const x = v128.load_splat<u32>(values + <usize>load<u32>(column, 8));
    const rank = rankOf(<usize>load<u32>(column), load<u32>(column, 4), x);
    store<i32>((<usize>load<u16>(column, 12)) >> 3, rank, ROW_RANKS);
    store<i32>((<usize>load<u16>(column, 14)) >> 3, select<i32>(127, rank, isMissing(x)), ROW_RANKS);
  }
}

// @ts-ignore: decorator
@inline
function slotOf(cell: usize, node: usize, rows: usize): usize {
  return rows + <usize>load<u16>(cell + node * 4);
}

// @ts-ignore: decorator
@inline
function keyOf(cell: usize, node: usize): v128 {
  return v128.load_splat<u8>(cell + node * 4, 2);
}

// @ts-ignore: decorator
@inline
function valueOf(values: usize, ids: usize, lane: usize): usize {
  return values + ((<usize>load<u8>(ids + lane)) << 2);
}

/** Adds the values that four lanes' ids stand for. */
// @ts-ignore: decorator
@inline
function addValues(values: usize, ids: usize, sum: usize, lane: usize): void {
  let four = v128.load_zero<u32>(valueOf(values, ids, lane));
  four = v128.load_lane<u32>(valueOf(values, ids, lane + 1), four, 1);
  four = v128.load_lane<u32>(valueOf(values, ids, lane + 2), four, 2);
  four = v128.load_lane<u32>(valueOf(values, ids, lane + 3), four, 3);
  v128.store(sum + lane * 4, f32x4.add(v128.load(sum + lane * 4), four));
}

// @ts-ignore: decorator
@inline
function stepRow(node: usize, row: usize, lane: usize): usize {
  const rank = <i32>load<i8>(row + <usize>load<u16>(node, 2) + lane);
  const child = node + <usize>load<u32>(node, 4) + <usize>((<u32>(<i32>load<i16>(node) - rank) >>> 31) << 3);
  // As in the cells: 7.0 µs a row became 6.8 (1000 trees of depth 8).
  store<usize>(0, child, POINTERS);
  return child;
}

// @ts-ignore: decorator
@inline
function addLeaf(leaves: usize, node: usize, sum: usize, lane: usize): void {
  store<f32>(sum + lane * 4, load<f32>(sum + lane * 4) + load<f32>(leaves + (node >> 1)));
}

/**
 * Adds trees to the sums of groups of 32 rows.
 *
 * A tree's top is made of cells, complete subtrees of three levels, in breadth-first order. All seven comparisons of a cell are
 * made for 16 rows at a time and merged into an exit, 0 to 7. A cell's exits are numbered after those of the cells before it,
 * and a row that does not come through a cell gets 0 there, so that the greatest number of all cells is where the row leaves
 * the top: at a leaf or, in a deep tree, at a node from which it walks on alone.
 *
 *   cell    32 bytes: for each node in heap order u16 offset of its slot, i8 key, u8 0; then (u8) the number of the exit through
 *           which rows come, the number of its own first exit, (u16) 32 × its parent's place among the cells.
 *   tree    32 bytes: address of the first cell and of the end, of a value (or the address of a node) for each number, byte
 *           offset of the output group in the sums, steps to walk from there, address that gives leaf values: for a node at
 *           p, `leaves + p / 2`.
 *   node    8 bytes: i16 key, u16 offset of the slot, u32 byte distance to the left child, the right one being 8 further. A leaf
 *           is its own left child and has the key 127.
 */
export function cellRows(
  tree: usize,
  treeEnd: usize,
  ranks: usize,
  ranksEnd: usize,
  groupBytes: usize,
  sums: usize,
  sumBytes: usize,
  scratch: usize,
): void {
  // Constants in memory: the compiler would make them anew in the loop, by three instructions each.
  const constants = scratch;
  v128.store(constants, i8x16.splat(2));
  v128.store(constants, i8x16.splat(4), 16);
  v128.store(constants, i8x16.splat(6), 32);
  const exits = scratch + 64;
  for (; tree < treeEnd; tree += CELL_TREE_BYTES) {
    const first = <usize>load<u32>(tree);
    const end = <usize>load<u32>(tree, 4);
    const values = <usize>load<u32>(tree, 8);
    const steps = load<u32>(tree, 16);
    let sum = sums + <usize>load<u32>(tree, 12);
    for (let rows = ranks; rows < ranksEnd; rows += groupBytes) {
      let lowNumber = i8x16.splat(0);
      let highNumber = i8x16.splat(0);
      let kept = exits;
      for (let cell = first; cell < end; cell += CELL_BYTES) {
        let at = slotOf(cell, 3, rows);
        let key = keyOf(cell, 3);
        let low = i8x16.abs(i8x16.gt_s(v128.load(at), key));
        let high = i8x16.abs(i8x16.gt_s(v128.load(at, 16), key));
        at = slotOf(cell, 4, rows);
        key = keyOf(cell, 4);
        let lowRight = i8x16.sub(v128.load(constants), i8x16.gt_s(v128.load(at), key));
        let highRight = i8x16.sub(v128.load(constants), i8x16.gt_s(v128.load(at, 16), key));
        at = slotOf(cell, 1, rows);
        key = keyOf(cell, 1);
        low = i8x16.max_u(low, v128.and(lowRight, i8x16.gt_s(v128.load(at), key)));
        high = i8x16.max_u(high, v128.and(highRight, i8x16.gt_s(v128.load(at, 16), key)));
        // These stores only keep the compiler from loading all operands of the cell first, which spills ten registers:
        // 1.9 µs a row became 1.6 (500 trees of depth 6).
        v128.store(kept, low);
        v128.store(kept, high, 16);
        at = slotOf(cell, 6, rows);
        key = keyOf(cell, 6);
        lowRight = i8x16.sub(v128.load(constants, 32), i8x16.gt_s(v128.load(at), key));
        highRight = i8x16.sub(v128.load(constants, 32), i8x16.gt_s(v128.load(at, 16), key));
        at = slotOf(cell, 2, rows);
        key = keyOf(cell, 2);
        lowRight = v128.and(lowRight, i8x16.gt_s(v128.load(at), key));
        highRight = v128.and(highRight, i8x16.gt_s(v128.load(at, 16), key));
        at = slotOf(cell, 5, rows);
        key = keyOf(cell, 5);
        lowRight = i8x16.max_u(
          lowRight,
          i8x16.sub(v128.load(constants, 16), i8x16.gt_s(v128.load(at), key)),
        );
        highRight = i8x16.max_u(
          highRight,
          i8x16.sub(v128.load(constants, 16), i8x16.gt_s(v128.load(at, 16), key)),
        );
        v128.store(kept, lowRight);
        v128.store(kept, highRight, 16);
        at = slotOf(cell, 0, rows);
        key = keyOf(cell, 0);
        low = i8x16.max_u(low, v128.and(lowRight, i8x16.gt_s(v128.load(at), key)));
        high = i8x16.max_u(high, v128.and(highRight, i8x16.gt_s(v128.load(at, 16), key)));
        if (cell != first) {
          const entry = v128.load_splat<u8>(cell, 28);
          const own = v128.load_splat<u8>(cell, 29);
          const parent = exits + <usize>load<u16>(cell, 30);
          low = v128.and(i8x16.add(low, own), i8x16.eq(v128.load(parent), entry));
          high = v128.and(i8x16.add(high, own), i8x16.eq(v128.load(parent, 16), entry));
        }
        v128.store(kept, low);
        v128.store(kept, high, 16);
        kept += 32;
        lowNumber = i8x16.max_u(lowNumber, low);
        highNumber = i8x16.max_u(highNumber, high);
      }
      v128.store(exits, lowNumber);
      v128.store(exits, highNumber, 16);
      if (steps == 0) {
        addValues(values, exits, sum, 0);
        addValues(values, exits, sum, 4);
        addValues(values, exits, sum, 8);
        addValues(values, exits, sum, 12);
        addValues(values, exits, sum, 16);
        addValues(values, exits, sum, 20);
        addValues(values, exits, sum, 24);
        addValues(values, exits, sum, 28);
      } else {
        const leaves = <usize>load<u32>(tree, 20);
        for (let lane: usize = 0; lane < 32; lane += 4) {
          const row = rows + lane;
          let a = <usize>load<u32>(valueOf(values, exits, lane));
          let b = <usize>load<u32>(valueOf(values, exits, lane + 1));
          let c = <usize>load<u32>(valueOf(values, exits, lane + 2));
          let d = <usize>load<u32>(valueOf(values, exits, lane + 3));
          for (let left = steps; left > 0; left--) {
            a = stepRow(a, row, 0);
            b = stepRow(b, row, 1);
            c = stepRow(c, row, 2);
            d = stepRow(d, row, 3);
          }
          const four = sum + lane * 4;
          addLeaf(leaves, a, four, 0);
          addLeaf(leaves, b, four, 1);
          addLeaf(leaves, c, four, 2);
          addLeaf(leaves, d, four, 3);
        }
      }
      sum += sumBytes;
    }
  }
}

/** 1 where the rank in a slot is above a key, to go right; else 0. */
// @ts-ignore: decorator
@inline
function goesRight(key: i32, slot: usize): u32 {
  return <u32>(key - load<i32>(slot, ROW_RANKS)) >>> 31;
}

// @ts-ignore: decorator
@inline
function heapStep(node: usize, key: i32, slot: usize, next: usize): usize {
  return (node << 1) + next + <usize>(goesRight(key, slot) << 5);
}

// The eight walks of a chunk keep their nodes at `pointers`, counted from `POINTERS`.

// @ts-ignore: decorator
@inline
function startChunk(chunk: usize, pointers: usize): void {
  const root = i32x4.splat(<i32>chunk);
  v128.store(pointers, root, POINTERS);
  v128.store(pointers + 16, root, POINTERS);
}

// @ts-ignore: decorator
@inline
function stepChunk(pointers: usize, next: usize): void {
  let node: usize;
  node = load<usize>(pointers, POINTERS);
  store<usize>(pointers, heapStep(node, load<i16>(node), load<u16>(node, 2), next), POINTERS);
  node = load<usize>(pointers + 4, POINTERS);
  store<usize>(pointers + 4, heapStep(node, load<i16>(node, 4), load<u16>(node, 6), next), POINTERS);
  node = load<usize>(pointers + 8, POINTERS);
  store<usize>(pointers + 8, heapStep(node, load<i16>(node, 8), load<u16>(node, 10), next), POINTERS);
  node = load<usize>(pointers + 12, POINTERS);
  store<usize>(pointers + 12, heapStep(node, load<i16>(node, 12), load<u16>(node, 14), next), POINTERS);
  node = load<usize>(pointers + 16, POINTERS);
  store<usize>(pointers + 16, heapStep(node, load<i16>(node, 16), load<u16>(node, 18), next), POINTERS);
  node = load<usize>(pointers + 20, POINTERS);
  store<usize>(pointers + 20, heapStep(node, load<i16>(node, 20), load<u16>(node, 22), next), POINTERS);
  node = load<usize>(pointers + 24, POINTERS);
  store<usize>(pointers + 24, heapStep(node, load<i16>(node, 24), load<u16>(node, 26), next), POINTERS);
  node = load<usize>(pointers + 28, POINTERS);
  store<usize>(pointers + 28, heapStep(node, load<i16>(node, 28), load<u16>(node, 30), next), POINTERS);
}

// @ts-ignore: decorator
@inline
function sumChunk(first: f32, pointers: usize): f32 {
  let sum = first;
  sum += load<f32>(load<usize>(pointers, POINTERS));
  sum += load<f32>(load<usize>(pointers + 4, POINTERS), 4);
  sum += load<f32>(load<usize>(pointers + 8, POINTERS), 8);
  sum += load<f32>(load<usize>(pointers + 12, POINTERS), 12);
  sum += load<f32>(load<usize>(pointers + 16, POINTERS), 16);
  sum += load<f32>(load<usize>(pointers + 20, POINTERS), 20);
  sum += load<f32>(load<usize>(pointers + 24, POINTERS), 24);
  sum += load<f32>(load<usize>(pointers + 28, POINTERS), 28);
  return sum;
}

// @ts-ignore: decorator
@inline
function addTo(sum: usize, value: f32): void {
  store<f32>(sum, load<f32>(sum) + value);
}

function addLeaves(pointers: usize, groups: usize, sums: usize): void {
  for (let place: usize = 0; place < 32; place += 4) {
    const leaf = load<usize>(pointers + place, POINTERS) + place;
    addTo(sums + <usize>load<u32>(groups + place), load<f32>(leaf));
  }
}

/**
 * Adds trees of a single row, in chunks of eight complete ones of one depth, two chunks at a time.
 *
 * The eight trees of a chunk alternate: node i of all of them, then node i + 1 of all, with the leaves as the last level. So one
 * addition serves all walks, whose nodes are 32 bytes apart: the children of a node at p have `2p - chunk + 32` and 32 more.
 *
 *   node    4 bytes: i16 key, u16 byte offset of the slot; or a leaf's value, float32.
 */
// @ts-ignore: decorator
@inline
function heapTrees(
  chunk: usize,
  chunkEnd: usize,
  chunkBytes: usize,
  depth: u32,
  first: f32,
  grouped: bool,
  groups: usize,
  sums: usize,
): f32 {
  let sum = first;
  for (; chunk + chunkBytes < chunkEnd; chunk += chunkBytes << 1) {
    startChunk(chunk, 0);
    startChunk(chunk + chunkBytes, 32);
    const low = <usize>32 - chunk;
    const high = low - chunkBytes;
    for (let left = depth; left > 0; left--) {
      stepChunk(0, low);
      stepChunk(32, high);
    }
    if (grouped) {
      addLeaves(0, groups, sums);
      addLeaves(32, groups + 32, sums);
      groups += 64;
    } else {
      sum = sumChunk(sumChunk(sum, 0), 32);
    }
  }
  if (chunk < chunkEnd) {
    startChunk(chunk, 0);
    for (let left = depth; left > 0; left--) {
      stepChunk(0, <usize>32 - chunk);
    }
    if (grouped) {
      addLeaves(0, groups, sums);
    } else {
      sum = sumChunk(sum, 0);
    }
  }
  return sum;
}

/** Adds chunks to `first`, where there is one output group. */
export function heapSum(chunk: usize, chunkEnd: usize, chunkBytes: usize, depth: u32, first: f32): f32 {
  return heapTrees(chunk, chunkEnd, chunkBytes, depth, first, false, 0, 0);
}

/** Adds chunks to the sums of their groups; `groups` has the byte offset of each tree's sum. */
export function heapAdd(
  chunk: usize,
  chunkEnd: usize,
  chunkBytes: usize,
  depth: u32,
  groups: usize,
  sums: usize,
): void {
  heapTrees(chunk, chunkEnd, chunkBytes, depth, 0, true, groups, sums);
}

/** The value of one tree of a chunk, where not all eight are wanted. `node` is its root. */
export function heapValue(node: usize, depth: u32): f32 {
  const next = <usize>32 - node;
  for (let left = depth; left > 0; left--) {
    node = heapStep(node, load<i16>(node), load<u16>(node, 2), next);
  }
  return load<f32>(node);
}

// @ts-ignore: decorator
@inline
function linkedStep(node: usize): usize {
  return node + <usize>load<u32>(node, 4) + <usize>(goesRight(load<i16>(node), load<u16>(node, 2)) << 3);
}

// @ts-ignore: decorator
@inline
function stepLinked(place: usize): void {
  store<usize>(place, linkedStep(load<usize>(place, POINTERS)), POINTERS);
}

// @ts-ignore: decorator
@inline
function startTree(tree: usize, place: usize): u32 {
  const at = tree + (place << 4);
  store<usize>(place << 2, <usize>load<u32>(at), POINTERS);
  return load<u32>(at, 8);
}

/** The leaf value of a tree whose walk has ended at a node. */
// @ts-ignore: decorator
@inline
function linkedLeaf(tree: usize, node: usize): f32 {
  return load<f32>(<usize>load<u32>(tree, 4) + (node >> 1));
}

// @ts-ignore: decorator
@inline
function addLinkedLeaf(tree: usize, node: usize, first: f32, grouped: bool, sums: usize): f32 {
  if (grouped) {
    addTo(sums + <usize>load<u32>(tree, 12), linkedLeaf(tree, node));
    return first;
  }
  return first + linkedLeaf(tree, node);
}

/**
 * Adds trees of a single row, eight at a time, whose nodes are those of `cellRows`, but with 4 bytes for a slot.
 *
 *   tree    16 bytes: address of the root, address that gives leaf values, steps to the deepest leaf, byte offset of the sum.
 */
// @ts-ignore: decorator
@inline
function linkedTrees(tree: usize, treeEnd: usize, first: f32, grouped: bool, sums: usize): f32 {
  let sum = first;
  for (; tree + 8 * LINKED_TREE_BYTES <= treeEnd; tree += 8 * LINKED_TREE_BYTES) {
    let left: u32 = 0;
    for (let place: usize = 0; place < 8; place++) {
      const steps = startTree(tree, place);
      left = select(steps, left, steps > left);
    }
    for (; left > 0; left--) {
      stepLinked(0);
      stepLinked(4);
      stepLinked(8);
      stepLinked(12);
      stepLinked(16);
      stepLinked(20);
      stepLinked(24);
      stepLinked(28);
    }
    for (let place: usize = 0; place < 8; place++) {
      sum = addLinkedLeaf(tree + (place << 4), load<usize>(place << 2, POINTERS), sum, grouped, sums);
    }
  }
  for (; tree < treeEnd; tree += LINKED_TREE_BYTES) {
    let node = <usize>load<u32>(tree);
    for (let left = load<u32>(tree, 8); left > 0; left--) {
      node = linkedStep(node);
    }
    sum = addLinkedLeaf(tree, node, sum, grouped, sums);
  }
  return sum;
}

/** Adds trees to `first`, where there is one output group. */
export function linkedSum(tree: usize, treeEnd: usize, first: f32): f32 {
  return linkedTrees(tree, treeEnd, first, false, 0);
}

/** Adds trees to the sums of their groups. */
export function linkedAdd(tree: usize, treeEnd: usize, sums: usize): void {
  linkedTrees(tree, treeEnd, 0, true, sums);
}
