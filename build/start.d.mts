export function chooseProgram(surroundings: {
  env: Record<string, string | undefined>;
  /** where the package electron lies */
  folder: string | null;
  /** the built desktop program */
  shellPath: string;
  fetch?: (folder: string) => Promise<void>;
}): Promise<{ electron: string | null; why: string }>;
export function start(args: readonly string[]): Promise<void>;
