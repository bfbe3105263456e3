import { age, plain } from '#shared/domain/units';
import { useNow } from './now';

/** How long ago something was: `2 min ago`. `at` in ms since 1970. */
export function Ago({ at }: { at: number }) {
  const now = useNow();
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {`${plain(age(Math.max(0, now - at)))} ago`}
    </time>
  );
}
