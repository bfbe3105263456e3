import type { MenuItemConstructorOptions } from 'electron';

export interface MenuActions {
  isMac: boolean;
  isPackaged: boolean;
  openRoute(route: string): void;
  openDemo: (() => void) | null;
  openLogs(): void;
}

/** The application menu; on Linux and Windows it shows with Alt and carries the shortcuts. */
export function menuTemplate(actions: MenuActions): MenuItemConstructorOptions[] {
  const { openDemo } = actions;
  const settings: MenuItemConstructorOptions = {
    label: 'Settings',
    accelerator: 'CmdOrCtrl+,',
    click: () => actions.openRoute('/settings'),
  };
  return [
    ...(actions.isMac ? [macMenu(settings)] : [fileMenu(settings)]),
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        { label: 'Deck', click: () => actions.openRoute('/') },
        { label: 'Guests', click: () => actions.openRoute('/guests') },
        { type: 'separator' },
        { role: 'reload' },
        ...(actions.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        ...(openDemo === null ? [] : [{ label: 'Open the demo lab', click: () => openDemo() }]),
        { label: 'Show the log files', click: () => actions.openLogs() },
      ],
    },
  ];
}

const fileMenu = (settings: MenuItemConstructorOptions): MenuItemConstructorOptions => ({
  label: 'File',
  submenu: [settings, { type: 'separator' }, { role: 'quit' }],
});

const macMenu = (settings: MenuItemConstructorOptions): MenuItemConstructorOptions => ({
  role: 'appMenu',
  submenu: [
    { role: 'about' },
    { type: 'separator' },
    settings,
    { type: 'separator' },
    { role: 'services' },
    { type: 'separator' },
    { role: 'hide' },
    { role: 'hideOthers' },
    { role: 'unhide' },
    { type: 'separator' },
    { role: 'quit' },
  ],
});
