import { Notification } from 'electron';
import type { Notifier } from '#electron/core/ports';

/** Shows the system's notifications; a click opens the cluster a note is about. */
export function createNotifier(open: (clusterUuid?: string) => void): Notifier {
  // a notification that is collected as garbage loses its click
  const shown = new Set<Notification>();
  return {
    notify({ title, body, clusterUuid }) {
      if (!Notification.isSupported()) return;
      const note = new Notification({ title, body });
      shown.add(note);
      note.on('click', () => open(clusterUuid));
      for (const end of ['click', 'close', 'failed'] as const) {
        note.on(end as 'close', () => shown.delete(note));
      }
      note.show();
    },
  };
}
