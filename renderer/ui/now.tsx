import { createContext, type ReactNode, useContext, useState, useSyncExternalStore } from 'react';

/** One clock for all ages on the screen; it ticks once a second while somebody looks at it. */
class Ticker {
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #now = Date.now();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#now = Date.now();
      this.#timer = setInterval(() => this.#tick(), 1000);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  /** ms since 1970 at the last tick */
  readonly now = (): number => this.#now;

  #tick() {
    this.#now = Date.now();
    for (const listener of this.#listeners) listener();
  }
}

const TickerContext = createContext<Ticker | null>(null);

export function TickerProvider(props: { children: ReactNode }) {
  const [ticker] = useState(() => new Ticker());
  return <TickerContext value={ticker}>{props.children}</TickerContext>;
}

/** The time in ms since 1970, new each second. */
export function useNow(): number {
  const ticker = useContext(TickerContext);
  if (ticker === null) throw new Error('useNow needs a TickerProvider around it');
  return useSyncExternalStore(ticker.subscribe, ticker.now);
}
