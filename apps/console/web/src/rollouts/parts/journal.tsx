import { Button, Card, Drawer, Flex, Progress, Timeline } from 'antd';
import { useState } from 'react';
import { useCall, usePages } from '../../api/query.js';
import { whyOf } from '../../text/sentence.js';
import { nameOf, t } from '../../text/text.js';
import { ErrorAlert } from '../../ui/page.js';
import { LoadMore } from '../../ui/table.js';
import { Secondary, Time } from '../../ui/value.js';
import { whoOf } from '../../ui/who.js';
import { type Change, short } from '../types.js';

/** The newest entries of a rollout's journal; all of them in a drawer. */
export function Journal({ id }: { id: string }) {
  const { data, error, refetch } = useCall('Rollouts/ListRolloutChanges', { id, pageSize: 12 });
  const [isOpen, setOpen] = useState(false);
  const open = (
    <Button size="small" type="link" onClick={() => setOpen(true)}>
      {t('rollouts.wholeJournal')}
    </Button>
  );
  return (
    <Card size="small" title={t('rollouts.journal')} extra={open}>
      <ErrorAlert error={error} retry={refetch} />
      <Changes changes={data?.changes ?? []} />
      <Drawer title={t('rollouts.journal')} open={isOpen} onClose={() => setOpen(false)} size="large">
        {isOpen && <AllChanges id={id} />}
      </Drawer>
    </Card>
  );
}

function AllChanges({ id }: { id: string }) {
  const pages = usePages('Rollouts/ListRolloutChanges', { id, pageSize: 50 }, ({ changes }) => changes);
  return (
    <Flex vertical gap="middle">
      <ErrorAlert error={pages.error} retry={pages.refetch} />
      <Changes changes={pages.rows} />
      <LoadMore pages={pages} />
    </Flex>
  );
}

const COLORS: Readonly<Record<string, string>> = {
  ...{ PAUSED: 'orange', HELD: 'orange', GATE_REACHED: 'orange' },
  ...{ CANCEL_REQUESTED: 'red', ROLLED_BACK: 'red', COMPLETED: 'green', WAVE_COMPLETED: 'green' },
};

/** What happened, who requested it and why. */
export function Changes({ changes }: { changes: readonly Change[] }) {
  const items = changes.map((change) => ({
    key: change.seq,
    color: COLORS[short(change.type)] ?? 'blue',
    content: <Entry change={change} />,
  }));
  return <Timeline items={items} />;
}

function Entry({ change }: { change: Change }) {
  const { type, wave, gate, reason, explanation, moved, total } = change;
  const where = short(gate)
    ? t('rollouts.gateOf', { wave, gate: nameOf('gate', gate) })
    : t('rollouts.wave', { n: wave });
  const cause = short(change.closeCause);
  const details = [
    wave > 0 && where,
    cause !== 'REQUESTED' && cause && nameOf('closeCause', cause),
    reason && whyOf(reason, explanation),
    moved + total > 0 && t('rollouts.processed', { moved, total: total || '…' }),
  ];
  return (
    <>
      <b>{nameOf('change', type)}</b> {details.filter(Boolean).map((detail) => ` · ${detail}`)}
      {moved < total && <Progress percent={Math.floor((moved * 100) / total)} size="small" />}
      <br />
      <Secondary>
        <Time at={change.time} /> {whoOf(change) || t('rollouts.system')}
      </Secondary>
    </>
  );
}
