import { Link } from 'react-router';
import { usePages } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useName, useText } from '../text/text.js';
import { MiniProgramName } from '../ui/appid.js';
import { PagedTable } from '../ui/list/paged-table.js';
import { Page } from '../ui/page.js';
import { StateTag } from '../ui/state-tag.js';
import { Age } from '../ui/time.js';
import { WaitsFor } from './held-by.js';
import { LetThrough } from './let-through.js';

type Lane = Response<'Operations/ListLanes'>['lanes'][number];
const REFETCH_MS = 10_000;

/** Mini-programs with unfinished changes, the longest wait first, and what holds each. */
export function Component() {
  const t = useText();
  const name = useName();
  const pages = usePages('Operations/ListLanes', { pageSize: 50 }, ({ lanes }) => lanes, {
    refetchMs: REFETCH_MS,
  });
  return (
    <Page title={t('lanes.title')}>
      <PagedTable<Lane>
        pages={pages}
        rowKey="appid"
        empty={t('lanes.none')}
        columns={[
          { title: t('operations.of'), render: ({ appid }: Lane) => <MiniProgramName appid={appid} /> },
          { title: t('lanes.length'), align: 'right', render: ({ length }: Lane) => length },
          {
            title: t('lanes.head'),
            render: ({ head }: Lane) =>
              head && <Link to={`/operations/${head.id}`}>{name('method', head.method)}</Link>,
          },
          {
            title: t('operations.state'),
            render: ({ head }: Lane) => head && <StateTag of="operation" state={head.state} />,
          },
          {
            title: t('operations.waitsFor'),
            render: ({ head }: Lane) =>
              head && (
                <>
                  <WaitsFor operation={head} /> <LetThrough heldBy={head.heldBy} />
                </>
              ),
          },
          { title: t('lanes.since'), render: ({ waitStartTime }: Lane) => <Age since={waitStartTime} /> },
        ]}
      />
    </Page>
  );
}
