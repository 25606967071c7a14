import { Controller, Get, Param } from '@nestjs/common';
import { type Operation, OperationState as State } from '@wxa/contracts';
import { Empty, Pager } from '../../ui/list.js';
import { duration } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { Doubt } from './doubt.js';
import { readWechat } from './doubt-reads.js';

/** Each has several sentences about what to look at. */
const SHOWN = 20;

/** The API lists newest first, so all are read before the oldest are shown; more than these are not resolved one by one. */
const MAX_DOUBTS = 1_000;
const AT_ONCE = 500;
/** The lanes that have waited longest, among which those of the oldest doubts are. */
const MAX_LANES = 500;

/** Operations in doubt, the oldest first, each with what to look at and a form that resolves it. */
@Controller('doubts')
export class DoubtsPage {
  @Get()
  async show(@CurrentVisit() visit: Visit): Promise<PageView> {
    const { t, url } = visit;
    const { operations, isComplete } = await readDoubts(visit);
    const [oldest] = operations;
    if (isComplete) visit.doubts = operations.length;
    if (oldest === undefined) return { title: t('doubts'), body: <Empty>{t('noDoubts')}</Empty> };
    const after = url.searchParams.get('page') ?? '';
    const rest = operations.filter(({ id }) => id > after);
    // A list has no requests.
    const shown = await Promise.all(
      rest.slice(0, SHOWN).map(({ id }) => visit.gateway.operations.getOperation({ id, withRequest: true })),
    );
    const body = (
      <>
        {!isComplete && <p class="banner">{t('tooManyDoubts', { n: operations.length })}</p>}
        <DoubtList visit={visit} operations={shown} {...(await readings(visit, shown))} />
        <Pager visit={visit} next={rest.length > SHOWN ? (shown.at(-1)?.id ?? '') : ''} />
      </>
    );
    const actions = isComplete && <Summary visit={visit} operations={operations} />;
    return { title: t('doubts'), body, actions };
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
function Summary({ visit, operations }: { visit: Visit; operations: readonly Operation[] }) {
  const { t } = visit;
  const since = operations[0]?.createTime ?? new Date();
  const age = duration(visit, (Date.now() - since.getTime()) / 1000);
  return (
    <span>
      {t('countOfDoubts', { n: operations.length })} · {t('longestDoubt', { age })}
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

async function readDoubts({ gateway }: Visit): Promise<{ operations: Operation[]; isComplete: boolean }> {
  const operations: Operation[] = [];
  let pageToken = '';
  do {
    const page = await gateway.operations.listOperations({
      state: State.OPERATION_STATE_IN_DOUBT,
      pageSize: AT_ONCE,
      pageToken,
    });
    operations.push(...page.operations);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && operations.length < MAX_DOUBTS);
  return { operations: operations.reverse(), isComplete: pageToken === '' };
}
