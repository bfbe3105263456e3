import type { App } from 'electron';

/**
 * How this program is started again: an AppImage by its own file, because its executable lies on a
 * mount that ends with it; from the sources with the app's folder as argument.
 */
export function selfCommand(
  app: Pick<App, 'isPackaged' | 'getAppPath'>,
  { execPath, env }: Pick<NodeJS.Process, 'execPath' | 'env'>,
): { command: string; args: readonly string[] } {
  if (!app.isPackaged) return { command: execPath, args: [app.getAppPath()] };
  return { command: env['APPIMAGE'] ?? execPath, args: [] };
}
