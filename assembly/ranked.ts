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
 *   ranks   Groups of 32 rows, slot by slot, a byte a row.
 *
 * No step of a walk has a branch. Sums are float32, tree by tree, in file order.
 */

/** Where walks keep their nodes: in registers they would be spilled all the same, with all that was loaded for them. */
const POINTERS: usize = 960;
const COLUMN_BYTES: usize = 16;
const ROW_COLUMN_BYTES: usize = 32;
/** Bytes of 16 up to `PATTERN_LEFT`, then of 0. */
const PATTERN: usize = 1024;
const PATTERN_LEFT: usize = 1536;
const CONDITIONS: usize = 2112;
const CELL_BYTES: usize = 32;
const CELL_TREE_BYTES: usize = 32;
const RECORD_BYTES: usize = 32;

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

/**
 * All conditions of a single row: each (feature, threshold, side of missing values) of the forest has a byte from `CONDITIONS`
 * on, 16 where the row goes right at splits on it and 0 where it goes left. Those of a feature stand in the order of their
 * thresholds, so that they are a piece of the pattern, which its value's rank tells: a store decides 16 of them.
 *
 *   column  32 bytes: address of the search table, its levels, byte offset of the value in a row; for each rank, how many
 *           conditions it fulfils (u16); begin and end of the conditions, 32 bytes at a time; what they are for a missing value.
 */
export function decideRow(column: usize, columnEnd: usize, values: usize): void {
  for (; column < columnEnd; column += ROW_COLUMN_BYTES) {
    const x = v128.load_splat<u32>(values + <usize>load<u32>(column, 8));
    const rank = 128 + rankOf(<usize>load<u32>(column), load<u32>(column, 4), x);
    const known = PATTERN_LEFT - <usize>load<u16>(<usize>load<u32>(column, 12) + (<usize>rank << 1));
    let from = select<usize>(<usize>load<u32>(column, 24), known, isMissing(x));
    const end = <usize>load<u32>(column, 20);
    for (let to = <usize>load<u32>(column, 16); to < end; to += 32, from += 32) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
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

// @ts-ignore: decorator
@inline
function addTo(sum: usize, value: f32): void {
  store<f32>(sum, load<f32>(sum) + value);
}

// @ts-ignore: decorator
@inline
function heapStep(node: usize, condition: usize, next: usize): usize {
  return (node << 1) + next + <usize>load<u8>(condition, CONDITIONS);
}

// The eight walks of a chunk keep their nodes at `pointers`, counted from `POINTERS`.

// @ts-ignore: decorator
@inline
function startChunk(chunk: usize, pointers: usize): void {
  const root = i32x4.splat(<i32>chunk);
  v128.store(pointers, root, POINTERS);
  v128.store(pointers, root, POINTERS + 16);
}

// @ts-ignore: decorator
@inline
function stepChunk(pointers: usize, next: usize): void {
  let node: usize;
  node = load<usize>(pointers, POINTERS);
  store<usize>(pointers, heapStep(node, load<u16>(node), next), POINTERS);
  node = load<usize>(pointers, POINTERS + 4);
  store<usize>(pointers, heapStep(node, load<u16>(node, 2), next), POINTERS + 4);
  node = load<usize>(pointers, POINTERS + 8);
  store<usize>(pointers, heapStep(node, load<u16>(node, 4), next), POINTERS + 8);
  node = load<usize>(pointers, POINTERS + 12);
  store<usize>(pointers, heapStep(node, load<u16>(node, 6), next), POINTERS + 12);
  node = load<usize>(pointers, POINTERS + 16);
  store<usize>(pointers, heapStep(node, load<u16>(node, 8), next), POINTERS + 16);
  node = load<usize>(pointers, POINTERS + 20);
  store<usize>(pointers, heapStep(node, load<u16>(node, 10), next), POINTERS + 20);
  node = load<usize>(pointers, POINTERS + 24);
  store<usize>(pointers, heapStep(node, load<u16>(node, 12), next), POINTERS + 24);
  node = load<usize>(pointers, POINTERS + 28);
  store<usize>(pointers, heapStep(node, load<u16>(node, 14), next), POINTERS + 28);
}

/** `leaves` is twice where a walk ends less the address of its leaf. */
// @ts-ignore: decorator
@inline
function sumChunk(first: f32, pointers: usize, leaves: usize): f32 {
  let sum = first;
  sum += load<f32>((load<usize>(pointers, POINTERS) << 1) - leaves);
  sum += load<f32>((load<usize>(pointers, POINTERS + 4) << 1) - leaves, 4);
  sum += load<f32>((load<usize>(pointers, POINTERS + 8) << 1) - leaves, 8);
  sum += load<f32>((load<usize>(pointers, POINTERS + 12) << 1) - leaves, 12);
  sum += load<f32>((load<usize>(pointers, POINTERS + 16) << 1) - leaves, 16);
  sum += load<f32>((load<usize>(pointers, POINTERS + 20) << 1) - leaves, 20);
  sum += load<f32>((load<usize>(pointers, POINTERS + 24) << 1) - leaves, 24);
  sum += load<f32>((load<usize>(pointers, POINTERS + 28) << 1) - leaves, 28);
  return sum;
}

function addLeaves(pointers: usize, leaves: usize, groups: usize, sums: usize): void {
  for (let place: usize = 0; place < 32; place += 4) {
    const leaf = (load<usize>(pointers + place, POINTERS) << 1) - leaves + place;
    addTo(sums + <usize>load<u32>(groups + place), load<f32>(leaf));
  }
}

/**
 * Eight or sixteen complete trees of one depth, in chunks of eight.
 *
 * The eight trees of a chunk alternate: split i of all of them, then split i + 1 of all, then the leaves likewise. So one
 * addition serves all walks, whose splits are 16 bytes apart: the children of a split at p have `2p - chunk + 16` and 16 more.
 *
 *   split   2 bytes: the place of its condition.
 *   leaf    4 bytes: its value, float32.
 */
// @ts-ignore: decorator
@inline
function heapTrees(record: usize, first: f32, grouped: bool, sums: usize): f32 {
  let sum = first;
  const chunk = <usize>load<u32>(record, 4);
  const splitBytes = <usize>load<u32>(record, 8);
  const depth = load<u32>(record, 12);
  const groups = <usize>load<u32>(record, 16);
  startChunk(chunk, 0);
  if (load<u32>(record) == 16) {
    const second = chunk + 3 * splitBytes + 32;
    startChunk(second, 32);
    for (let left = depth; left > 0; left--) {
      stepChunk(0, <usize>16 - chunk);
      stepChunk(32, <usize>16 - second);
    }
    if (grouped) {
      addLeaves(0, chunk + splitBytes, groups, sums);
      addLeaves(32, second + splitBytes, groups + 32, sums);
    } else {
      sum = sumChunk(sumChunk(sum, 0, chunk + splitBytes), 32, second + splitBytes);
    }
  } else {
    for (let left = depth; left > 0; left--) {
      stepChunk(0, <usize>16 - chunk);
    }
    if (grouped) {
      addLeaves(0, chunk + splitBytes, groups, sums);
    } else {
      sum = sumChunk(sum, 0, chunk + splitBytes);
    }
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function linkedStep(node: usize): usize {
  return node + <usize>load<u32>(node, 4) + (<usize>load<u8>(<usize>load<u16>(node), CONDITIONS) >> 1);
}

// @ts-ignore: decorator
@inline
function stepLinked(place: usize): void {
  store<usize>(place, linkedStep(load<usize>(place, POINTERS)), POINTERS);
}

// @ts-ignore: decorator
@inline
function linkedLeaf(tree: usize, node: usize): f32 {
  return load<f32>(<usize>load<u32>(tree, 4) + (node >> 1));
}

/**
 * Eight trees of any form.
 *
 *   tree    8 bytes: address of the root, address that gives leaf values: for a node at p, that address + p / 2.
 *   node    8 bytes: u16 place of its condition, u16 0, u32 byte distance to the left child, the right one being 8 further. A
 *           leaf is its own left child, with a condition that is always 0.
 */
// @ts-ignore: decorator
@inline
function linkedTrees(record: usize, first: f32, grouped: bool, sums: usize): f32 {
  let sum = first;
  const trees = <usize>load<u32>(record, 4);
  for (let place: usize = 0; place < 32; place += 4) {
    store<usize>(place, <usize>load<u32>(trees + (place << 1)), POINTERS);
  }
  for (let left = load<u32>(record, 12); left > 0; left--) {
    stepLinked(0);
    stepLinked(4);
    stepLinked(8);
    stepLinked(12);
    stepLinked(16);
    stepLinked(20);
    stepLinked(24);
    stepLinked(28);
  }
  for (let place: usize = 0; place < 32; place += 4) {
    const leaf = linkedLeaf(trees + (place << 1), load<usize>(place, POINTERS));
    if (grouped) {
      addTo(sums + <usize>load<u32>(<usize>load<u32>(record, 16) + place), leaf);
    } else {
      sum += leaf;
    }
  }
  return sum;
}

/**
 * Trees of a single row.
 *
 *   record  32 bytes: 16 or 8 for as many complete trees, 0 for eight others; address of the first chunk or tree; of complete
 *           trees, bytes of a chunk's splits; steps to the deepest leaf; address of the byte offsets of the trees' sums.
 */
// @ts-ignore: decorator
@inline
function rowTrees(record: usize, recordEnd: usize, first: f32, grouped: bool, sums: usize): f32 {
  let sum = first;
  for (; record < recordEnd; record += RECORD_BYTES) {
    sum =
      load<u32>(record) == 0
        ? linkedTrees(record, sum, grouped, sums)
        : heapTrees(record, sum, grouped, sums);
  }
  return sum;
}

/** Adds trees to `first`, where there is one output group. */
export function sumRecords(record: usize, recordEnd: usize, first: f32): f32 {
  return rowTrees(record, recordEnd, first, false, 0);
}

/** Adds trees to the sums of their groups. */
export function addRecords(record: usize, recordEnd: usize, sums: usize): void {
  rowTrees(record, recordEnd, 0, true, sums);
}

/** The value of one tree of a record, where not all are wanted. */
export function treeValue(record: usize, tree: usize): f32 {
  const splitBytes = <usize>load<u32>(record, 8);
  let chunk = <usize>load<u32>(record, 4);
  let left = load<u32>(record, 12);
  if (load<u32>(record) == 0) {
    chunk += tree << 3;
    let node = <usize>load<u32>(chunk);
    for (; left > 0; left--) {
      node = linkedStep(node);
    }
    return linkedLeaf(chunk, node);
  }
  chunk += (tree >> 3) * (3 * splitBytes + 32);
  const lane = tree & 7;
  let node = chunk;
  for (; left > 0; left--) {
    node = heapStep(node, <usize>load<u16>(node + (lane << 1)), <usize>16 - chunk);
  }
  return load<f32>((node << 1) - chunk - splitBytes + (lane << 2));
}
