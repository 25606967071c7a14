import { Controller, Get, Query } from '@nestjs/common';
import type { Lane } from '@wxa/contracts';
import { formatNumber } from '../../text/text.js';
import { AppId, OperationLink } from '../../ui/links.js';
import { List, PAGE_SIZE } from '../../ui/list.js';
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
    const columns = [t('appid'), { number: t('laneLength') }, t('laneWait'), t('laneHead'), t('blockedBy')];
    return {
      title: t('lanes'),
      above: [{ href: '/operations', title: t('operations') }],
      body: (
        <List visit={visit} columns={columns} empty={t('noLanes')} next={nextPageToken}>
          {lanes.map((lane) => (
            <LaneRow visit={visit} lane={lane} />
          ))}
        </List>
      ),
    };
  }
}

function LaneRow({ visit, lane }: { visit: Visit; lane: Lane }) {
  const { head } = lane;
  return (
    <tr>
      <td>
        <AppId appid={lane.appid} />
      </td>
      <td class="number">
        <a href={`/operations?appid=${lane.appid}`}>{formatNumber(lane.length, visit.language)}</a>
      </td>
      <td>
        <Age visit={visit} since={lane.waitStartTime} />
      </td>
      <td>
        {head && (
          <>
            <OperationLink id={head.id}>{head.method}</OperationLink>{' '}
            <State visit={visit} of="operation" state={head.state} />
          </>
        )}
      </td>
      <td>{lane.blockedBy && <OperationLink id={lane.blockedBy}>{lane.blockedBy}</OperationLink>}</td>
    </tr>
  );
}
