import type { PortalRequest } from './http';
import type { PortalPorts, Visitor } from './ports';

/** A request on its way, with its target taken apart. */
export interface Call {
  request: PortalRequest;
  path: string;
  query: ReadonlyMap<string, string>;
  visitor: Visitor;
  ports: PortalPorts;
}
