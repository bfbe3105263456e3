import { Menu, nativeImage, Tray } from 'electron';

export interface TrayActions {
  icon: string;
  title: string;
  show(): void;
  quit(): void;
}

/** The tray icon; it stands there only while the program is to go on without its window. */
export interface ShellTray {
  setPresent(present: boolean): void;
}

export function createTray(actions: TrayActions): ShellTray {
  let tray: Tray | null = null;

  function place(): Tray {
    const image = nativeImage.createFromPath(actions.icon);
    const placed = new Tray(image);
    placed.setToolTip(actions.title);
    placed.setContextMenu(
      Menu.buildFromTemplate([
        { label: `Open ${actions.title}`, click: actions.show },
        { type: 'separator' },
        { label: 'Quit', click: actions.quit },
      ]),
    );
    placed.on('click', actions.show);
    return placed;
  }

  return {
    setPresent(present) {
      if (present === (tray !== null)) return;
      tray?.destroy();
      tray = present ? place() : null;
    },
  };
}
