import { useEffect, useRef, useState } from 'react';

/** How often the order follows the numbers: rows that change places each second cannot be read. */
const REORDER_MS = 2000;

/** A value that is handed on at once when it first appears, and then at most every two seconds. */
export function useCalm<Value>(value: Value): Value {
  const [calm, setCalm] = useState(value);
  const newest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  if (calm === undefined && value !== undefined) setCalm(value);
  useEffect(() => {
    newest.current = value;
    if (value === calm || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      setCalm(newest.current);
    }, REORDER_MS);
  }, [value, calm]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return calm;
}
