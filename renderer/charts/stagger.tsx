import { createContext, type ReactNode, useContext, useEffect, useId, useState } from 'react';
import { FrameQueue } from './frames';

const Frames = createContext<FrameQueue | null>(null);

/** The charts inside take new data one after another, a frame each. */
export function ChartFrames({ children }: { children: ReactNode }) {
  const [queue] = useState(() => new FrameQueue((run) => requestAnimationFrame(run)));
  return <Frames.Provider value={queue}>{children}</Frames.Provider>;
}

/** Returns `value`, but takes over a new one only when it is this chart's turn. */
export function useStaggered<Value>(value: Value): Value {
  const queue = useContext(Frames);
  const key = useId();
  const [shown, setShown] = useState(value);
  useEffect(() => {
    const take = () => setShown(value);
    if (queue === null) return take();
    queue.request(key, take);
    return () => queue.cancel(key);
  }, [queue, key, value]);
  return shown;
}
