import { useState } from 'react';
import type { z } from 'zod';

/** State that survives leaving the page and coming back, until the window closes. */
export function useSessionState<Value>(
  key: string,
  schema: z.ZodType<Value>,
  initial: Value,
): [Value, (value: Value) => void] {
  const [value, setValue] = useState(() => read(key, schema) ?? initial);
  return [
    value,
    (next) => {
      sessionStorage.setItem(key, JSON.stringify(next));
      setValue(next);
    },
  ];
}

function read<Value>(key: string, schema: z.ZodType<Value>): Value | undefined {
  const text = sessionStorage.getItem(key);
  if (text === null) return undefined;
  return schema.safeParse(JSON.parse(text)).data;
}
