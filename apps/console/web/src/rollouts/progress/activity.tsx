import { Collapse, Flex } from 'antd';
import { useName, useText } from '../../text/text.js';
import { Time } from '../../ui/time.js';
import { TargetName, TargetState } from '../parts/names.js';
import type { Target } from '../types.js';

const SHOWN = 8;

/** The targets that moved last, each once, folded. */
export function Activity({ id, latest }: { id: string; latest: readonly Target[] }) {
  const t = useText();
  const name = useName();
  if (latest.length === 0) return null;
  const newest = latest.filter(({ appid }, i) => latest.findIndex((one) => one.appid === appid) === i);
  const rows = newest.slice(0, SHOWN).map((target) => (
    <Flex key={target.appid} gap="0 8px" wrap>
      <Time at={target.updateTime} />
      <TargetName id={id} appid={target.appid} />
      {name('step', target.step)}
      <TargetState target={target} />
    </Flex>
  ));
  return (
    <Collapse size="small" items={[{ key: 'activity', label: t('rollouts.activity'), children: rows }]} />
  );
}
