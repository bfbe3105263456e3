export const electronVersion: string;
/** @returns null when Electron's binary is there, else why it could not be had */
export function ensureElectron(): string | null;
/** @returns the folder, in the shape of Electron's release */
export function makeStandIn(target: string): string;
