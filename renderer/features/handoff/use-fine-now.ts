import { useEffect, useState } from 'react';

const EVERY_MS = 200;

/** The time in unix ms, new five times a second while something short is under way. */
export function useFineNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
