import { z } from 'zod';
import { base } from './base';

// the defaults stand apart: in a partial update a missing field means "leave it", not "the default"
const fields = {
  theme: z.enum(['system', 'light', 'dark']),
  density: z.enum(['comfortable', 'compact']),
  deckSort: z.enum(['attention', 'priority', 'name', 'cpu', 'memory']),
  /** seconds between polls while a window shows the clusters, and while none does */
  pollSeenS: z.number().int().min(5).max(300),
  pollHiddenS: z.number().int().min(30).max(3600),
  /** days of 15-minute history kept */
  historyDays: z.number().int().min(1).max(365),
  /** days the audit is kept; the latest thousand entries stay whatever their age */
  auditDays: z.number().int().min(30).max(3650),
  notifications: z.boolean(),
  /** keep running in the tray when the window is closed (desktop program only) */
  closeToTray: z.boolean(),
  /** whether single keys (`/`, `?`, `a`) are commands; some input methods need them off */
  singleKeys: z.boolean(),
  guestColumns: z.array(z.string().max(30)).max(30),
};

export const settingsSchema = z.object({
  theme: fields.theme.default('system'),
  density: fields.density.default('comfortable'),
  deckSort: fields.deckSort.default('priority'),
  pollSeenS: fields.pollSeenS.default(10),
  pollHiddenS: fields.pollHiddenS.default(60),
  historyDays: fields.historyDays.default(7),
  auditDays: fields.auditDays.default(730),
  notifications: fields.notifications.default(true),
  closeToTray: fields.closeToTray.default(false),
  singleKeys: fields.singleKeys.default(true),
  guestColumns: fields.guestColumns.default([]),
});
export type Settings = z.infer<typeof settingsSchema>;

export const settings = {
  get: base.output(settingsSchema),
  update: base.input(z.strictObject(fields).partial()).output(settingsSchema),
};
