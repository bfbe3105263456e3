import { z } from 'zod';
import { base } from './base';

export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  density: z.enum(['comfortable', 'compact']).default('comfortable'),
  deckSort: z.enum(['attention', 'priority', 'name', 'cpu', 'memory']).default('priority'),
  /** seconds between polls while a window shows the clusters, and while none does */
  pollSeenS: z.number().int().min(5).max(300).default(10),
  pollHiddenS: z.number().int().min(30).max(3600).default(60),
  /** days of 15-minute history kept */
  historyDays: z.number().int().min(1).max(365).default(7),
  notifications: z.boolean().default(true),
  /** keep running in the tray when the window is closed (desktop program only) */
  closeToTray: z.boolean().default(false),
  guestColumns: z.array(z.string().max(30)).max(30).default([]),
});
export type Settings = z.infer<typeof settingsSchema>;

export const settings = {
  get: base.output(settingsSchema),
  update: base.input(z.strictObject(settingsSchema.shape).partial()).output(settingsSchema),
};
