export function noticesOf(root: string, map: string): { text: string; packages: string[] };
