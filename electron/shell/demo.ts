import type { Client } from '#shared/contract/index';

/**
 * Starts the simulated clusters and puts them on this deck.
 * @returns what ends them
 */
export async function openDemoLab(client: Client): Promise<() => Promise<void>> {
  // the lab is large and only a demo needs it
  const [{ startDemoLab }, { seedLab }] = await Promise.all([
    import('#electron/demo/lab'),
    import('#electron/demo/seed'),
  ]);
  const lab = await startDemoLab();
  try {
    await seedLab(lab.cards(), client);
  } catch (error) {
    await lab.close();
    throw error;
  }
  return () => lab.close();
}
