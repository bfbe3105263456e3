import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

/** A ref for an element and the width of its content box in px; before the first layout it has none. */
export function useWidth<Target extends HTMLElement>(): [RefObject<Target | null>, number] {
  const ref = useRef<Target>(null);
  const [widthPx, setWidthPx] = useState(Number.POSITIVE_INFINITY);
  useLayoutEffect(() => {
    if (ref.current === null) return undefined;
    setWidthPx(ref.current.clientWidth);
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidthPx(entry.contentRect.width);
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, widthPx];
}
