import { Button, Flex } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../../api/call.js';
import { useAction } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { t } from '../../text/text.js';
import { Secondary } from '../../ui/value.js';
import type { MiniProgram } from '../types.js';
import { BATCHES, type Batch, isDangerousBatch, MiniProgramBatch } from './batch-modal.js';
import { type Filter, requestOf } from './filter.js';
import { csvOf, EXPORTED } from './rows.js';

interface Props {
  chosen: readonly MiniProgram[];
  filter: Filter;
  /** After a change. @param failed those that were not changed. */
  onDone: (failed: readonly MiniProgram[]) => void;
}

/** What can be done with the ticked mini-programs; the export takes all that match if none is ticked. */
export function BatchBar({ chosen, filter, onDone }: Props) {
  return (
    <Flex gap="small" align="center" wrap>
      {canAct && <BatchButtons chosen={chosen} onDone={onDone} />}
      <ExportButton chosen={chosen} filter={filter} />
    </Flex>
  );
}

function BatchButtons({ chosen, onDone }: Omit<Props, 'filter'>) {
  const navigate = useNavigate();
  // What the person saw: the list is read again behind the dialog.
  const [asked, setAsked] = useState<{ batch: Batch; chosen: readonly MiniProgram[] }>();
  const disabled = chosen.length === 0;
  const appids = chosen.map(({ appid }) => appid).join(',');
  const close = (_: boolean, failed?: readonly MiniProgram[]) => {
    setAsked(undefined);
    if (failed) onDone(failed);
  };
  return (
    <>
      <Secondary>{t('miniPrograms.chosen', { n: chosen.length })}</Secondary>
      <Button type="primary" disabled={disabled} onClick={() => navigate(`/rollouts/new?appids=${appids}`)}>
        {t('miniPrograms.rolloutOver')}
      </Button>
      {BATCHES.map((one) => (
        <Button
          key={one}
          disabled={disabled}
          danger={isDangerousBatch(one)}
          onClick={() => setAsked({ batch: one, chosen })}
        >
          {t(`miniPrograms.${one}`)}
        </Button>
      ))}
      {asked && <MiniProgramBatch {...asked} onClose={close} />}
    </>
  );
}

function ExportButton({ chosen, filter }: Omit<Props, 'onDone'>) {
  const save = useAction(
    async () => {
      const rows = chosen.length > 0 ? chosen : await allOf(filter);
      const names = Object.keys(EXPORTED) as (keyof typeof EXPORTED)[];
      const heading = names.map((name) => t(`miniPrograms.csv.${name}`));
      const cells = rows.map((row) => names.map((name) => EXPORTED[name](row)));
      download('mini-programs.csv', csvOf(heading, cells));
    },
    { invalidates: [] },
  );
  return (
    <Button loading={save.isPending} onClick={() => save.mutate()}>
      {t(chosen.length > 0 ? 'miniPrograms.exportChosen' : 'miniPrograms.exportAll')}
    </Button>
  );
}

/** All mini-programs that match, page by page. */
async function allOf(filter: Filter): Promise<MiniProgram[]> {
  const rows: MiniProgram[] = [];
  let pageToken = '';
  do {
    const page = await call('Fleet/ListMiniPrograms', { ...requestOf(filter), pageSize: 500, pageToken });
    rows.push(...page.miniPrograms);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return rows;
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
