export interface Finding {
  ok: boolean;
  text: string;
}
/** @returns one line per finding about the asar; those that do not hold have `ok: false` */
export function checkAsar(resources: string): Finding[];
/** @returns one line per fuse, read back from the packaged executable */
export function checkFuses(executable: string): Promise<Finding[]>;
