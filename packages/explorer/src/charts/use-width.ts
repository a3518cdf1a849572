/** Charts are drawn in real pixels, so that their text has the size of all other text. */
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** @returns a reference for the element, and its width; 0 until it is known */
export function useWidth<Of extends HTMLElement>(): readonly [RefObject<Of | null>, number] {
  const ref = useRef<Of>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
