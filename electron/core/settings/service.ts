import { type Settings, settingsSchema } from '#shared/contract/settings';
import { differences } from '../clusters/rules';
import { settings } from '../db/schema/index';
import type { Store } from '../db/store';
import { Channel } from '../events';
import type { Logger } from '../ports';

type SettingsChanges = { [Key in keyof Settings]?: Settings[Key] | undefined };

/** What a person set on this desk; what they did not set has its default. */
export class SettingsService {
  readonly events: Channel<Settings>;
  readonly #store: Store;
  #settings: Settings;

  constructor(store: Store, logger: Logger) {
    this.events = new Channel((error) => logger.error({ error }, 'A settings listener failed'));
    this.#store = store;
    this.#settings = load(store, logger);
  }

  get(): Settings {
    return this.#settings;
  }

  update(changes: SettingsChanges): Settings {
    const named = Object.entries(changes).filter(([, value]) => value !== undefined);
    if (named.length === 0) return this.#settings;
    const after = settingsSchema.parse({ ...this.#settings, ...Object.fromEntries(named) });
    const changed = differences(this.#settings, after);
    if (changed === null) return this.#settings;
    return this.#store.mutate((tx) => {
      for (const [key, value] of named) {
        const json = JSON.stringify(value);
        tx.db
          .insert(settings)
          .values({ key, value: json })
          .onConflictDoUpdate({ target: settings.key, set: { value: json } })
          .run();
      }
      tx.audit({
        action: 'settings.update',
        subject: 'settings',
        ...changed,
      });
      tx.after(() => {
        this.#settings = after;
        this.events.emit(after);
      });
      return after;
    });
  }
}

/** A value that does not fit any more falls back to its default alone; the others stay. */
function load(store: Store, logger: Logger): Settings {
  const stored: Record<string, unknown> = {};
  for (const { key, value } of store.read.select().from(settings).all()) {
    try {
      const parsed: unknown = JSON.parse(value);
      settingsSchema.partial().parse({ [key]: parsed });
      stored[key] = parsed;
    } catch {
      logger.warn({ setting: key }, 'A stored setting does not fit and has its default');
    }
  }
  return settingsSchema.parse(stored);
}
