import 'react';

declare module 'react' {
  /** Custom properties may be set on an element as any other style. */
  interface CSSProperties {
    [name: `--${string}`]: string | number | undefined;
  }
}
