// biome-ignore-all lint/a11y/noNoninteractiveTabindex: no element is a diagram that the arrow keys walk through
/** One tree on a canvas: with the mouse, by touch, by keyboard; and the node that is chosen, in words. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Canvas, pointIn } from "../../charts/canvas.tsx";
import { Panel } from "../../charts/panel.tsx";
import { plural } from "../../logic/format.ts";
import { firstOpen, layoutTree, neighbour, type Step } from "../../logic/tree-layout.ts";
import { pathTo, type TreeTable } from "../../logic/tree-table.ts";
import { describeNode, type Names } from "../../logic/tree-words.ts";
import { NodeFacts } from "./node-facts.tsx";
import { drawTree, fit, hitTest, LINE, reveal, type Scene, type View, zoomed } from "./stage.ts";

/** Lines that open by themselves: about two screens. */
const FIRST_LINES = 40;
/** Scale below which text cannot be read well: a tree is shown no smaller than this at first. */
const READABLE = 0.72;
const NARROW = 760;

interface Props {
  readonly table: TreeTable;
  readonly names: Names;
  readonly title: string;
  readonly wanted: ReadonlySet<number>;
  readonly path: ReadonlySet<number>;
  readonly row: number | undefined;
  readonly values: Float32Array | undefined;
}

export function TreePanel(props: Props) {
  const { table, names, wanted, path } = props;
  const [open, setOpen] = useState<ReadonlySet<number>>(() => firstOpen(table, FIRST_LINES));
  const [focus, setFocus] = useState(0);
  const [view, setView] = useState<View | undefined>(undefined);
  const [width, setWidth] = useState(0);
  const height = Math.min(useHeight(), Math.max(300, table.leaves * LINE + 60));
  const layout = useMemo(() => layoutTree(table, (place) => open.has(place)), [table, open]);
  const matches = useMemo(() => matchesOf(table, wanted), [table, wanted]);
  const scene: Scene = {
    table,
    layout,
    names,
    focus,
    path,
    wanted,
    matches,
    isOpen: (place) => open.has(place),
  };
  const current = view ?? fit(scene, Math.max(width, 200), height, READABLE);

  // The row's path is always open.
  useEffect(() => {
    if ([...path].some((place) => table.feature[place] !== -1 && !open.has(place))) {
      setOpen(new Set([...open, ...path]));
    }
  }, [path]);
  // A node that was hidden has its place after the layout: only then can the view follow.
  const followed = useRef(0);
  useLayoutEffect(() => {
    if (followed.current !== focus && width > 0 && !Number.isNaN(layout.line[focus]!)) {
      followed.current = focus;
      setView(reveal(scene, current, focus, width, height));
    }
  }, [focus, layout]);

  const goTo = (place: number): void => {
    const hidden = pathTo(table, place).slice(0, -1);
    if (hidden.some((each) => !open.has(each))) {
      setOpen(new Set([...open, ...hidden]));
    }
    setFocus(place);
  };
  /** What was under the pointer or the focus stays where it was. */
  const toggle = (place: number): void => {
    if (table.feature[place] === -1) {
      return;
    }
    const next = new Set(open);
    if (!next.delete(place)) {
      next.add(place);
    }
    const after = layoutTree(table, (each) => next.has(each));
    const shift = (layout.line[place]! - after.line[place]!) * LINE * current.scale;
    setOpen(next);
    setView({ ...current, y: current.y + (Number.isNaN(shift) ? 0 : shift) });
    setFocus(place);
  };
  const zoom = (factor: number): void => setView(zoomed(current, factor, width / 2, height / 2));
  const nextMatch = (direction: 1 | -1): void => {
    const places = Array.from(table.feature.keys()).filter((place) => wanted.has(table.feature[place]!));
    if (places.length > 0) {
      const at =
        direction === 1
          ? places.find((place) => place > focus)
          : places.filter((place) => place < focus).at(-1);
      goTo(at ?? (direction === 1 ? places[0]! : places.at(-1)!));
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const steps: Readonly<Record<string, Step>> = {
      ArrowLeft: "parent",
      ArrowUp: "above",
      ArrowDown: "below",
    };
    const step = steps[event.key];
    if (step !== undefined) {
      setFocus(neighbour(table, layout, focus, step));
    } else if (event.key === "ArrowRight") {
      if (open.has(focus)) {
        setFocus(neighbour(table, layout, focus, "left"));
      } else {
        toggle(focus);
      }
    } else if (event.key === "Enter" || event.key === " ") {
      toggle(focus);
    } else if (event.key === "Home") {
      setFocus(0);
    } else if (event.key === "+" || event.key === "=") {
      zoom(1.25);
    } else if (event.key === "-") {
      zoom(0.8);
    } else if (event.key === "0") {
      setView(fit(scene, width, height, 0));
    } else if (event.key === "n" || event.key === "N") {
      nextMatch(event.key === "n" ? 1 : -1);
    } else {
      return;
    }
    event.preventDefault();
  };
  const drag = useDrag(
    () => current,
    setView,
    (x, y) => {
      const hit = hitTest(scene, current, x, y);
      if (hit?.isSign) {
        toggle(hit.place);
      } else if (hit !== undefined) {
        setFocus(hit.place);
      }
    },
  );
  const isAllOpen = layout.visible.length === table.size;
  const found = matches?.[0] ?? 0;
  return (
    <div class={width > 0 && width < NARROW ? "tree-parts narrow" : "tree-parts"}>
      <Panel
        title={props.title}
        tools={
          <>
            {wanted.size > 0 && (
              <fieldset class="stepper" aria-label="Splits on the feature in this tree">
                <button
                  type="button"
                  class="button small"
                  aria-label="Previous split on it"
                  disabled={found === 0}
                  onClick={() => nextMatch(-1)}
                >
                  ‹
                </button>
                <span>{plural(found, "split")} here</span>
                <button
                  type="button"
                  class="button small"
                  aria-label="Next split on it"
                  disabled={found === 0}
                  onClick={() => nextMatch(1)}
                >
                  ›
                </button>
              </fieldset>
            )}
            <div class="button-row">
              <button type="button" class="button small" aria-label="Zoom in" onClick={() => zoom(1.25)}>
                +
              </button>
              <button type="button" class="button small" aria-label="Zoom out" onClick={() => zoom(0.8)}>
                −
              </button>
              <button
                type="button"
                class="button small"
                onClick={() => setView(fit(scene, width, height, 0))}
              >
                Fit
              </button>
              <button
                type="button"
                class="button small"
                onClick={() => {
                  const next = isAllOpen ? firstOpen(table, FIRST_LINES) : new Set(table.feature.keys());
                  const opened = layoutTree(table, (place) => next.has(place));
                  setOpen(next);
                  setView(isAllOpen ? undefined : fit({ ...scene, layout: opened }, width, height, 0));
                }}
              >
                {isAllOpen ? "Close" : "Open all"}
              </button>
            </div>
          </>
        }
      >
        <div
          class="tree-canvas"
          role="application"
          aria-roledescription="tree diagram"
          aria-label={`${props.title}. Arrow keys move, Enter opens and closes, plus and minus zoom, 0 shows all, n goes to the next split that is searched for.`}
          aria-describedby="tree-node"
          tabIndex={0}
          onKeyDown={onKey}
          onPointerDown={drag.down}
          onPointerMove={drag.move}
          onPointerUp={drag.up}
          onPointerCancel={drag.up}
          onDblClick={(event) => {
            const hit = hitTest(scene, current, ...pointIn(event));
            if (hit !== undefined) {
              toggle(hit.place);
            }
          }}
          ref={(element) =>
            wheel(element, (event) =>
              setView(zoomed(current, Math.exp(-event.deltaY * 0.0015), ...pointIn(event))),
            )
          }
        >
          <Canvas
            label={props.title}
            height={height}
            onWidth={setWidth}
            draw={(context, wide, high, colours) => drawTree(context, scene, current, wide, high, colours)}
          />
        </div>
        <p class="small quiet tree-help">
          {table.size > layout.visible.length &&
            `${plural(layout.visible.length, "node")} of ${plural(table.size, "node")} shown. `}
          Lines are as wide as the cover that goes their way. Drag to move, wheel or two fingers to zoom,
          double-click to open or close; arrow keys walk.
        </p>
      </Panel>
      <NodeFacts
        table={table}
        names={names}
        place={focus}
        onGo={goTo}
        row={props.row}
        values={props.values}
        path={path}
      />
      <p id="tree-node" class="hidden" aria-live="polite">
        {describeNode(table, focus, names)}
        {table.feature[focus] === -1
          ? ""
          : open.has(focus)
            ? ", open"
            : `, closed, ${plural(table.below[focus]! - 1, "node")} beneath`}
      </p>
    </div>
  );
}

/** By place: splits on wanted features in the subtree. */
function matchesOf(table: TreeTable, wanted: ReadonlySet<number>): Int32Array | undefined {
  if (wanted.size === 0) {
    return undefined;
  }
  const counts = new Int32Array(table.size);
  for (let place = table.size - 1; place >= 0; place--) {
    const feature = table.feature[place]!;
    if (feature !== -1) {
      counts[place] =
        (wanted.has(feature) ? 1 : 0) + counts[table.left[place]!]! + counts[table.right[place]!]!;
    }
  }
  return counts;
}

/** Height of the canvas: most of the window. */
function useHeight(): number {
  const [height, setHeight] = useState(() => heightOf());
  useEffect(() => {
    const change = (): void => setHeight(heightOf());
    addEventListener("resize", change);
    return () => removeEventListener("resize", change);
  }, []);
  return height;
}

function heightOf(): number {
  return Math.max(300, Math.min(900, Math.round(innerHeight * (innerWidth < NARROW ? 0.55 : 0.66))));
}

type WheelListener = (event: WheelEvent) => void;
const wheels = new WeakMap<HTMLElement, { listener: WheelListener }>();

/** Listeners of the framework are passive, and could not keep the page from scrolling. */
function wheel(element: HTMLElement | null, listener: WheelListener): void {
  if (element === null) {
    return;
  }
  const known = wheels.get(element);
  if (known !== undefined) {
    known.listener = listener;
    return;
  }
  const holder = { listener };
  wheels.set(element, holder);
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      holder.listener(event);
    },
    { passive: false },
  );
}

/** Pixels that a pointer may move in a click. */
const CLICK = 5;

/** Dragging by one pointer, zooming by two, and clicks. */
function useDrag(view: () => View, onView: (view: View) => void, onClick: (x: number, y: number) => void) {
  const pointers = useRef(new Map<number, readonly [number, number]>());
  const moved = useRef(0);
  return {
    down: (event: PointerEvent): void => {
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      pointers.current.set(event.pointerId, pointIn(event));
      if (pointers.current.size === 1) {
        moved.current = 0;
      }
    },
    move: (event: PointerEvent): void => {
      const before = pointers.current.get(event.pointerId);
      if (before === undefined) {
        return;
      }
      const now = pointIn(event);
      const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
      moved.current += Math.abs(dx) + Math.abs(dy);
      const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
      pointers.current.set(event.pointerId, now);
      if (other !== undefined) {
        const distance = (point: readonly [number, number]): number =>
          Math.hypot(point[0] - other[0], point[1] - other[1]);
        onView(
          zoomed(
            view(),
            distance(now) / Math.max(1, distance(before)),
            (now[0] + other[0]) / 2,
            (now[1] + other[1]) / 2,
          ),
        );
      } else if (moved.current > CLICK) {
        onView({ ...view(), x: view().x + dx, y: view().y + dy });
      }
    },
    up: (event: PointerEvent): void => {
      const last = pointers.current.size === 1 && pointers.current.has(event.pointerId);
      pointers.current.delete(event.pointerId);
      if (last && moved.current <= CLICK && event.type === "pointerup") {
        onClick(...pointIn(event));
      }
    },
  };
}
