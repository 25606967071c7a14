import { Button, Typography } from 'antd';
import { useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { useCall, usePages } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { hintOf } from '../../text/hint.js';
import { causeOf } from '../../text/sentence.js';
import { language, nameOf, t } from '../../text/text.js';
import { titleOf } from '../../text/title.js';
import type { Named } from '../../text/translate.js';
import { FilterFields } from '../../ui/filters.js';
import { Page, Unread } from '../../ui/page.js';
import { type Columns, PagedTable } from '../../ui/table.js';
import { Time } from '../../ui/value.js';
import { type Dialogs, useDialogs } from '../actions/dialogs.js';
import { filterOf, isFiltered, STATES, STEPS } from '../core/filter.js';
import { possibleWith } from '../core/possible.js';
import { Changes } from '../parts/journal.js';
import { TargetName, TargetState } from '../parts/names.js';
import { type Change, type Filter, type Rollout, short, type Target } from '../types.js';

const POLL_MS = 3_000;
const COMMANDS = ['RETRIED', 'SKIPPED', 'CANCEL_REQUESTED'];
/** The total of a command is not known until its first batch; one without targets ends with a total of 0. */
const FIRST_BATCH_MS = 10_000;

/** The mini-programs of a rollout, by the filter in the address. */
export function Component() {
  const { id = '' } = useParams();
  const rollout = useCall('Rollouts/GetRollout', { id }, { refetchInterval: POLL_MS });
  if (rollout.data === undefined)
    return <Unread title={t('rollouts.targets')} error={rollout.error} retry={rollout.refetch} />;
  return <Targets rollout={rollout.data} />;
}

function Targets({ rollout }: { rollout: Rollout }) {
  const { id } = rollout;
  const [parameters] = useSearchParams();
  const filter = filterOf(parameters);
  const [ticked, setTicked] = useState<string[]>([]);
  const pages = usePages(
    'Rollouts/ListRolloutTargets',
    { id, filter, pageSize: 50 },
    ({ targets }) => targets,
    { refetchMs: POLL_MS },
  );
  const changes = useCall('Rollouts/ListRolloutChanges', { id, pageSize: 20 }, { refetchInterval: POLL_MS });
  const dialogs = useDialogs(rollout, { onDone: () => setTicked([]), pollMs: POLL_MS });
  return (
    <Page
      title={t('rollouts.targets')}
      mark={<Link to={`/rollouts/${id}`}>{titleOf(rollout)}</Link>}
      actions={canAct && <Commands {...{ rollout, filter, ticked, dialogs }} />}
    >
      <Filters rollout={rollout} />
      <Changes changes={recentCommands(changes.data?.changes ?? [])} />
      <PagedTable
        pages={pages}
        rowKey="appid"
        columns={{
          'rollouts.miniProgram': ({ appid }) => <TargetName {...{ id, appid, query: `${parameters}` }} />,
          ...COLUMNS,
        }}
        empty={t(isFiltered(filter) ? 'rollouts.noSuchTarget' : 'rollouts.noTargets')}
        {...(canAct && {
          rowSelection: { selectedRowKeys: ticked, onChange: (keys) => setTicked(keys.map(String)) },
        })}
      />
      {dialogs.open}
    </Page>
  );
}

interface CommandsProps {
  rollout: Rollout;
  filter: Filter;
  ticked: string[];
  dialogs: Dialogs;
}

/** What is done with the ticked targets; without any with all of the filter, not only those that were loaded. */
function Commands({ rollout, filter, ticked, dialogs }: CommandsProps) {
  const possible = possibleWith(rollout);
  const n = ticked.length;
  const isSome = isFiltered(filter);
  const targets = n > 0 ? { appids: ticked } : filter;
  const skip = short(rollout.state) === 'DRAFT' ? 'remove' : 'skip';
  return (
    <>
      {possible.retry && (
        <Button onClick={() => dialogs.command('retry', targets)}>
          {t(n > 0 ? 'rollouts.retryTicked' : isSome ? 'rollouts.retryFiltered' : 'rollouts.retryFailed', {
            n,
          })}
        </Button>
      )}
      {possible.skip && (n > 0 || isSome) && (
        <Button danger onClick={() => dialogs.command('skip', targets)}>
          {t(n > 0 ? `rollouts.${skip}Ticked` : `rollouts.${skip}Filtered`, { n })}
        </Button>
      )}
    </>
  );
}

/** The retries, skips and cancellations that are in progress, and the latest one that has ended; newest first. */
function recentCommands(changes: readonly Change[]): Change[] {
  const commands = changes.filter(({ type }) => COMMANDS.includes(short(type)));
  return commands.filter(({ moved, total, time }, i) => {
    const isNew = Date.now() - Date.parse(time ?? '') < FIRST_BATCH_MS;
    return i === 0 || (total === 0 ? isNew : moved < total);
  });
}

function Filters({ rollout: { waves } }: { rollout: Rollout }) {
  const named = (of: Named, values: string[]) => values.map((value) => ({ value, label: nameOf(of, value) }));
  const numbered = waves.map(({ wave: n }) => ({ value: `${n}`, label: t('rollouts.wave', { n }) }));
  return (
    <FilterFields
      fields={[
        { name: 'state', label: 'rollouts.stateTitle', options: named('target', STATES), isMultiple: true },
        { name: 'step', label: 'rollouts.step', options: named('step', STEPS), isMultiple: true },
        { name: 'wave', label: 'rollouts.waves', options: numbered },
        { name: 'reason', label: 'rollouts.reasonCode' },
        { name: 'errcode', label: 'rollouts.errcode' },
        { name: 'title', label: 'rollouts.causeText' },
        { name: 'appid', label: 'appid' },
      ]}
    />
  );
}

/** The columns that do not depend on the list. */
const COLUMNS: Columns<Target> = {
  'rollouts.position': { cell: ({ position }) => position, align: 'right' },
  'rollouts.waveNumber': { cell: ({ wave }) => wave || '–', align: 'right' },
  'rollouts.step': ({ step }) => nameOf('step', step),
  'rollouts.stateTitle': (target) => <TargetState target={target} />,
  'rollouts.cause': ({ error }) => error && <Cause error={error} />,
  'rollouts.latestOperation': ({ operationId }) =>
    operationId && <Link to={`/operations/${operationId}`}>{operationId.slice(-8)}</Link>,
  'rollouts.changed': ({ updateTime }) => <Time at={updateTime} />,
};

function Cause({ error }: { error: NonNullable<Target['error']> }) {
  const cause = causeOf(error) || hintOf(error, language);
  return (
    <Typography.Text ellipsis={{ tooltip: cause }} style={{ maxWidth: 320 }}>
      <Typography.Text code>{error.reason}</Typography.Text> {cause}
    </Typography.Text>
  );
}
