/** Axes with ticks, grid lines and titles around a chart. */
import { type ScaleLinear, scaleLinear } from "d3-scale";
import type { ComponentChildren } from "preact";
import { useWidth } from "./use-width.ts";

export interface Scales {
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
  readonly width: number;
  readonly height: number;
}

interface FrameProps {
  /** What the chart shows, in a sentence, for those who do not see it. */
  readonly label: string;
  readonly height: number;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xTitle?: string;
  readonly yTitle?: string;
  readonly xFormat?: (value: number) => string;
  readonly yFormat?: (value: number) => string;
  /** Room for the labels of the vertical axis. */
  readonly left?: number;
  readonly children: (scales: Scales) => ComponentChildren;
}

const RIGHT = 12;
const TOP = 10;

export function Frame({ label, height, children, left = 44, x: domain, y: range, ...axes }: FrameProps) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const bottom = axes.xTitle === undefined ? 24 : 42;
  const x = scaleLinear(domain, [left, Math.max(left + 1, width - RIGHT)]);
  const y = scaleLinear(range, [height - bottom, TOP]);
  return (
    <div ref={ref} class="chart" style={{ height: `${height}px` }}>
      {width === 0 ? null : (
        <svg width={width} height={height} role="img" aria-label={label}>
          <YAxis {...axes} y={y} left={left} right={width - RIGHT} />
          {children({ x, y, width, height })}
          <XAxis {...axes} x={x} at={height - bottom} />
        </svg>
      )}
    </div>
  );
}

interface XAxisProps {
  readonly x: ScaleLinear<number, number>;
  readonly at: number;
  readonly xTitle?: string;
  readonly xFormat?: (value: number) => string;
}

function XAxis({ x, at, xTitle, xFormat = x.tickFormat(5) }: XAxisProps) {
  const [from, to] = x.range() as [number, number];
  return (
    <g class="axis">
      <line x1={from} x2={to} y1={at + 0.5} y2={at + 0.5} />
      {x.ticks(Math.max(2, Math.min(8, (to - from) / 70))).map((tick) => (
        <text key={tick} x={x(tick)} y={at + 17} text-anchor="middle">
          {xFormat(tick)}
        </text>
      ))}
      {xTitle === undefined ? null : (
        <text class="title" x={(from + to) / 2} y={at + 36} text-anchor="middle">
          {xTitle}
        </text>
      )}
    </g>
  );
}

interface YAxisProps {
  readonly y: ScaleLinear<number, number>;
  readonly left: number;
  readonly right: number;
  readonly yTitle?: string;
  readonly yFormat?: (value: number) => string;
}

function YAxis({ y, left, right, yTitle, yFormat = y.tickFormat(4) }: YAxisProps) {
  const [from, to] = y.range() as [number, number];
  return (
    <g class="axis">
      {y.ticks(Math.max(2, Math.min(6, (from - to) / 45))).map((tick) => (
        <g key={tick}>
          <line
            class="grid"
            x1={left}
            x2={right}
            y1={Math.round(y(tick)) + 0.5}
            y2={Math.round(y(tick)) + 0.5}
          />
          <text x={left - 7} y={y(tick) + 4} text-anchor="end">
            {yFormat(tick)}
          </text>
        </g>
      ))}
      {yTitle === undefined ? null : (
        <text class="title" transform={`translate(12 ${(from + to) / 2}) rotate(-90)`} text-anchor="middle">
          {yTitle}
        </text>
      )}
    </g>
  );
}
