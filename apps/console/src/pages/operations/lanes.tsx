import { Controller, Get, Query } from '@nestjs/common';
import type { Lane } from '@wxa/contracts';
import { formatNumber } from '../../text/text.js';
import { AppId, OperationLink } from '../../ui/links.js';
import { type Column, List, PAGE_SIZE } from '../../ui/list.js';
import { State } from '../../ui/state.js';
import { Age } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';

/** Mini-programs with unfinished changes; the longest wait first. */
@Controller('lanes')
export class LanesPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Query('page') page = ''): Promise<PageView> {
    const { t, gateway } = visit;
    const { lanes, nextPageToken } = await gateway.operations.listLanes({
      pageSize: PAGE_SIZE,
      pageToken: page,
    });
    return {
      title: t('lanes'),
      above: [{ href: '/operations', title: t('operations') }],
      body: (
        <List
          visit={visit}
          columns={columnsOf(visit)}
          rows={lanes}
          empty={t('nothingWaits')}
          next={nextPageToken}
        />
      ),
    };
  }
}

function columnsOf(visit: Visit): Column<Lane>[] {
  const { t } = visit;
  return [
    { title: t('appid'), cell: ({ appid }) => <AppId appid={appid} /> },
    {
      title: t('laneLength'),
      kind: 'number',
      cell: ({ appid, length }) => (
        <a href={`/operations?appid=${appid}`}>{formatNumber(length, visit.language)}</a>
      ),
    },
    { title: t('laneWait'), cell: ({ waitStartTime }) => <Age visit={visit} since={waitStartTime} /> },
    {
      title: t('laneHead'),
      cell: ({ head }) =>
        head && (
          <>
            <OperationLink id={head.id}>{head.method}</OperationLink>{' '}
            <State visit={visit} of="operation" state={head.state} />
          </>
        ),
    },
    { title: t('blockedBy'), cell: ({ blockedBy }) => blockedBy && <OperationLink id={blockedBy} /> },
  ];
}
