import { EventEmitter } from 'node:events';

/** What is shown around the page; a test looks at it and clicks through the main process. */
export const nativeImage = { createFromPath: (path: string) => ({ path }) };

interface Template {
  label?: string;
  click?: () => void;
  submenu?: Template[];
}
interface Item {
  label?: string;
  click?: () => void;
  submenu?: Menu;
}

export class Menu {
  static #application: Menu | null = null;
  readonly items: Item[];
  constructor(template: Template[]) {
    this.items = template.map(({ submenu, ...item }) =>
      submenu === undefined ? item : { ...item, submenu: new Menu(submenu) },
    );
  }
  static buildFromTemplate = (template: Template[]) => new Menu(template);
  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
  }
  static getApplicationMenu = () => Menu.#application;
}

export class Tray extends EventEmitter {
  menu: Menu | null = null;
  setToolTip(_text: string): void {}
  setContextMenu(menu: Menu): void {
    this.menu = menu;
  }
  destroy(): void {
    this.menu = null;
  }
}

export class Notification extends EventEmitter {
  static isSupported = () => true;
  static readonly shown: Notification[] = [];
  readonly options: { title: string; body: string };
  constructor(options: { title: string; body: string }) {
    super();
    this.options = options;
  }
  show(): void {
    Notification.shown.push(this);
  }
}

/** Nobody sits in front of it: errors go to the test's output, questions take the first answer. */
export const dialog = {
  showErrorBox(title: string, content: string): void {
    process.stderr.write(`${title}\n${content}\n`);
  },
  async showMessageBox(_options: object) {
    return { response: 0 };
  },
};

export const shell = {
  opened: [] as string[],
  async openExternal(url: string): Promise<void> {
    shell.opened.push(url);
  },
  async openPath(path: string): Promise<string> {
    shell.opened.push(path);
    return '';
  },
};
