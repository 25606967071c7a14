import { theme } from 'antd';
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { language } from '../../text/text.js';

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

interface Props {
  /** What it shows, for those who do not see it. */
  label: string;
  series: { name: string; type: 'bar' | 'line'; color: string; data: [time: string, value: number][] }[];
  height?: number;
}

/** Bars and lines over time. Load it with `lazy`: it brings ECharts. */
export default function Chart({ label, series, height = 200 }: Props) {
  const { token } = theme.useToken();
  const place = useRef<HTMLDivElement>(null);
  const text = token.colorTextSecondary;
  const option: EChartsCoreOption = {
    animation: false,
    textStyle: { fontFamily: token.fontFamily },
    grid: { left: 40, right: 16, top: 32, bottom: 24 },
    legend: { top: 0, left: 0, itemHeight: 8, textStyle: { color: text } },
    // HTML would have style attributes, which the content security policy refuses.
    tooltip: { trigger: 'axis', renderMode: 'richText' },
    xAxis: { type: 'time', axisLabel: { color: text, hideOverlap: true } },
    yAxis: {
      type: 'value',
      minInterval: 1,
      axisLabel: { color: text },
      splitLine: { lineStyle: { color: token.colorSplit } },
    },
    series: series.map(({ color, type, ...one }) => ({
      ...one,
      ...{ type, itemStyle: { color }, lineStyle: { color } },
      ...(type === 'line' ? { step: 'end', showSymbol: one.data.length === 1 } : { barMaxWidth: 16 }),
    })),
  };
  const shown = JSON.stringify(option);
  const locale = language === 'zh' ? 'ZH' : 'EN';
  useEffect(() => {
    if (place.current === null) return undefined;
    const chart = init(place.current, null, { locale });
    chart.setOption(JSON.parse(shown));
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, [shown, locale]);
  return <div ref={place} role="img" aria-label={label} style={{ height }} />;
}
