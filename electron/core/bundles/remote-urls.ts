import { remotes } from '../db/schema/index';
import type { Reader } from '../db/store';

/** The remotes under what names them in a file that goes to another desk: their address. */
export function remoteUrls(db: Reader): { uuid: string; url: string }[] {
  const { uuid, url } = remotes;
  return db.select({ uuid, url }).from(remotes).all();
}
