/** One part of a whole, drawn in proportion. */
export interface BarPart {
  name: string;
  count: number;
  look: 'running' | 'stopped' | 'waiting' | 'template' | 'unknown';
}
