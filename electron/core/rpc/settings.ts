import type { SettingsService } from '../settings/service';
import { os } from './base';

export function createSettingsRouter(settings: SettingsService) {
  return {
    get: os.settings.get.handler(() => settings.get()),
    update: os.settings.update.handler(({ input }) => settings.update(input)),
  };
}
