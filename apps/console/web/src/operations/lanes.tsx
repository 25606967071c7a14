import { Link } from 'react-router';
import { usePages } from '../api/query.js';
import { nameOf, t } from '../text/text.js';
import { Page } from '../ui/page.js';
import { PagedTable } from '../ui/table.js';
import { Age, MiniProgramName, StateTag } from '../ui/value.js';
import { WaitsFor } from './held-by.js';
import { LetThrough } from './stopped-api.js';

/** Mini-programs with unfinished changes, the longest wait first, and what holds each. */
export function Component() {
  const pages = usePages('Operations/ListLanes', { pageSize: 50 }, ({ lanes }) => lanes);
  return (
    <Page title={t('lanes.title')}>
      <PagedTable
        pages={pages}
        rowKey="appid"
        empty={t('lanes.none')}
        columns={{
          'operations.of': ({ appid }) => <MiniProgramName appid={appid} />,
          'lanes.length': { cell: ({ length }) => length, align: 'right' },
          'lanes.head': ({ head }) =>
            head && <Link to={`/operations/${head.id}`}>{nameOf('method', head.method)}</Link>,
          'operations.state': ({ head }) => head && <StateTag of="operation" state={head.state} />,
          'operations.waitsFor': ({ head }) =>
            head && (
              <>
                <WaitsFor operation={head} /> <LetThrough heldBy={head.heldBy} />
              </>
            ),
          'lanes.since': ({ waitStartTime }) => <Age since={waitStartTime} />,
        }}
      />
    </Page>
  );
}
