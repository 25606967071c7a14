import { Alert, Button, Card, Col, Flex, Row, Tooltip, Typography } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useCall } from '../../api/query.js';
import { plain } from '../../text/sentence.js';
import { nameOf, type TextKey, t } from '../../text/text.js';
import { Details } from '../../ui/details.js';
import { TrialCode } from '../../ui/trial-code.js';
import { Secondary, StateTag, Time } from '../../ui/value.js';
import { type Action, type Facts, whyNot } from '../actions/possible.js';
import { CALLS, type Call } from '../actions/requests.js';
import { LiveTags } from '../list/columns.js';
import type { MiniProgram } from '../types.js';

interface Props extends Can {
  program: MiniProgram;
}

interface Can {
  facts: Facts;
  /** Undefined if the person may only look. */
  onAction: ((action: Action) => void) | undefined;
}

/** Live, audited and trial version, each with what can be done with it. */
export function VersionCards({ program, ...can }: Props) {
  const { live, audit, trial, appid, visitStatus, supportVersion } = program;
  const unknown = <Secondary>{t('miniPrograms.notAsked')}</Secondary>;
  const cards: Version[] = [
    {
      title: 'miniPrograms.liveVersion',
      ...{ version: live, width: { md: 12, xl: 9 } },
      tags: <LiveTags program={program} />,
      rows: {
        'miniPrograms.releasedAt': live && <Time at={live.releaseTime} />,
        'miniPrograms.template': live && (live.templateId ?? '–'),
        'miniPrograms.visitStatus':
          visitStatus === 'VISIT_STATUS_UNSPECIFIED' ? unknown : nameOf('visit', visitStatus),
        'miniPrograms.supportVersion': supportVersion || unknown,
        'miniPrograms.readAt': <Time at={program.observeTime} />,
      },
      actions: ['revert', 'revertGrayRelease', 'visitStatus', 'supportVersion'],
    },
    {
      title: 'miniPrograms.auditVersion',
      ...{ version: audit, width: { md: 12, xl: 8 } },
      tags: audit && <StateTag of="audit" state={audit.state} />,
      rows: audit && {
        'miniPrograms.auditId': <Link to={`/audits/${appid}/${audit.auditId}`}>{audit.auditId}</Link>,
        'miniPrograms.submittedAt': <Time at={audit.submitTime} />,
        'miniPrograms.decidedAt': <Time at={audit.decideTime} />,
      },
      more: audit && <LastReason appid={appid} audit={audit} />,
      actions: ['release', 'grayRelease', 'speedUp', 'undoAudit'],
    },
    {
      title: 'miniPrograms.trialVersion',
      ...{ version: trial, width: { md: 24, xl: 7 } },
      rows: trial && {
        'miniPrograms.committedAt': <Time at={trial.commitTime} />,
        'miniPrograms.template': trial.templateId,
      },
      more: <TrialCode appid={appid} />,
      actions: ['submitAudit', 'commit'],
    },
  ];
  return (
    <Row gutter={[16, 16]}>
      {cards.map((card) => (
        <Col key={card.title} xs={24} {...card.width}>
          <VersionCard card={card} can={can} />
        </Col>
      ))}
    </Row>
  );
}

interface Version {
  title: TextKey;
  version: { userVersion: string } | undefined;
  /** Of the card, of 24, on a wide and on a very wide window. */
  width: { md: number; xl: number };
  tags?: ReactNode;
  rows: Partial<Record<TextKey, ReactNode>> | undefined;
  more?: ReactNode;
  actions: readonly Action[];
}

function VersionCard({ card, can: { facts, onAction } }: { card: Version; can: Can }) {
  const { title, version, tags, rows, more, actions } = card;
  return (
    <Card title={t(title)} style={{ height: '100%' }}>
      <Flex vertical gap="small">
        <Flex gap="small" align="center" wrap>
          <Typography.Text strong style={{ fontSize: 22 }}>
            {version?.userVersion ?? '–'}
          </Typography.Text>
          {tags}
        </Flex>
        {rows && <Details rows={rows} />}
        {more}
        {onAction && (
          <Flex gap="small" wrap>
            {actions.map((action) => (
              <ActionButton key={action} action={action} facts={facts} onAction={onAction} />
            ))}
          </Flex>
        )}
      </Flex>
    </Card>
  );
}

function ActionButton(props: { action: Action; facts: Facts; onAction: (action: Action) => void }) {
  const { action, facts, onAction } = props;
  const why = whyNot(action, facts);
  const { isDangerous = false }: Call = CALLS[action];
  return (
    <Tooltip title={why && t(`miniPrograms.why.${why}`)}>
      <Button
        disabled={why !== undefined}
        danger={isDangerous}
        type={action === 'release' && why === undefined ? 'primary' : 'default'}
        onClick={() => onAction(action)}
      >
        {t(`miniPrograms.${action}`)}
      </Button>
    </Tooltip>
  );
}

const HAS_REASON = ['AUDIT_STATE_REJECTED', 'AUDIT_STATE_DELAYED'];

/** What the auditors wrote, if they rejected or delayed the version. */
function LastReason({ appid, audit }: { appid: string; audit: NonNullable<MiniProgram['audit']> }) {
  const { auditId } = audit;
  const found = useCall('Audits/GetAudit', { appid, auditId }, { enabled: HAS_REASON.includes(audit.state) });
  const reason = found.data?.reason;
  if (!reason) return null;
  return (
    <Alert
      type="error"
      title={<span style={{ whiteSpace: 'pre-line' }}>{plain(reason, '\n')}</span>}
      action={<Link to={`/audits/${appid}/${auditId}`}>{t('miniPrograms.seeAudit')}</Link>}
    />
  );
}
