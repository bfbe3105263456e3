import { decodeText } from './params';
import type { Method, Route } from './route';

interface Branch {
  fixed: Map<string, Branch>;
  /** A placeholder's name and what comes below it. */
  open?: { name: string; branch: Branch };
  routes: Map<Method, Route>;
}

export interface Found {
  route: Route;
  path: Record<string, string>;
}

/** Finds endpoints by method and path. */
export class Router {
  readonly #root: Branch = emptyBranch();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  /** The endpoint for an undecoded path like `/nodes/pve1/status`. */
  find(method: string, rawPath: string): Found | undefined {
    const path: Record<string, string> = {};
    let branch = this.#root;
    for (const part of rawPath.split('/')) {
      if (part === '') continue;
      const text = decodeText(part);
      const fixed = branch.fixed.get(text);
      if (fixed !== undefined) {
        branch = fixed;
      } else if (branch.open !== undefined) {
        path[branch.open.name] = text;
        branch = branch.open.branch;
      } else {
        return undefined;
      }
    }
    const route = isMethod(method) ? branch.routes.get(method) : undefined;
    return route === undefined ? undefined : { route, path };
  }

  #add(route: Route): void {
    let branch = this.#root;
    for (const part of route.path.split('/')) {
      if (part === '') continue;
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) {
        const next = branch.fixed.get(part) ?? emptyBranch();
        branch.fixed.set(part, next);
        branch = next;
      } else {
        branch.open ??= { name, branch: emptyBranch() };
        branch = branch.open.branch;
      }
    }
    branch.routes.set(route.method, route);
  }
}

function emptyBranch(): Branch {
  return { fixed: new Map(), routes: new Map() };
}

function isMethod(text: string): text is Method {
  return text === 'GET' || text === 'POST' || text === 'PUT' || text === 'DELETE';
}
