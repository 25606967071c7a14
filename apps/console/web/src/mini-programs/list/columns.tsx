import { type Breakpoint, Button, Flex, Tag, Tooltip } from 'antd';
import { nameOf, t } from '../../text/text.js';
import type { Columns } from '../../ui/table.js';
import { MiniProgramName, StateTag, Time } from '../../ui/value.js';
import type { MiniProgram } from '../types.js';
import type { Filter } from './filter.js';
import { byName, byTime, lastChangeOf, openItems } from './rows.js';

type OnFilter = (part: Partial<Filter>) => void;

/** What only a wide window has room for. */
const RARE: { responsive: Breakpoint[] } = { responsive: ['xxl'] };

/** The columns of the list. A click on a label or a version filters by it. */
export function columnsOfList({ labels: chosen }: Filter, onFilter: OnFilter): Columns<MiniProgram> {
  return {
    'miniPrograms.name': {
      cell: ({ appid, name, authorization }) => (
        <Flex gap="small" align="center">
          <MiniProgramName appid={appid} name={name} />
          {authorization !== 'AUTHORIZER_STATE_AUTHORIZED' && (
            <StateTag of="authorizer" state={authorization} />
          )}
        </Flex>
      ),
      fixed: 'left',
      sorter: (a, b) => byName(a.name || a.appid, b.name || b.appid),
    },
    'miniPrograms.liveVersion': {
      cell: (one) => <Live one={one} onFilter={onFilter} />,
      sorter: (a, b) => byName(a.live?.userVersion ?? '', b.live?.userVersion ?? ''),
    },
    'miniPrograms.audit': {
      cell: ({ audit }) =>
        audit && (
          <Flex gap="small" align="center">
            {audit.userVersion}
            <StateTag of="audit" state={audit.state} />
          </Flex>
        ),
      sorter: (a, b) => byName(a.audit?.state ?? '', b.audit?.state ?? ''),
    },
    'miniPrograms.lastChange': {
      cell: (one) => <Time at={lastChangeOf(one)} />,
      sorter: (a, b) => byTime(lastChangeOf(a), lastChangeOf(b)),
    },
    'miniPrograms.labels': ({ labels }) => <Labels {...{ labels, chosen, onFilter }} />,
    'miniPrograms.readiness': (one) => <Readiness one={one} />,
    'miniPrograms.template': { cell: ({ live }) => live?.templateId, ...RARE },
    'miniPrograms.trialVersion': { cell: ({ trial }) => trial?.userVersion, ...RARE },
    'miniPrograms.readAt': { cell: ({ observeTime }) => <Time at={observeTime} />, ...RARE },
  };
}

function Labels(props: { labels: readonly string[]; chosen: readonly string[]; onFilter: OnFilter }) {
  const { labels, chosen, onFilter } = props;
  return (
    // An unchecked tag has no border: its text begins where the heading does.
    <Flex gap={4} wrap style={{ marginInlineStart: -8 }}>
      {labels.map((label) => (
        <Tag.CheckableTag
          key={label}
          checked={chosen.includes(label)}
          onChange={(isOn) =>
            onFilter({ labels: isOn ? [...chosen, label] : chosen.filter((one) => one !== label) })
          }
        >
          {label}
        </Tag.CheckableTag>
      ))}
    </Flex>
  );
}

function Live({ one, onFilter }: { one: MiniProgram; onFilter: OnFilter }) {
  const { live, observeTime, visitStatus } = one;
  if (live === undefined)
    return <Tag>{t(observeTime === undefined ? 'miniPrograms.notRead' : 'miniPrograms.isNotLive')}</Tag>;
  return (
    <Flex gap={4} align="center">
      <Button
        type="link"
        size="small"
        style={{ paddingInline: 0 }}
        onClick={() => onFilter({ version: live.userVersion })}
      >
        {live.userVersion}
      </Button>
      <LiveTags program={one} />
      {visitStatus === 'VISIT_STATUS_CLOSED' && <Tag color="error">{t('miniPrograms.closed')}</Tag>}
    </Flex>
  );
}

/** What is special about a live version: just taken back, not committed by this service as far as it knows, with a gray release beside it. */
export function LiveTags({ program: { live, grayPercentage } }: { program: MiniProgram }) {
  return (
    <>
      {live?.source === 'VERSION_SOURCE_REVERTED' && <HintTag color="warning" text="reverted" />}
      {live?.isForeign && <HintTag color="purple" text="foreign" />}
      {grayPercentage > 0 && <Tag color="warning">{t('miniPrograms.gray', { n: grayPercentage })}</Tag>}
    </>
  );
}

/** A tag that is explained on hover. */
export function HintTag({ color, text }: { color: string; text: 'reverted' | 'foreign' | 'drifted' }) {
  return (
    <Tooltip title={t(`miniPrograms.${text}Hint`)}>
      <Tag color={color}>{t(`miniPrograms.${text}`)}</Tag>
    </Tooltip>
  );
}

/** Whether a release is possible; if not, who has to act. */
function Readiness({ one }: { one: MiniProgram }) {
  const items = Map.groupBy(openItems(one), ({ acts }) => acts);
  if (!one.readiness?.items.length) return <Tag>{t('miniPrograms.notRead')}</Tag>;
  return (
    <Flex gap={4} wrap>
      {items.size === 0 && <Tag color="success">{t('miniPrograms.ready')}</Tag>}
      {[...items].map(([party, theirs]) => (
        <Tooltip key={party} title={theirs.map(({ item }) => nameOf('readiness', item)).join(t('separator'))}>
          <Tag color={party === 'PARTY_PLATFORM' ? 'warning' : 'default'}>
            {t('miniPrograms.waitsFor', { party: nameOf('party', party), n: theirs.length })}
          </Tag>
        </Tooltip>
      ))}
      {one.drifted && <HintTag color="warning" text="drifted" />}
    </Flex>
  );
}
