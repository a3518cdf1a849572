/**
 * A broken model never hangs, crashes, answers wrongly or throws anything but the promised errors; loading takes time
 * linear in the size of the file and memory bounded by it.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Booster,
  type DumpOptions,
  InputError,
  ModelFormatError,
  UnsupportedModelError,
} from "../src/index.ts";
import { ByteWriter, type Document, writeJson, writeUbjson } from "./support/document.ts";
import { GROWING } from "./support/growing.ts";
import {
  expectLinear,
  expectRefused,
  flipBytes,
  growthExponent,
  type Source,
  smallFiles,
  spliceBytes,
  tryLoad,
} from "./support/hostile.ts";
import { type ModelSpec, modelDocument, modelOf, type TreeSpec } from "./support/model.ts";
import {
  dumpChain,
  inModel,
  inParam,
  inTree,
  leafText,
  type Mutable,
  PLAIN,
  STUMP,
  spoiled,
  swap,
  type Tree,
  textChain,
} from "./support/spoil.ts";

const FILES = smallFiles();
const DUMP: DumpOptions = { objective: "reg:squarederror", baseScore: 0.5 };
/** Offsets at which files of more than two kilobytes are cut; the slow suite takes all of them. */
const SOME_OFFSETS = 350;

describe("small real files, broken", () => {
  it.each(FILES)("$path loads as it is", ({ bytes, dump }) => {
    expect(tryLoad(bytes, dump).loaded).toBeInstanceOf(Booster);
  });

  it.each(FILES)("$path cut short", ({ path, bytes, dump }) => {
    const step = bytes.length < 2100 ? 1 : Math.ceil(bytes.length / SOME_OFFSETS);
    let loaded = 0;
    for (let length = 0; length < bytes.length; length += step) {
      loaded += tryLoad(bytes.subarray(0, length), dump).loaded === undefined ? 0 : 1;
    }
    // Some lines of a text dump are a text dump, and nothing behind the model of an old snapshot is read.
    expect(loaded).toBeLessThan(/\.txt$|1\.2\.1.*snapshot/.test(path) ? bytes.length : 3);
  });

  it.each(FILES)("$path with bytes changed", ({ bytes, dump }) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        tryLoad(flipBytes(bytes, seed), dump);
        tryLoad(spliceBytes(bytes, seed), dump);
      }),
      { numRuns: 90, seed: 99 },
    );
  });

  it("any few bytes behind any start of a format", () => {
    const starts = [
      "",
      "{L",
      '{"',
      "[{",
      "binf",
      "CONFIG-offset:",
      "0:leaf=",
      "0:[",
      "booster[0]:\n",
      "bias:\n",
      "bs64",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.uint8Array({ maxLength: 300, size: "max" }),
        (start, bytes) => {
          tryLoad(Uint8Array.from([...new TextEncoder().encode(start), ...bytes]), DUMP);
        },
      ),
      { numRuns: 2000, seed: 3 },
    );
  });
});

const CATEGORICAL: TreeSpec = [
  { feature: 0, threshold: [1, 3], defaultLeft: true, left: 1, right: 2 },
  { leaf: 1 },
  { feature: 0, threshold: [2], defaultLeft: true, left: 3, right: 4 },
  { leaf: 3 },
  { leaf: 4 },
];
const VECTOR: TreeSpec = [STUMP[0]!, { leaf: [1, 2] }, { leaf: [3, 4] }];
const SETS = modelOf([CATEGORICAL], { numFeatures: 2 });
const VECTORS = modelOf([VECTOR], { groups: 2 });
const LINEAR = modelOf([], {
  booster: "gblinear",
  numFeatures: 2,
  linear: Float32Array.of(1, 2, 3),
  iterationIndptr: [0, 1],
});

const ints = (...values: number[]): Int32Array => Int32Array.from(values);

/** One fact broken: the model, how, and what the message must name. */
const BROKEN: readonly (readonly [
  what: string,
  model: ModelSpec,
  spoil: (document: Mutable) => void,
  message: RegExp,
])[] = [
  [
    "a cycle back to the root",
    PLAIN,
    inTree((t) => (t["right_children"] = ints(0, -1, -1))),
    /node 0.*child 0/,
  ],
  [
    "a self-loop",
    PLAIN,
    inTree((t) => Object.assign(t, { left_children: ints(1, 1, -1), right_children: ints(2, 2, -1) })),
    /two parents/,
  ],
  [
    "a cycle of two",
    SETS,
    inTree((t) => (t["left_children"] = ints(1, -1, 3, 2, -1))),
    /two parents|split_type/,
  ],
  ["a shared child", PLAIN, inTree((t) => (t["right_children"] = ints(1, -1, -1))), /node 1.*two parents/],
  [
    "a child out of range",
    PLAIN,
    inTree((t) => (t["right_children"] = ints(3, -1, -1))),
    /node 0.*child 3, expected 1 to 2/,
  ],
  ["a negative child", PLAIN, inTree((t) => (t["right_children"] = ints(-1, -1, -1))), /child -1/],
  ["a left child of -2", PLAIN, inTree((t) => (t["left_children"] = ints(-2, -1, -1))), /child -2/],
  [
    "a child of 2^31 - 1",
    PLAIN,
    inTree((t) => (t["left_children"] = ints(2147483647, -1, -1))),
    /child 2147483647/,
  ],
  [
    "a feature out of range",
    PLAIN,
    inTree((t) => (t["split_indices"] = ints(2, 0, 0))),
    /feature 2.*num_feature = 2/,
  ],
  [
    "a deleted node's feature on a split",
    PLAIN,
    inTree((t) => (t["split_indices"] = ints(2147483647, 0, 0))),
    /feature 2147483647/,
  ],
  ["a negative feature", PLAIN, inTree((t) => (t["split_indices"] = ints(-1, 0, 0))), /feature -1/],
  ["no nodes", PLAIN, inTree((t) => emptyTree(t)), /no nodes/],
  [
    "num_nodes too large",
    PLAIN,
    inTree((t) => Object.assign(t["tree_param"] as Tree, { num_nodes: "4" })),
    /num_nodes is 4/,
  ],
  [
    "num_nodes of 2^53",
    PLAIN,
    inTree((t) => Object.assign(t["tree_param"] as Tree, { num_nodes: "9007199254740993" })),
    /num_nodes/,
  ],
  ["a short right_children", PLAIN, inTree((t) => (t["right_children"] = ints(2, -1))), /right_children/],
  ["a short split_indices", PLAIN, inTree((t) => (t["split_indices"] = ints(0, 0))), /split_indices/],
  [
    "a long split_conditions",
    PLAIN,
    inTree((t) => (t["split_conditions"] = new Float32Array(4))),
    /split_conditions/,
  ],
  ["an empty default_left", PLAIN, inTree((t) => (t["default_left"] = new Uint8Array(0))), /default_left/],
  ["a short sum_hessian", PLAIN, inTree((t) => (t["sum_hessian"] = new Float32Array(1))), /sum_hessian/],
  ["a short loss_changes", PLAIN, inTree((t) => (t["loss_changes"] = new Float32Array(1))), /loss_changes/],
  ["a short split_type", SETS, inTree((t) => (t["split_type"] = new Uint8Array(2))), /split_type/],
  [
    "text for children",
    PLAIN,
    inTree((t) => (t["left_children"] = "1,-1,-1")),
    /left_children.*expected an array/,
  ],
  [
    "fractions for children",
    PLAIN,
    inTree((t) => (t["left_children"] = [1.5, -1, -1])),
    /left_children\[0\].*1.5/,
  ],
  [
    "null for a threshold",
    PLAIN,
    inTree((t) => (t["split_conditions"] = [null, 1, 2])),
    /split_conditions\[0\].*null/,
  ],
  [
    "an object for a threshold",
    PLAIN,
    inTree((t) => (t["split_conditions"] = [{}, 1, 2])),
    /split_conditions\[0\].*object/,
  ],
  ["a float for default_left", PLAIN, inTree((t) => (t["default_left"] = [0.5, 0, 0])), /default_left\[0\]/],
  [
    "a split that both says it is categorical and has no set",
    SETS,
    inTree((t) => (t["split_type"] = Uint8Array.of(1, 0, 0, 0, 0))),
    /split_type\[2\]/,
  ],
  [
    "a set of a numerical split",
    SETS,
    inTree((t) => (t["split_type"] = new Uint8Array(5))),
    /split_type\[0\]/,
  ],
  [
    "a categorical node out of range",
    SETS,
    inTree((t) => (t["categories_nodes"] = ints(0, 5))),
    /split_type\[2\]|node 5/,
  ],
  [
    "a categorical node twice",
    SETS,
    inTree((t) => (t["categories_nodes"] = ints(0, 0))),
    /split_type\[2\]|twice/,
  ],
  [
    "a segment that starts before the categories",
    SETS,
    inTree((t) => (t["categories_segments"] = ints(-1, 2))),
    /categories_segments\[0\]/,
  ],
  [
    "a segment that ends behind the categories",
    SETS,
    inTree((t) => (t["categories_sizes"] = ints(2, 2))),
    /categories_segments\[1\]/,
  ],
  [
    "segments that overlap",
    SETS,
    inTree((t) => Object.assign(t, { categories_segments: ints(0, 0), categories_sizes: ints(3, 3) })),
    /categories_segments\[1\]/,
  ],
  [
    "a segment of negative size",
    SETS,
    inTree((t) => (t["categories_sizes"] = ints(-2, 1))),
    /categories_segments\[0\]/,
  ],
  ["an empty set", SETS, inTree((t) => (t["categories_sizes"] = ints(0, 1))), /without categories/],
  ["a negative category", SETS, inTree((t) => (t["categories"] = ints(1, -3, 2))), /category -3/],
  ["a category of 2^24", SETS, inTree((t) => (t["categories"] = ints(1, 16777216, 2))), /category 16777216/],
  [
    "a category of 2^31",
    SETS,
    inTree((t) => (t["categories"] = [1, 2147483648, 2])),
    /categories\[1\].*2147483648/,
  ],
  ["fewer sizes than segments", SETS, inTree((t) => (t["categories_sizes"] = ints(3))), /categories_sizes/],
  [
    "a vector leaf behind the values",
    VECTORS,
    inTree((t) => (t["right_children"] = ints(2, 0, 2))),
    /leaf vector at 4/,
  ],
  [
    "a vector leaf before the values",
    VECTORS,
    inTree((t) => (t["right_children"] = ints(2, -1, 1))),
    /leaf vector at -1/,
  ],
  [
    "two leaves with one vector",
    VECTORS,
    inTree((t) => Object.assign(t, { leaf_weights: Float32Array.of(1, 2), right_children: ints(2, 0, 0) })),
    /leaf vector/,
  ],
  [
    "leaf vectors too short",
    VECTORS,
    inTree((t) => (t["leaf_weights"] = Float32Array.of(1, 2, 3))),
    /leaf vector at 2/,
  ],
  [
    "leaf vectors of old files too short",
    VECTORS,
    inTree((t) => Object.assign(t, { leaf_weights: undefined, base_weights: new Float32Array(5) })),
    /leaf vector at 4/,
  ],
  [
    "no leaf vectors at all",
    VECTORS,
    inTree((t) => Object.assign(t, { leaf_weights: undefined, base_weights: undefined })),
    /base_weights/,
  ],
  [
    "leaf vectors of another size",
    VECTORS,
    inTree((t) => Object.assign(t["tree_param"] as Tree, { size_leaf_vector: "3" })),
    /size_leaf_vector is 3/,
  ],
  [
    "an absurd size_leaf_vector",
    VECTORS,
    inTree((t) => Object.assign(t["tree_param"] as Tree, { size_leaf_vector: "2147483647" })),
    /size_leaf_vector/,
  ],
  [
    "vector leaves in group 1",
    VECTORS,
    inModel((m) => (m["tree_info"] = [1])),
    /tree_info\[0\] ?: is 1|tree_info\[0\]: is 1/,
  ],
  ["a group out of range", PLAIN, inModel((m) => (m["tree_info"] = [0, 1])), /tree_info\[1\]: is 1/],
  ["a negative group", PLAIN, inModel((m) => (m["tree_info"] = [-1, 0])), /tree_info\[0\]: is -1/],
  ["a short tree_info", PLAIN, inModel((m) => (m["tree_info"] = [0])), /tree_info.*1 entries for 2 trees/],
  ["a long weight_drop", PLAIN, inModel((m) => (m["weight_drop"] = new Float32Array(3))), /weight_drop.*3/],
  [
    "num_trees that lies",
    PLAIN,
    inModel((m) => Object.assign(m["gbtree_model_param"] as Tree, { num_trees: "1000000000" })),
    /num_trees is 1000000000/,
  ],
  [
    "rounds that fall",
    PLAIN,
    inModel((m) => (m["iteration_indptr"] = [0, 2, 1, 2])),
    /iteration_indptr\[2\]/,
  ],
  [
    "rounds that start late",
    PLAIN,
    inModel((m) => (m["iteration_indptr"] = [1, 2])),
    /iteration_indptr\[0\]/,
  ],
  [
    "rounds that end early",
    PLAIN,
    inModel((m) => (m["iteration_indptr"] = [0, 1])),
    /iteration_indptr.*expected the 2 trees/,
  ],
  ["rounds that end late", PLAIN, inModel((m) => (m["iteration_indptr"] = [0, 3])), /iteration_indptr/],
  ["no rounds", PLAIN, inModel((m) => (m["iteration_indptr"] = [])), /iteration_indptr/],
  [
    "trees that are no whole rounds",
    PLAIN,
    inModel((m) =>
      Object.assign(m, {
        iteration_indptr: undefined,
        gbtree_model_param: { num_trees: "2", num_parallel_tree: "3" },
      }),
    ),
    /whole rounds/,
  ],
  [
    "an absurd num_parallel_tree",
    PLAIN,
    inModel((m) =>
      Object.assign(m, {
        iteration_indptr: undefined,
        gbtree_model_param: { num_trees: "2", num_parallel_tree: "9007199254740991" },
      }),
    ),
    /whole rounds/,
  ],
  ["trees that are an object", PLAIN, inModel((m) => (m["trees"] = {})), /trees.*expected an array/],
  ["trees that are numbers", PLAIN, inModel((m) => (m["trees"] = [1, 2])), /trees\[0\].*expected an object/],
  ["a tree that is null", PLAIN, inModel((m) => (m["trees"] = [null, null])), /trees\[0\].*null/],
  [
    "linear weights too few",
    LINEAR,
    inModel((m) => (m["weights"] = new Float32Array(2))),
    /2 values, expected.*= 3/,
  ],
  ["linear weights too many", LINEAR, inModel((m) => (m["weights"] = new Float32Array(4))), /4 values/],
  ["a negative num_feature", PLAIN, inParam("num_feature", "-1"), /num_feature/],
  ["a num_feature of 2^53", PLAIN, inParam("num_feature", "9007199254740993"), /num_feature/],
  ["a num_feature with a million digits", PLAIN, inParam("num_feature", "9".repeat(1e6)), /num_feature/],
  ["a num_feature that is no number", PLAIN, inParam("num_feature", "two"), /num_feature.*"two"/],
  ["an absent num_feature", PLAIN, inParam("num_feature", undefined), /num_feature.*nothing/],
  ["a negative num_class", PLAIN, inParam("num_class", "-2"), /num_class/],
  ["a num_target of 2^40", PLAIN, inParam("num_target", "1099511627776"), /num_target/],
  ["three base scores for one group", PLAIN, inParam("base_score", "[1E0,2E0,3E0]"), /base_score.*3 values/],
  ["no base score", PLAIN, inParam("base_score", "[]"), /base_score/],
  ["a base score that is no number", PLAIN, inParam("base_score", "[0.5,x]"), /base_score/],
  ["an empty base score", PLAIN, inParam("base_score", ""), /base_score/],
  [
    "feature names too few",
    PLAIN,
    (d) => (d["learner"]!["feature_names"] = ["a"] as never),
    /feature_names.*1 entries/,
  ],
  [
    "feature names that are numbers",
    PLAIN,
    (d) => (d["learner"]!["feature_names"] = [1, 2] as never),
    /feature_names\[0\]/,
  ],
  [
    "feature types too many",
    PLAIN,
    (d) => (d["learner"]!["feature_types"] = ["q", "q", "q"] as never),
    /feature_types/,
  ],
  [
    "attributes that are no texts",
    PLAIN,
    (d) => (d["learner"]!["attributes"] = { a: 1 } as never),
    /attributes/,
  ],
  ["a version of two numbers", PLAIN, (d) => (d["version"] = [3, 4] as never), /version/],
  ["a version of texts", PLAIN, (d) => (d["version"] = ["3", "4", "1"] as never), /version/],
  ["no learner", PLAIN, (d) => delete d["learner"], /learner.*nothing/],
  ["category offsets that fall", SETS, inModel((m) => (m["cats"] = cats([0, 4, 2]))), /offsets/],
  ["category offsets behind the bytes", SETS, inModel((m) => (m["cats"] = cats([0, 2147483647]))), /offsets/],
  ["negative category offsets", SETS, inModel((m) => (m["cats"] = cats([-1, 2]))), /offsets/],
];

function cats(offsets: number[]): Document {
  const column = { offsets: Int32Array.from(offsets), values: Int8Array.of(97, 98, 99) };
  return { enc: [column], feature_segments: [0, 1], sorted_idx: [0] };
}

function emptyTree(tree: Tree): void {
  for (const [key, value] of Object.entries(tree)) {
    tree[key] = ArrayBuffer.isView(value) ? (value as Int32Array).slice(0, 0) : value;
  }
  Object.assign(tree["tree_param"] as Tree, { num_nodes: "0" });
}

/** JSON cannot say `undefined`: a key of that value is an absent one. */
function withoutAbsent(document: Document): Document {
  if (document instanceof BigInt64Array) {
    return Array.from(document, Number);
  }
  return typeof document === "object" &&
    document !== null &&
    !ArrayBuffer.isView(document) &&
    !Array.isArray(document)
    ? Object.fromEntries(
        Object.entries(document)
          .filter(([, value]) => value !== undefined)
          .map(([key, value]) => [key, withoutAbsent(value)]),
      )
    : Array.isArray(document)
      ? document.map(withoutAbsent)
      : document;
}

describe("one fact of a model broken", () => {
  it.each([PLAIN, SETS, VECTORS, LINEAR])("nothing broken: loads", (model) => {
    const document = withoutAbsent(spoiled(model, () => undefined));
    for (const source of [document as object, writeJson(document), writeUbjson(document)]) {
      expect(tryLoad(source).loaded).toBeInstanceOf(Booster);
    }
  });

  it.each(BROKEN)("%s", (_, model, spoil, message) => {
    const document = withoutAbsent(spoiled(model, spoil));
    for (const source of [document as object, writeJson(document), writeUbjson(document)]) {
      expectRefused(source, message);
    }
  });

  it.each<[what: string, spoil: (document: Mutable) => void, feature: RegExp]>([
    ["2^28 features", inParam("num_feature", "268435456"), /268435456 features/],
    ["a million classes", inParam("num_class", "1000000"), /1000000 output groups/],
    ["2^31 - 1 targets", inParam("num_target", "2147483647"), /2147483647 output groups/],
    [
      "classes and targets",
      (d) => [inParam("num_class", "2"), inParam("num_target", "2")].map((f) => f(d)),
      /classes and several targets/,
    ],
    [
      "an unknown booster",
      (d) => (d["learner"]!["gradient_booster"]!["name"] = "gbforest" as never),
      /booster "gbforest"/,
    ],
    [
      "an unknown objective",
      (d) => (d["learner"]!["objective"]!["name"] = "reg:mine" as never),
      /objective "reg:mine"/,
    ],
    [
      "an objective named like a method",
      (d) => (d["learner"]!["objective"]!["name"] = "toString" as never),
      /objective "toString"/,
    ],
    [
      "an objective with a name of a megabyte",
      (d) => (d["learner"]!["objective"]!["name"] = "x".repeat(1e6) as never),
      /objective/,
    ],
    [
      "a booster with a name of a megabyte",
      (d) => (d["learner"]!["gradient_booster"]!["name"] = "x".repeat(1e6) as never),
      /booster/,
    ],
  ])("not supported: %s", (_, spoil, feature) => {
    const document = spoiled(PLAIN, spoil);
    for (const source of [writeJson(document), writeUbjson(document)]) {
      const { error } = tryLoad(source);
      expect(error).toBeInstanceOf(UnsupportedModelError);
      expect((error as UnsupportedModelError).feature).toMatch(feature);
    }
  });

  it("unreachable nodes may hold anything", () => {
    const tree: TreeSpec = [...STUMP, { leaf: 7 }];
    const document = spoiled(
      modelOf([tree]),
      inTree((t) => {
        Object.assign(t, {
          left_children: ints(1, -1, -1, 3),
          right_children: ints(2, -1, -1, -9),
          split_indices: ints(0, -5, 9, 99),
        });
      }),
    );
    expect(tryLoad(writeJson(document)).loaded?.predictRow([0])[0]).toBe(1.5);
  });
});

/** The offset behind each occurrence of a text in a file. */
function behind(bytes: Uint8Array, text: string): number[] {
  const found: number[] = [];
  const all = Buffer.from(bytes);
  for (let at = all.indexOf(text, 0, "latin1"); at >= 0; at = all.indexOf(text, at + 1, "latin1")) {
    found.push(at + text.length);
  }
  return found;
}

const LIES = [
  -1n,
  -(2n ** 63n),
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
];

function withInt64(bytes: Uint8Array, at: number, value: bigint, littleEndian: boolean): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setBigInt64(at, value, littleEndian);
  return copy;
}

describe("lying lengths", () => {
  const models = { PLAIN, SETS, VECTORS, LINEAR };
  it.each(Object.entries(models))("UBJSON: every count and length of %s", (_, model) => {
    const bytes = writeUbjson(modelDocument(model));
    const lengths = behind(bytes, "L").filter((at) => at + 8 <= bytes.length && bytes[at] === 0);
    expect(lengths.length).toBeGreaterThan(20);
    for (const at of lengths) {
      for (const lie of [...LIES, BigInt(bytes.length - at), 1000n]) {
        tryLoad(withInt64(bytes, at, lie, false));
      }
    }
  });

  it.each(["d", "l", "U", "i", "I", "L", "D", "T", "x", "["])(
    "UBJSON: a typed array of %s that claims everything",
    (mark) => {
      for (const lie of LIES) {
        const bytes = new ByteWriter()
          .ascii("{L")
          .int64(1)
          .ascii(`a[$${mark}#L`)
          .int64(lie)
          .ascii("}}}}}}")
          .bytes();
        expectRefused(bytes, /byte \d+/);
      }
    },
  );

  it.each(["[#L", "S L", "{L", "[$d", "[$d#", "[#", "["])("UBJSON: %s and no more", (end) => {
    expectRefused(
      new ByteWriter()
        .ascii("{L")
        .int64(1)
        .ascii(`a${end.replace(" ", "")}`)
        .bytes(),
    );
  });

  const legacy = FILES.filter(
    ({ path }) => path.endsWith(".bin") && !path.includes("1.3.3") && !path.includes("1.6.2"),
  );
  it.each(legacy)("old binary format: every word of $path", ({ bytes }) => {
    expect(legacy.length).toBeGreaterThanOrEqual(5);
    const step = bytes.length > 2000 ? 12 : 4;
    for (let at = bytes.length % 4; at + 8 <= bytes.length; at += step) {
      for (const lie of [-1n, 2n ** 31n - 1n, 2n ** 53n]) {
        tryLoad(withInt64(bytes, at, lie, true));
      }
    }
  });

  it("old binary format: every 32-bit count", () => {
    const { bytes } = FILES.find(({ path }) => path === "1.5.2/one-tree/model.bin")!;
    for (let at = 4; at + 4 <= 600; at += 4) {
      for (const lie of [-1, -2147483648, 2147483647, 16777216, 65536, 0, 3]) {
        const copy = bytes.slice();
        new DataView(copy.buffer).setInt32(at, lie, true);
        tryLoad(copy);
      }
    }
  });

  it("a kilobyte that claims gigabytes is refused in milliseconds, without the memory", () => {
    const count = 2 ** 28;
    const claims: Source[] = [
      ...["$d#L", "$l#L", "$U#L", "#L"].map((array) =>
        new ByteWriter().ascii("{L").int64(1).ascii(`a[${array}`).int64(count).bytes(),
      ),
      writeJson(spoiled(PLAIN, inParam("num_feature", `${2 ** 31 - 1}`))),
      writeJson(spoiled(PLAIN, inParam("num_class", `${2 ** 31 - 1}`))),
      writeJson(
        spoiled(
          PLAIN,
          inTree((t) =>
            Object.assign(t["tree_param"] as Tree, { num_nodes: `${count}`, size_leaf_vector: `${count}` }),
          ),
        ),
      ),
    ];
    const before = process.memoryUsage();
    const start = performance.now();
    for (let i = 0; i < 50; i++) {
      for (const claim of claims) {
        expect(tryLoad(claim).error).toBeDefined();
      }
    }
    expect(performance.now() - start).toBeLessThan(5000);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 2 ** 20);
    expect(process.memoryUsage().heapUsed - before.heapUsed).toBeLessThan(256 * 2 ** 20);
  });

  it("wide models load without memory for their width", () => {
    const document = spoiled(PLAIN, inParam("num_feature", `${2 ** 27}`));
    const before = process.memoryUsage().arrayBuffers;
    const booster = Booster.load(writeJson(document));
    expect(booster.numFeatures).toBe(2 ** 27);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
  });
});

describe("depth", () => {
  const LEVELS = 100_000;
  const text = (start: string): string => `{"a":${start.repeat(LEVELS)}`;
  it.each<[what: string, source: Source]>([
    ["JSON arrays, open", text("[")],
    ["JSON arrays, closed", `${text("[")}${"]".repeat(LEVELS)}}`],
    ["JSON arrays of a number and an array", text("[1,")],
    ["JSON objects, open", text('{"a":')],
    ["JSON objects, closed", `${text('{"a":')}1${"}".repeat(LEVELS + 1)}`],
    ["JSON arrays at the top", `[{"a":${"[".repeat(LEVELS)}`],
    [
      "UBJSON arrays",
      new ByteWriter()
        .ascii("{L")
        .int64(1)
        .ascii(`a${"[".repeat(LEVELS)}`)
        .bytes(),
    ],
    [
      "UBJSON arrays, closed",
      new ByteWriter()
        .ascii("{L")
        .int64(1)
        .ascii(`a${"[".repeat(LEVELS)}${"]".repeat(LEVELS)}}`)
        .bytes(),
    ],
  ])("100,000 levels of %s", (_, source) => {
    expectRefused(source, /byte|learner|version/, DUMP);
  });

  it("100,000 levels of UBJSON objects and of counted arrays", () => {
    const objects = new ByteWriter();
    const arrays = new ByteWriter().ascii("{L").int64(1).ascii("a");
    for (let i = 0; i < LEVELS; i++) {
      objects.ascii("{L").int64(1).ascii("a");
      arrays.ascii("[#L").int64(1);
    }
    expectRefused(objects.bytes(), /byte/);
    expectRefused(arrays.bytes(), /byte/);
    expectRefused(arrays.ascii("Z}").bytes(), /learner|version/);
  });

  it("a dump of a chain of 20,000 levels loads and predicts", () => {
    const depth = 20_000;
    const { loaded } = tryLoad(dumpChain(depth), DUMP);
    const values = [0, 1, 9999.5, depth, Number.NaN].map((value) => loaded!.predictRow([value])[0]);
    expect(values).toEqual([0.5, 1.5, 9999.5, -0.5, 0.5]);
    expect(loaded!.predict([[depth]], { predLeaf: true }).data[0]).toBe(2 * depth);
  });

  it("a text dump of a chain of 20,000 levels loads and predicts", () => {
    const depth = 20_000;
    const { loaded } = tryLoad(textChain(depth), DUMP);
    expect([0, 9999.5, depth].map((value) => loaded!.predictRow([value])[0])).toEqual([0.5, 9999.5, -0.5]);
  });

  it("a model of a chain of 100,000 levels loads and predicts", () => {
    const nodes = Array.from({ length: LEVELS }, (_, i) => [
      { feature: 0, threshold: i + 1, defaultLeft: true, left: 2 * i + 1, right: 2 * i + 2 },
      { leaf: i },
    ]).flat();
    const { loaded } = tryLoad(writeUbjson(modelDocument(modelOf([[...nodes, { leaf: -1 }]]))));
    expect([0, LEVELS].map((value) => loaded!.predictRow([value])[0])).toEqual([0.5, -0.5]);
  });
});

describe("keys named like members of every object", () => {
  const NAMES = [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "__defineGetter__",
  ];
  const document = modelDocument(PLAIN);
  const poison = NAMES.map(
    (name) => `${JSON.stringify(name)}:{"learner":1,"length":9,"exists":true,"get":null}`,
  ).join(",");

  it("beside every key of a model change nothing, and nothing of Object.prototype", () => {
    const json = writeJson(document).replaceAll('{"', `{${poison},"`);
    const { loaded } = tryLoad(swap(json, '"attributes":{},', ""));
    expect(loaded!.predictRow([0, 0])[0]).toBe(2.5);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect("learner" in {}).toBe(false);
  });

  it("beside every key of a UBJSON model change nothing", () => {
    const poisoned = (value: Document): Document => {
      if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
        return value;
      }
      if (Array.isArray(value)) {
        return value.map(poisoned);
      }
      const own = Object.entries(value).map(([key, item]) => [key, poisoned(item)]);
      return Object.fromEntries([...NAMES.map((name) => [name, { length: 9 }]), ...own]);
    };
    const learner = poisoned({
      ...(document["learner"] as { [key: string]: Document }),
      attributes: null,
    }) as object;
    const bytes = writeUbjson(
      poisoned({ version: document["version"]! }) && {
        version: document["version"]!,
        learner: { ...learner, attributes: Object.fromEntries(NAMES.map((name) => [name, name])) },
      },
    );
    const { loaded } = tryLoad(bytes);
    expect(loaded!.predictRow([0, 0])[0]).toBe(2.5);
    expect(Object.keys(loaded!.attributes).sort()).toEqual([...NAMES].sort());
  });

  it.each(NAMES)("%s instead of what is needed is not found on a prototype", (name) => {
    expectRefused(`{"${name}":{"learner":{}},"version":[3,4,1]}`, /learner/);
    expectRefused(`[{"nodeid":0,"${name}":1}]`, /children/, DUMP);
    expectRefused(JSON.parse(`{"${name}":{"learner":{}}}`), /learner|version/);
  });

  it("as feature names of dumps", () => {
    const featureNames = [...NAMES, "f0"];
    for (const [i, name] of featureNames.entries()) {
      const text = `0:[${name}<0.5] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=2\n`;
      const booster = tryLoad(text, { ...DUMP, featureNames }).loaded!;
      expect(booster.predictRow(featureNames.map((_, at) => (at === i ? 1 : 0)))[0]).toBe(2.5);
      const { error } = tryLoad(text, DUMP);
      expect(error === undefined).toBe(name === "f0");
    }
  });
});

describe("numbers", () => {
  const float = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0]!;
  it.each<[text: string, value: number]>([
    ["1", 1],
    ["1.0", 1],
    ["1E0", 1],
    ["0.1", Math.fround(0.1)],
    ["7.038531E-26", float(0x15ae43fd)],
    ["-7.038531E-26", float(0x95ae43fd)],
    ["1.00000005960464477539062500000000001", float(0x3f800001)],
    ["1.00000005960464477539062500000000000", 1],
    ["1.00000005960464477539062499999999999", 1],
    ["1.00000017881393432617187499999999999", float(0x3f800001)],
    ["1.00000017881393432617187500000000000", float(0x3f800002)],
    ["0.000000000000000000000000000000000000000000001", 2 ** -149],
    ["1E-45", 2 ** -149],
    ["7.006492321624085e-46", 0],
    ["7.0064923216240854e-46", 2 ** -149],
    ["3.4028234663852886E38", (2 - 2 ** -23) * 2 ** 127],
    ["3.40282356779733661637539395458142568447E38", (2 - 2 ** -23) * 2 ** 127],
    ["3.40282356779733661637539395458142568448E38", Infinity],
    ["1e999999999", Infinity],
    ["-1e999999999", -Infinity],
    ["1e99999999999999999999999", Infinity],
    ["1e-999999999", 0],
    ["1e-99999999999999999999999", 0],
    ["0e999999999", 0],
    ["NaN", Number.NaN],
    ["Infinity", Infinity],
    ["-Infinity", -Infinity],
    ["16777217", 16777216],
    ["16777219", 16777220],
    ["123456789012345678901234567890", Math.fround(1.2345678901234568e29)],
    [`1.${"0".repeat(1e6)}1`, 1],
    [`1.000000059604644775390625${"0".repeat(1e6)}1`, float(0x3f800001)],
    [`${"9".repeat(1e6)}`, Infinity],
    [`0.${"0".repeat(1e6)}1`, 0],
    [`0.${"0".repeat(1e6)}1e1000001`, 1],
    [`${"0".repeat(1e6)}5`, 5],
  ])("%.50s", (text, value) => {
    const { loaded } = tryLoad(leafText(text));
    // The base score of 0 is added.
    expect(loaded!.predictRow([0])[0]).toBe(Object.is(value, -0) ? 0 : value);
  });

  it.each([
    "7.038531E-26",
    "1.00000005960464477539062500000000001",
    "-7.038531E-26",
    "1E-45",
    "nan",
    "-inf",
    "inf",
  ])("%s in a text dump, a JSON dump and a base score", (text) => {
    const expected = {
      "7.038531E-26": float(0x15ae43fd),
      "-7.038531E-26": float(0x95ae43fd),
      "1E-45": 2 ** -149,
    }[text];
    const value = expected ?? (/n/.test(text) ? Number(text.replace("inf", "Infinity")) : float(0x3f800001));
    const zero = { ...DUMP, baseScore: 0 };
    expect(tryLoad(`0:leaf=${text}\n`, zero).loaded!.predictRow([])[0]).toBe(value);
    expect(tryLoad(`[{"nodeid":0,"leaf":${text}}]`, zero).loaded!.predictRow([])[0]).toBe(value);
    if (!/n/.test(text)) {
      const scored = spoiled(modelOf([[{ leaf: 0 }]]), inParam("base_score", `[${text}]`));
      expect(tryLoad(writeJson(scored)).loaded!.predictRow([0])[0]).toBe(value);
    }
  });

  it.each([
    "-",
    "--1",
    "+1",
    ".5",
    "5.",
    "1e",
    "1e+",
    "1.e5",
    "0x10",
    "1_000",
    "- 1",
    "-nul",
    "Inf",
    "nAn",
    "1,5",
    "1 2",
    "٣",
    "1e1.5",
    "",
    "tru",
  ])("%s is no number", (text) => {
    expectRefused(leafText(text));
  });
});

describe("texts", () => {
  const named = (name: string): string => {
    return writeJson(modelDocument(modelOf([STUMP], { featureNames: ["@"] }))).replace('"@"', name);
  };
  const names = (source: Source): readonly string[] | undefined => tryLoad(source).loaded?.featureNames;
  it.each([
    ['"a\\u0041\\n\\"\\\\\\/"', 'aA\n"\\/'],
    ['"\\ud83d\\ude00"', "😀"],
    ['"\\ud83d"', "\ud83d"],
    ['"\\ude00x"', "\ude00x"],
    ['"größe"', "größe"],
    ['"\ufeffa"', "\ufeffa"],
    ['"\u0000\t"', "\u0000\t"],
    [`"${"x".repeat(1e6)}"`, "x".repeat(1e6)],
  ])("%.30s", (text, name) => {
    expect(names(named(text))).toEqual([name]);
  });

  it.each(['"\\x"', '"\\u12"', '"\\u123g"', '"a', '"\\"', "'a'", "a"])("%s is no text", (text) => {
    expectRefused(named(text));
  });

  it("unpaired surrogates of a source text and invalid UTF-8 become U+FFFD", () => {
    expect(names(named('"\ud800"'))).toEqual(["\ufffd"]);
    const bytes = new TextEncoder().encode(named('"@"'));
    bytes[bytes.indexOf(64)] = 0xff;
    expect(names(bytes)).toEqual(["\ufffd"]);
    const ubjson = writeUbjson(modelDocument(modelOf([STUMP], { featureNames: ["@"] })));
    ubjson[ubjson.indexOf(64)] = 0xc3;
    expect(names(ubjson)).toEqual(["\ufffd"]);
  });

  it("a byte order mark and white space before a document are skipped, anything behind it is not", () => {
    const json = writeJson(modelDocument(PLAIN));
    for (const source of [`\ufeff${json}`, ` \r\n\t${json}\n \n`, json.replaceAll(",", " ,\n")]) {
      expect(tryLoad(source).loaded).toBeDefined();
    }
    expectRefused(`${json}x`, /end of the document/);
    expectRefused(`${json}${json}`, /end of the document/);
    expectRefused(`${json}\u0000`, /end of the document/);
    expectRefused(Uint8Array.from([...writeUbjson(modelDocument(PLAIN)), 0]), /1 bytes follow/);
  });

  it("of two equal keys the last one counts", () => {
    const json = writeJson(modelDocument(PLAIN));
    const { loaded } = tryLoad(
      swap(json, '"base_score":', '"base_score":"7E0","base_score":"[9E0]","base_score":'),
    );
    expect(loaded!.predictRow([0, 0])[0]).toBe(2.5);
    const twice = tryLoad(swap(json, '"base_score":"[5E-1]"', '"base_score":"[5E-1]","base_score":"[9E0]"'));
    expect(twice.loaded!.predictRow([0, 0])[0]).toBe(11);
  });

  it.each([
    "",
    " ",
    "{}",
    "[]",
    "null",
    "true",
    "1",
    '"a"',
    "[1]",
    "[[]]",
    "{",
    "[",
    "\u0000",
    "PK\u0003\u0004",
    "<html>",
    "a,b\n1,2\n",
  ])("%j is no model", (text) => {
    expectRefused(text, /./, DUMP);
    expectRefused(new TextEncoder().encode(text), /./, DUMP);
  });
});

describe("dumps", () => {
  const root = (rest: string): string => `[{"nodeid":0,${rest}}]`;
  const split = (rest = '"split":"f0","split_condition":1,"yes":1,"no":2,"missing":1'): string => rest;
  const leaves = '"children":[{"nodeid":1,"leaf":1},{"nodeid":2,"leaf":2}]';
  it.each<[what: string, text: string, message: RegExp]>([
    ["a leaf of no values", root('"leaf":[]'), /0 leaf values/],
    [
      "leaves of different sizes",
      root(`${split()},"children":[{"nodeid":1,"leaf":1},{"nodeid":2,"leaf":[1,2]}]`),
      /leaf values/,
    ],
    ["one child", root(`${split()},"children":[{"nodeid":1,"leaf":1}]`), /1 children/],
    [
      "three children",
      root(`${split()},"children":[{"nodeid":1,"leaf":1},{"nodeid":2,"leaf":1},{"nodeid":3,"leaf":1}]`),
      /3 children/,
    ],
    ["a child that is a number", root(`${split()},"children":[1,2]`), /children\[0\].*expected an object/],
    [
      "two equal node ids",
      root(`${split()},"children":[{"nodeid":1,"leaf":1},{"nodeid":1,"leaf":2}]`),
      /two nodes/,
    ],
    ["a negative node id", '[{"nodeid":-1,"leaf":1}]', /nodeid -1/],
    ["a node id of 2^31", '[{"nodeid":2147483648,"leaf":1}]', /nodeid 2147483648/],
    [
      "missing values that go elsewhere",
      root(`${split('"split":"f0","split_condition":1,"yes":1,"no":2,"missing":3')},${leaves}`),
      /sends missing values to 3/,
    ],
    [
      "a feature beyond every limit",
      root(`${split('"split":"f9999999999","split_condition":1,"yes":1,"no":2,"missing":1')},${leaves}`),
      /num_feature/,
    ],
    [
      "a negative category",
      root(`${split('"split":"f0","split_condition":[-1],"yes":1,"no":2,"missing":1')},${leaves}`),
      /category -1/,
    ],
    [
      "no categories",
      root(`${split('"split":"f0","split_condition":[],"yes":1,"no":2,"missing":1')},${leaves}`),
      /without categories/,
    ],
    ["text: a child that is not there", "0:[f0<1] yes=1,no=2,missing=1\n\t1:leaf=1\n", /no node 2/],
    [
      "text: a cycle",
      "0:[f0<1] yes=1,no=2,missing=1\n\t1:[f0<1] yes=0,no=2,missing=2\n\t2:leaf=1\n",
      /child 0/,
    ],
    [
      "text: a self-loop",
      "0:[f0<1] yes=1,no=2,missing=1\n\t1:[f0<1] yes=1,no=2,missing=2\n\t2:leaf=1\n",
      /two parents/,
    ],
    ["text: a shared child", "0:[f0<1] yes=1,no=1,missing=1\n\t1:leaf=1\n", /two parents/],
    ["text: equal ids", "0:[f0<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t1:leaf=1\n\t2:leaf=1\n", /same id/],
    ["text: no root", "booster[0]:\n\t0:leaf=1\n", /indented/],
    ["text: no numbers", "0:leaf=1\nx:leaf=1\n", /expected a node number/],
    ["text: a huge id", "0:leaf=1\n99999999999:leaf=1\n", /expected a node number/],
    ["text: an id without a colon", "0:leaf=1\n12\n", /line 2/],
    ["text: half a leaf", "0:leaf=\n", /expected a number/],
    ["text: half a split", "0:[f0<1] yes=,no=,missing=\n", /expected a node number/],
    ["text: no children", "0:[f0<1] yes=1,missing=1\n", /yes= or no=/],
    ["linear: no bias", '[{"bias":[],"weight":[1]}]', /gblinear weights/],
    ["linear: weights that do not fit", '[{"bias":[1,2],"weight":[1,2,3]}]', /gblinear weights/],
    ["linear: a text", '[{"bias":["1"],"weight":[1]}]', /bias/],
    ["linear, text: no number", "bias:\n1\nweight:\nx\n", /expected a number/],
  ])("%s", (_, text, message) => {
    expectRefused(text, message, DUMP);
  });

  it.each<[what: string, dump: unknown, message: RegExp]>([
    ["nothing", undefined, /dump\.objective is needed/],
    ["null", null, /dump\.objective is needed/],
    ["a number", 5, /dump\.objective is needed/],
    ["no base score", { objective: "reg:squarederror" }, /dump\.baseScore is needed/],
    ["a base score of null", { ...DUMP, baseScore: null }, /dump\.baseScore is/],
    ["a base score of text", { ...DUMP, baseScore: "0.5" }, /dump\.baseScore is "0\.5"/],
    ["no base scores", { ...DUMP, baseScore: [] }, /dump\.baseScore is an array of 0/],
    ["a base score of NaN", { ...DUMP, baseScore: Number.NaN }, /NaN/],
    ["an objective that is no text", { ...DUMP, objective: 1 }, /dump\.objective is needed/],
    ["classes that are no count", { ...DUMP, numClass: 1.5 }, /dump\.numClass is 1\.5/],
    ["negative classes", { ...DUMP, numClass: -1 }, /dump\.numClass is -1/],
    ["more classes than trees", { ...DUMP, numClass: 3 }, /dump\.numClass is 3/],
    ["names that are no array", { ...DUMP, featureNames: "f0" }, /dump\.featureNames is "f0"/],
    ["names that are numbers", { ...DUMP, featureNames: [1] }, /dump\.featureNames/],
    ["types that are a number", { ...DUMP, featureTypes: 5 }, /dump\.featureTypes is 5/],
  ])("options: %s", (_, dump, message) => {
    const load = (): Booster =>
      Booster.load("0:[f0<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=1\n", { dump: dump as DumpOptions });
    expect(load).toThrow(InputError);
    expect(load).toThrow(message);
  });
});

describe("sources and options of odd types", () => {
  const json = writeJson(modelDocument(PLAIN));
  const bytes = new TextEncoder().encode(json);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  const padded = new Uint8Array(bytes.length + 20);
  padded.set(bytes, 7);
  class Getters {
    get version(): number[] {
      return [3, 4, 1];
    }
  }
  const text = "0:leaf=1\n";
  it.each<[what: string, source: Source, dump?: DumpOptions]>([
    ["text", json],
    ["Uint8Array", bytes],
    ["a part of a larger buffer", padded.subarray(7, 7 + bytes.length)],
    ["ArrayBuffer", bytes.buffer as ArrayBuffer],
    ["SharedArrayBuffer", shared],
    ["a view of shared memory", new Uint8Array(shared)],
    ["Buffer", Buffer.from(bytes)],
    ["DataView of a part", new DataView(padded.buffer, 7, bytes.length)],
    ["Int8Array", new Int8Array(bytes.buffer as ArrayBuffer)],
    ["a parsed document", JSON.parse(json) as object],
    ["a document with typed arrays", modelDocument(PLAIN)],
    [
      "a document with getters",
      Object.defineProperty({ version: [3, 4, 1] }, "learner", {
        get: () => modelDocument(PLAIN)["learner"],
      }),
    ],
    ["a frozen document", Object.freeze(JSON.parse(json) as object)],
    ["a snapshot", { Config: {}, Model: JSON.parse(json) }],
    ["an array of texts", [text, text] as unknown as object, DUMP],
    ["an array of JSON texts", ['{"nodeid":0,"leaf":1}', '{"nodeid":0,"leaf":1}'] as unknown as object, DUMP],
    ["a parsed dump", [{ nodeid: 0, leaf: 1 }], DUMP],
  ])("%s loads", (_, source, dump) => {
    expect(tryLoad(source, dump).loaded).toBeInstanceOf(Booster);
  });

  const detached = new ArrayBuffer(8);
  structuredClone(detached, { transfer: [detached] });
  it.each<[what: string, source: unknown]>([
    ["an instance whose members are inherited", new Getters()],
    ["a Map", new Map([["version", [3, 4, 1]]])],
    ["a Date", new Date(0)],
    ["a String object", new String(json)],
    ["an empty array", []],
    ["an array of numbers", [1, 2]],
    ["an array of an empty text", [""]],
    ["an array of texts and numbers", [text, 1]],
    ["an array with holes", Array.from({ length: 3 })],
    ["a detached buffer", detached],
    ["an empty Uint8Array", new Uint8Array(0)],
    ["text in UTF-16", Uint16Array.from([...json].map((c) => c.charCodeAt(0)))],
    ["big integers", { ...modelDocument(PLAIN), version: BigInt64Array.of(3n, 4n, 1n) }],
    ["a version of big integers", { ...modelDocument(PLAIN), version: [3n, 4n, 1n] }],
    ["a symbol inside", { ...modelDocument(PLAIN), version: Symbol("x") }],
    ["a function inside", { ...modelDocument(PLAIN), version: () => [3, 4, 1] }],
    ["a DataView inside", { ...modelDocument(PLAIN), version: new DataView(new ArrayBuffer(12)) }],
    [
      "an array of 2^32 - 1 holes inside",
      { ...modelDocument(PLAIN), version: Object.assign([], { length: 2 ** 32 - 1 }) },
    ],
  ])("%s is refused", (_, source) => {
    expectRefused(source as Source, /./, DUMP);
  });

  it("typed arrays of big integers inside are refused everywhere", () => {
    for (const key of ["left_children", "split_conditions", "default_left", "categories", "leaf_weights"]) {
      expectRefused(
        spoiled(
          VECTORS,
          inTree((t) => (t[key] = BigInt64Array.of(1n, 2n, 3n))),
        ) as object,
        new RegExp(key),
      );
    }
  });

  it.each([undefined, null, 5, 5n, true, Symbol("x"), () => json])("%s is no source", (source) => {
    expect(() => Booster.load(source as unknown as string)).toThrow(InputError);
  });

  it.each<[options: unknown, message: RegExp]>([
    [null, /options is null/],
    ["latest", /options is "latest"/],
    [{ rules: "3" }, /rules is "3"/],
    [{ rules: 3 }, /rules is 3/],
    [{ rules: "3.x" }, /rules is "3\.x"/],
    [{ rules: Symbol("x") }, /rules is Symbol/],
    [{ rules: ["1.7"] }, /rules is an array/],
    [{ engine: "fast" }, /engine is "fast"/],
    [{ engine: 1 }, /engine is 1/],
    [{ maxBytes: "1k" }, /maxBytes is "1k"/],
  ])("options %#", (options, message) => {
    expect(() => Booster.load(json, options as object)).toThrow(InputError);
    expect(() => Booster.load(json, options as object)).toThrow(message);
  });

  it("white space and a byte order mark may come first, however much of it", () => {
    const space = new Uint8Array(5000).fill(32);
    expect(Booster.load(joined(space, bytes)).numFeatures).toBe(Booster.load(bytes).numFeatures);
    const mark = Uint8Array.of(0xef, 0xbb, 0xbf);
    const dump = new TextEncoder().encode("0:leaf=0.5\n");
    expect(Booster.load(joined(mark, dump), { dump: DUMP }).predictRow([])[0]).toBe(1);
  });

  it("maxBytes refuses larger files before they are read", () => {
    for (const source of [json, bytes, bytes.buffer as ArrayBuffer]) {
      expect(Booster.load(source, { maxBytes: bytes.length })).toBeInstanceOf(Booster);
      expect(() => Booster.load(source, { maxBytes: bytes.length - 1 })).toThrow(ModelFormatError);
    }
    expect(() => Booster.load("not a model", { maxBytes: 3 })).toThrow(/maxBytes allows 3/);
  });
});

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

describe("time grows as the file does", () => {
  const SIZES = [2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18];

  it("the measure tells linear from quadratic", () => {
    let sink = 0;
    const work = (steps: number): void => {
      for (let i = 0; i < steps; i++) {
        sink = (sink * 31 + i) | 0;
      }
    };
    expect(growthExponent((n) => work(n * 16), SIZES)).toBeLessThan(1.4);
    expect(growthExponent((n) => work(n * 2 * Math.log2(n)), SIZES)).toBeLessThan(1.45);
    expect(growthExponent((n) => work((n * n) / 2 ** 14), SIZES)).toBeGreaterThan(1.75);
    expect(sink).toBeTypeOf("number");
  });

  it.each(Object.entries(GROWING))("%s", (_, grow) => {
    expectLinear(grow, SIZES);
  });
});
