/** One job that another waits for: its number in `afterok:12_3+5`, without the minutes behind it. */
const NUMBER = /:(\d+(?:_(?:\d+|\*))?)/g;

/** SLURM writes behind each what became of it: `afterok:12(unfulfilled)`. */
export const plainDependency = (text: string) =>
  text.replace(/\((?:unfulfilled|fulfilled|failed)\)/g, '');

/** Numbers of the jobs that are waited for; of a whole array without its `_*`. */
export function jobsIn(dependency: string): string[] {
  const found = [...dependency.matchAll(NUMBER)].map(([, id = '']) => id.replace(/_\*$/, ''));
  return [...new Set(found)];
}

/**
 * The same dependency with the numbers that the jobs have elsewhere.
 * @param numbers by the old number of a job or an array
 * @returns null where one that is waited for is not there
 */
export function translateDependency(
  dependency: string,
  numbers: ReadonlyMap<string, string>,
): string | null {
  let isWhole = true;
  const text = dependency.replace(NUMBER, (_, id: string) => {
    const [base = '', task] = id.split('_');
    const other = numbers.get(base);
    if (other === undefined) isWhole = false;
    return `:${other ?? base}${task === undefined ? '' : `_${task}`}`;
  });
  return isWhole ? text : null;
}
