import type { AccessService } from '../access/service';
import type { ClusterService } from '../clusters/service';
import type { Ports } from '../ports';
import type { SettingsService } from '../settings/service';
import type { Watching } from '../watching';
import { Notices } from './notices';

interface NoticesServices {
  watching: Watching;
  clusters: ClusterService;
  settings: SettingsService;
  access: AccessService;
}

/** Notices of what the watching finds, as long as they are wanted and the app is not locked. */
export function composeNotices(
  ports: Pick<Ports, 'clock' | 'logger' | 'notifier' | 'power'>,
  { watching, clusters, settings, access }: NoticesServices,
): Notices {
  const { clock, logger, notifier, power } = ports;
  return new Notices({
    clock,
    logger,
    notifier,
    power,
    clusters,
    changes: clusters.events,
    watched: watching.watcher.events,
    operations: watching.journal.events,
    isWanted: () => settings.get().notifications && !access.status().locked,
    isSeen: () => watching.live.isSeen,
  });
}
