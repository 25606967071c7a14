import { Controller, Get, Param } from '@nestjs/common';
import { type ListOperationsResponse, type Operation, OperationState as State } from '@wxa/contracts';
import { Empty, Pager } from '../../ui/list.js';
import { duration } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { Doubt } from './doubt.js';
import { readWechat } from './doubt-reads.js';

/** Each has several sentences about what to look at. */
const SHOWN = 20;

/** The lanes that have waited longest, among which those of the oldest doubts are. */
const MAX_LANES = 500;

/** Operations in doubt, the oldest first, each with what to look at and a form that resolves it. */
@Controller('doubts')
export class DoubtsPage {
  @Get()
  async show(@CurrentVisit() visit: Visit): Promise<PageView> {
    const { t, url, gateway } = visit;
    const pageToken = url.searchParams.get('page') ?? '';
    const [page, { operationsInDoubt }] = await Promise.all([
      readDoubts(visit, { pageSize: SHOWN, pageToken }),
      gateway.platform.getPlatformStatus({}),
    ]);
    visit.doubts = operationsInDoubt;
    if (page.operations.length === 0 && operationsInDoubt === 0)
      return { title: t('doubts'), body: <Empty>{t('noDoubts')}</Empty> };
    const first = pageToken === '' ? page : await readDoubts(visit, { pageSize: 1 });
    // A list has no requests.
    const shown = await Promise.all(
      page.operations.map(({ id }) => gateway.operations.getOperation({ id, withRequest: true })),
    );
    return {
      title: t('doubts'),
      actions: <Summary visit={visit} n={operationsInDoubt} oldest={first.operations[0]} />,
      body: (
        <>
          <DoubtList visit={visit} operations={shown} {...(await readings(visit, shown))} />
          <Pager visit={visit} next={page.nextPageToken} />
        </>
      ),
    };
  }

  @Get(':id')
  async one(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<PageView> {
    const operation = await visit.gateway.operations.getOperation({ id, withRequest: true });
    return {
      title: `${operation.method} ${operation.appid}`,
      above: [{ href: '/doubts', title: visit.t('doubts') }],
      body: <DoubtList visit={visit} operations={[operation]} {...(await readings(visit, [operation]))} />,
    };
  }
}

/** How many there are, and how old the oldest is. */
function Summary({ visit, n, oldest }: { visit: Visit; n: number; oldest: Operation | undefined }) {
  const { t } = visit;
  const since = oldest?.createTime ?? new Date();
  const age = duration(visit, (Date.now() - since.getTime()) / 1000);
  return (
    <span>
      {t('countOfDoubts', { n })} · {t('longestDoubt', { age })}
    </span>
  );
}

interface Readings {
  /** The answers of WeChat for the one operation that the visitor asks about. */
  answers: ReadonlyMap<string, readonly string[]>;
  /** Changes that wait behind an operation. */
  behind: ReadonlyMap<string, number>;
}

function DoubtList(props: { visit: Visit; operations: readonly Operation[] } & Readings) {
  return (
    <>
      {props.operations.map((operation) => (
        <Doubt
          visit={props.visit}
          operation={operation}
          behind={props.behind.get(operation.id)}
          answers={props.answers.get(operation.id)}
        />
      ))}
    </>
  );
}

async function readings(visit: Visit, shown: readonly Operation[]): Promise<Readings> {
  const asked = shown.find(({ id }) => id === visit.url.searchParams.get('look'));
  const [{ lanes }, answers] = await Promise.all([
    visit.gateway.operations.listLanes({ pageSize: MAX_LANES }),
    asked === undefined ? [] : readWechat(visit, asked),
  ]);
  return {
    behind: new Map(lanes.map(({ head, length }) => [head?.id ?? '', length - 1])),
    answers: new Map(asked === undefined ? [] : [[asked.id, answers]]),
  };
}

function readDoubts(
  { gateway }: Visit,
  page: { pageSize: number; pageToken?: string },
): Promise<ListOperationsResponse> {
  return gateway.operations.listOperations({
    state: State.OPERATION_STATE_IN_DOUBT,
    oldestFirst: true,
    ...page,
  });
}
