import { memo, type ReactNode } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from 'recharts';
import type { Timeframe } from '#shared/contract/charts';
import { formatTick, formatValue } from './format';
import { momentFormatter, tickFormatter } from './scale';
import { colourOf, Swatch } from './swatch';
import styles from './time-chart.module.css';
import { type AxisView, type ChartView, describe, type SeriesView } from './view';

const DASH_ARRAY: Record<SeriesView['dash'], string | undefined> = {
  solid: undefined,
  dashed: '6 3',
  dotted: '2 3',
};
const AXIS_WIDTH_PX = 66;
const RIGHT_AXIS_WIDTH_PX = 50;

interface TimeChartProps {
  title: string;
  view: ChartView;
  timeframe: Timeframe;
}

/**
 * Draws one chart over time: lines with gaps, no animation and no dots, so that four of them can
 * take new data each few seconds. Arrow keys move the tooltip through the points.
 */
export const TimeChart = memo(function TimeChart({ title, view, timeframe }: TimeChartProps) {
  return (
    <ResponsiveContainer width="100%" height="100%" className={styles.frame ?? ''}>
      <ComposedChart
        data={view.points}
        margin={{ top: 8, right: view.right ? 0 : 10, bottom: 0, left: 0 }}
        title={`${title}, chart`}
        desc={describe(view)}
        accessibilityLayer
      >
        <CartesianGrid yAxisId="left" vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="at"
          type="number"
          scale="time"
          domain={['dataMin', 'dataMax']}
          ticks={view.timeTicks}
          tickFormatter={tickFormatter(timeframe)}
          tickLine={false}
          axisLine={false}
          interval="preserveStartEnd"
          minTickGap={16}
          height={22}
        />
        {valueAxis('left', view.left)}
        {view.right && valueAxis('right', view.right)}
        <Tooltip
          isAnimationActive={false}
          cursor={{ className: styles.cursor ?? '' }}
          content={(props: TooltipContentProps) => <Reading {...{ props, view, timeframe }} />}
        />
        {view.series.map(seriesShape)}
      </ComposedChart>
    </ResponsiveContainer>
  );
});

function valueAxis(side: 'left' | 'right', axis: AxisView): ReactNode {
  return (
    <YAxis
      yAxisId={side}
      orientation={side}
      domain={[0, axis.max]}
      ticks={axis.ticks}
      tickFormatter={(value: number) => formatTick(axis.unit, value)}
      tickLine={false}
      axisLine={false}
      interval={0}
      width={side === 'left' ? AXIS_WIDTH_PX : RIGHT_AXIS_WIDTH_PX}
    />
  );
}

/** The first series stands on a faint area, the others are lines. */
function seriesShape(series: SeriesView, index: number): ReactNode {
  const common = {
    key: series.key,
    dataKey: `values.${index}`,
    name: series.label,
    yAxisId: series.axis,
    stroke: colourOf(series),
    strokeWidth: 1.75,
    strokeDasharray: DASH_ARRAY[series.dash] ?? '',
    isAnimationActive: false,
    connectNulls: false,
    activeDot: { r: 3, strokeWidth: 0, fill: colourOf(series) },
    dot: series.lone.size > 0 ? loneDot(series) : false,
  } as const;
  const { key, ...shape } = common;
  return index === 0 ? (
    <Area key={key} {...shape} fill="var(--chart-fill)" fillOpacity={1} />
  ) : (
    <Line key={key} {...shape} />
  );
}

const loneDot =
  (series: SeriesView) =>
  ({ cx, cy, index }: { cx?: number; cy?: number; index?: number }) =>
    index !== undefined && series.lone.has(index) ? (
      <circle key={index} cx={cx} cy={cy} r={1.5} fill={colourOf(series)} />
    ) : (
      <g key={index} />
    );

/** The tooltip: the time and every series' value there. */
function Reading(input: { props: TooltipContentProps; view: ChartView; timeframe: Timeframe }) {
  const { props, view, timeframe } = input;
  const point = view.points.find((one) => one.at === Number(props.label));
  if (!props.active || point === undefined) return null;
  return (
    <output className={styles.reading}>
      <p className={styles.moment}>{momentFormatter(timeframe)(point.at)}</p>
      <ul>
        {view.series.map((series, index) => (
          <li key={series.key} className={styles.readingRow}>
            <Swatch series={series} />
            <span className={styles.readingLabel}>{series.label}</span>
            <b>{formatValue(series.unit, point.values[index] ?? null)}</b>
          </li>
        ))}
      </ul>
    </output>
  );
}
