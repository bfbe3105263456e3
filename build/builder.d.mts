export const root: string;
/** Builds all programs into dist/ unless the sources are unchanged since the last build. */
export function ensureBuilt(): Promise<void>;
