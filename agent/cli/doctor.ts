import type { CommandContext } from './context';
export async function showDoctor(_context: CommandContext): Promise<0> {
  return 0;
}
