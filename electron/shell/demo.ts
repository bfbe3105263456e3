import type { Client } from '#shared/contract/index';

/** ClusterOS clusters of the tour. */
const CLUSTEROS = 2;

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
  const lab = await startDemoLab({ clusteros: CLUSTEROS });
  try {
    await seedLab(lab.deckCards(), client);
  } catch (error) {
    await lab.close();
    throw error;
  }
  return () => lab.close();
}
