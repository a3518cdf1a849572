/** A canvas as wide as its place, sharp on every screen, drawn anew when size, colours or properties change. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Palette, palette } from "./palette.ts";

export interface CanvasProps {
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  readonly height: number;
  readonly draw: (context: CanvasRenderingContext2D, width: number, height: number, colours: Palette) => void;
  /** Told of the width in pixels, to lay out what is drawn. */
  readonly onWidth?: (width: number) => void;
  readonly onPointerMove?: (event: MouseEvent) => void;
  readonly onPointerLeave?: () => void;
  readonly onClick?: (event: MouseEvent) => void;
  /** What lies above it. */
  readonly children?: ComponentChildren;
}

export function Canvas({ label, height, draw, onWidth, children, ...listeners }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [place, width] = useWidth<HTMLDivElement>();
  const colours = palette.value;
  useLayoutEffect(() => {
    if (width > 0) {
      onWidth?.(width);
    }
  }, [width]);
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (element === null || !context || width === 0) {
      return;
    }
    const ratio = devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (element.width !== wide || element.height !== high) {
      element.width = wide;
      element.height = high;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height, colours);
  });
  return (
    <div {...listeners} ref={place} class="canvas" style={{ height: `${height}px` }}>
      <canvas ref={canvas} role="img" aria-label={label} style={{ height: `${height}px` }} />
      {children}
    </div>
  );
}

/** The width of an element in pixels, followed as it changes; 0 before it is known. */
export function useWidth<E extends HTMLElement>(): readonly [{ readonly current: E | null }, number] {
  const place = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) {
      return;
    }
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [place, width];
}

/** Where a pointer is within an element. */
export function pointIn(event: MouseEvent): readonly [number, number] {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}
