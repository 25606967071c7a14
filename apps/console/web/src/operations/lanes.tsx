import { Link } from 'react-router';
import { usePages } from '../api/query.js';
import type { Response } from '../api/types.js';
import { nameOf, t } from '../text/text.js';
import { Page } from '../ui/page.js';
import { column, PagedTable } from '../ui/table.js';
import { Age, MiniProgramName, StateTag } from '../ui/value.js';
import { WaitsFor } from './held-by.js';
import { LetThrough } from './let-through.js';

type Lane = Response<'Operations/ListLanes'>['lanes'][number];

/** Mini-programs with unfinished changes, the longest wait first, and what holds each. */
export function Component() {
  const pages = usePages('Operations/ListLanes', { pageSize: 50 }, ({ lanes }) => lanes);
  return (
    <Page title={t('lanes.title')}>
      <PagedTable<Lane>
        pages={pages}
        rowKey="appid"
        empty={t('lanes.none')}
        columns={[
          column('operations.of', ({ appid }) => <MiniProgramName appid={appid} />),
          column('lanes.length', ({ length }) => length, { align: 'right' }),
          column(
            'lanes.head',
            ({ head }) => head && <Link to={`/operations/${head.id}`}>{nameOf('method', head.method)}</Link>,
          ),
          column('operations.state', ({ head }) => head && <StateTag of="operation" state={head.state} />),
          column(
            'operations.waitsFor',
            ({ head }) =>
              head && (
                <>
                  <WaitsFor operation={head} /> <LetThrough heldBy={head.heldBy} />
                </>
              ),
          ),
          column('lanes.since', ({ waitStartTime }) => <Age since={waitStartTime} />),
        ]}
      />
    </Page>
  );
}
