// The simulated clusters in a process of their own, so that they cost the measured one nothing.
import { startDemoLab } from '#electron/demo/lab';
import { tell } from './messages';

const [clusters = '50', nodes = '3', guests = '300'] = process.argv.slice(2);
const lab = await startDemoLab({
  clusters: Number(clusters),
  nodes: Number(nodes),
  guests: Number(guests),
  ambient: false,
});
process.on('message', (message) => {
  if (message === 'reset') for (const cluster of lab.clusters) cluster.resetCounters();
  const counts = lab.clusters.flatMap((cluster) => cluster.requests());
  tell({ requests: counts.reduce((sum, { count }) => sum + count, 0) });
});
process.on('disconnect', () => process.exit(0));
tell(lab.cards());
