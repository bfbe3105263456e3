import type { Charts } from '../metrics/charts';
import { os } from './base';

interface ChartServices {
  charts: Pick<Charts, 'get'>;
}

export function createChartsRouter({ charts }: ChartServices) {
  return {
    get: os.charts.get.handler(({ input }) =>
      charts.get(input.uuid, input.target, input.timeframe),
    ),
  };
}
