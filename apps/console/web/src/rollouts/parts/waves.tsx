import { LockOutlined, UnlockOutlined } from '@ant-design/icons';
import { Button, Card, Flex, Grid, Tag } from 'antd';
import { useState } from 'react';
import { nameOf, t } from '../../text/text.js';
import { Secondary, Time } from '../../ui/value.js';
import { unitsOf } from '../core/durations.js';
import { type GateStatus, gateOf, gatesOf, waitsForPerson } from '../core/gates.js';
import type { GateType, Rollout, Wave } from '../types.js';
import { Bar } from './bar.js';

const SHOWN = 10;

interface Props {
  /** Its waves may be those of a plan. */
  rollout: Rollout;
  /** Absent if the viewer may not open gates. */
  onOpen?: ((gate: GateStatus) => void) | undefined;
}

/** The waves as a line each, with their gates as locks where targets pass them. */
export function Waves({ rollout, onOpen }: Props) {
  const [isAll, setAll] = useState(false);
  const shown = isAll ? rollout.waves : rollout.waves.slice(0, SHOWN);
  return (
    <Card size="small" title={t('rollouts.waves')}>
      <Flex vertical gap="middle">
        {shown.map((wave) => (
          <WaveLine key={wave.wave} rollout={rollout} wave={wave} onOpen={onOpen} />
        ))}
        {shown.length < rollout.waves.length && (
          <Button type="link" onClick={() => setAll(true)}>
            {t('rollouts.allWaves', { n: rollout.waves.length })}
          </Button>
        )}
      </Flex>
    </Card>
  );
}

function WaveLine({ rollout, wave: { wave, targets, counts, endTime }, onOpen }: Props & { wave: Wave }) {
  const isWide = Grid.useBreakpoint().lg;
  const gates = gatesOf(rollout);
  const lock = (gate: GateType) => (
    <div style={{ width: isWide ? 260 : 'auto' }}>
      {gates.includes(gate) && <Lock gate={gateOf(rollout, wave, gate)} onOpen={onOpen} />}
    </div>
  );
  return (
    <section aria-label={t('rollouts.wave', { n: wave })}>
      <Flex vertical={!isWide} align={isWide ? 'center' : 'stretch'} gap="small">
        <b style={{ width: isWide ? 110 : 'auto' }}>{t('rollouts.waveOf', { wave, n: targets })}</b>
        {lock('ROLLOUT_GATE_TYPE_SUBMIT')}
        <div style={{ flex: 1, minWidth: 0 }}>
          <Bar rollout={rollout} counts={counts} />
          {endTime && (
            <Secondary>
              {t('rollouts.waveEnded')} <Time at={endTime} />
            </Secondary>
          )}
        </div>
        {lock('ROLLOUT_GATE_TYPE_RELEASE')}
      </Flex>
    </section>
  );
}

/** A gate: open since when, or what it waits for, with the button that opens it. */
function Lock({ gate, onOpen }: { gate: GateStatus; onOpen: Props['onOpen'] }) {
  const title = nameOf('gate', gate.gate);
  if (gate.openTime)
    return (
      <Secondary>
        <UnlockOutlined /> {title} <Time at={gate.openTime} />
      </Secondary>
    );
  const isWaiting = waitsForPerson(gate);
  return (
    <Flex wrap align="center" gap={4}>
      <span>
        <LockOutlined /> {title}
      </span>
      {isWaiting ? (
        <Tag color="warning">{t('rollouts.gate.ready', { n: gate.held })}</Tag>
      ) : (
        <Secondary>
          <Conditions gate={gate} />
        </Secondary>
      )}
      {gate.isNext && onOpen && (
        <Button size="small" type={isWaiting ? 'primary' : 'default'} onClick={() => onOpen(gate)}>
          {t('rollouts.openGate')}
        </Button>
      )}
    </Flex>
  );
}

/** The conditions of a closed gate that do not hold yet, and how far it is. */
function Conditions({ gate: { needed, now, missing, spec, isNext, wave } }: { gate: GateStatus }) {
  const hours = unitsOf(spec.bakeTime, 3600);
  const words = [
    needed !== undefined && t('rollouts.gate.share', { wave: wave - 1, percent: needed }),
    isNext && missing > 0 && t('rollouts.gate.missing', { now, n: missing }),
    hours !== undefined && t('rollouts.gate.bake', { hours }),
    spec.manual && t('rollouts.gate.byHand'),
  ].filter(Boolean);
  if (words.length === 0 && !spec.notBefore) return t('rollouts.gate.once');
  return (
    <>
      {words.join(' · ')} {spec.notBefore && t('rollouts.gate.notBefore')} <Time at={spec.notBefore} />
    </>
  );
}
