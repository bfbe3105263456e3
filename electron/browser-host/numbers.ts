import { UsageError } from './usage-error';

/** What `--port` says; 0, a free one, where it is not given. @throws UsageError */
export const portNumber = (text: string | undefined): number =>
  text === undefined ? 0 : wholeNumber('--port', text, 0, 65_535);

/** @throws UsageError naming the option */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${option} is a whole number from ${min} to ${max}.`);
}
