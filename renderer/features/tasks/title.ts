/** What a task type of Proxmox VE means to a person; `$` is what the task is about. */
const TITLES: Readonly<Record<string, string>> = {
  qmstart: 'Start VM $',
  qmstop: 'Stop VM $',
  qmshutdown: 'Shut down VM $',
  qmreboot: 'Reboot VM $',
  qmreset: 'Reset VM $',
  qmsuspend: 'Suspend VM $',
  qmpause: 'Pause VM $',
  qmresume: 'Resume VM $',
  qmcreate: 'Create VM $',
  qmclone: 'Clone VM $',
  qmdestroy: 'Delete VM $',
  qmmigrate: 'Migrate VM $',
  qmmove: 'Move a disk of VM $',
  qmrestore: 'Restore VM $',
  qmrollback: 'Roll VM $ back',
  qmsnapshot: 'Snapshot VM $',
  qmdelsnapshot: 'Delete a snapshot of VM $',
  qmtemplate: 'Make VM $ a template',
  qmconfig: 'Configure VM $',
  hamigrate: 'Migrate $ (HA)',
  hastart: 'Start $ (HA)',
  hastop: 'Stop $ (HA)',
  vzstart: 'Start container $',
  vzstop: 'Stop container $',
  vzshutdown: 'Shut down container $',
  vzreboot: 'Reboot container $',
  vzsuspend: 'Suspend container $',
  vzresume: 'Resume container $',
  vzcreate: 'Create container $',
  vzclone: 'Clone container $',
  vzdestroy: 'Delete container $',
  vzmigrate: 'Migrate container $',
  vzrestore: 'Restore container $',
  vzsnapshot: 'Snapshot container $',
  vztemplate: 'Make container $ a template',
  vzdump: 'Back up $',
  vncproxy: 'Console of $',
  vncshell: 'Shell on the node',
  spiceproxy: 'Console of $',
  startall: 'Start all guests of the node',
  stopall: 'Shut down all guests of the node',
  migrateall: 'Migrate all guests of the node',
  aptupdate: 'Refresh the package lists',
  imgcopy: 'Copy an image to $',
  imgdel: 'Delete an image on $',
  download: 'Download $',
  resize: 'Resize a disk of $',
  srvstart: 'Start service $',
  srvstop: 'Stop service $',
  srvrestart: 'Restart service $',
  srvreload: 'Reload service $',
  acmenewcert: 'Order a certificate',
  acmerenew: 'Renew the certificate',
};

/**
 * A task in words, as `Start VM 100`; a type that is not known stands as the server names it.
 * @param type as in the UPID: `qmstart`
 * @param subject vmid or name, '' where the task has none
 */
export function taskTitle(type: string, subject: string): string {
  const title = Object.hasOwn(TITLES, type) ? TITLES[type] : undefined;
  if (title === undefined) return subject === '' ? type : `${type} ${subject}`;
  return title.replace('$', () => subject).trim();
}
