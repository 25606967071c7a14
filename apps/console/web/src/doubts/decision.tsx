import { Form, Input, Radio, Typography } from 'antd';
import { call } from '../api/call.js';
import { user } from '../app/session.js';
import type { Operation } from '../operations/held-by.js';
import { t } from '../text/text.js';
import { Dialog, type DialogValues } from '../ui/form/dialog.js';
import type { Comparison, Conclusion } from './suggestion.js';

/** An operation that needs a decision. */
export interface Doubt extends Comparison {
  operation: Operation;
  name: string;
  isAsking: boolean;
  isAsked: boolean;
  failure: string | undefined;
}

const CONCLUSIONS: readonly Conclusion[] = ['DONE', 'NOT_DONE', 'RETRY'];

interface Decided extends DialogValues {
  conclusion: Conclusion;
  auditId?: string;
}

interface Props {
  doubts: readonly Doubt[];
  /** @param isDone whether all of them are decided. */
  onClose(isDone: boolean): void;
}

/** One decision for all given doubts; what they agree on is preselected. */
export function Decision({ doubts, onClose }: Props) {
  const decide = (values: DialogValues, _: string, { operation: { id, method } }: Doubt) => {
    const { conclusion, auditId = '0', reason } = values as Decided;
    return call('Operations/ResolveOperation', {
      ...{ id, resolution: `RESOLUTION_${conclusion}` as const, resolvedBy: user, reason },
      ...(conclusion === 'DONE' && method === 'SubmitAudit' && { auditId }),
    });
  };
  const suggestions = new Set(doubts.map(({ suggestion }) => suggestion));
  const [suggested] = suggestions.size === 1 ? suggestions : [];
  return (
    <Dialog<Doubt>
      title={t('doubts.decideChosen', { n: doubts.length })}
      verb={t('doubts.confirm')}
      items={doubts}
      nameOf={({ operation, name }) => name || operation.appid}
      reason="required"
      reasonLabel="doubts.evidence"
      initial={{ conclusion: suggested }}
      effect={<Lines doubts={doubts} />}
      run={decide}
      onClose={onClose}
    >
      <DecisionFields doubts={doubts} />
    </Dialog>
  );
}

const LINES = 5;

/** What was requested and what WeChat says, of the first ones. */
function Lines({ doubts }: Pick<Props, 'doubts'>) {
  return (
    <Typography.Paragraph>
      {doubts.slice(0, LINES).map(({ operation: { id, appid }, name, requested, found }) => (
        <span key={id} style={{ display: 'block' }}>
          {t('doubts.line', { name: name || appid, requested: requested || '–', found: found || '–' })}
        </span>
      ))}
    </Typography.Paragraph>
  );
}

function DecisionFields({ doubts }: Pick<Props, 'doubts'>) {
  const needsAudit = doubts.length === 1 && doubts[0]?.operation.method === 'SubmitAudit';
  return (
    <>
      <Form.Item
        name="conclusion"
        label={t('doubts.conclusion')}
        rules={[{ required: true, message: t('doubts.choose') }]}
      >
        <Radio.Group
          vertical
          options={CONCLUSIONS.map((value) => ({ value, label: t(`doubts.${value}`) }))}
        />
      </Form.Item>
      {needsAudit && (
        <Form.Item name="auditId" label={t('doubts.auditId')}>
          <Input inputMode="numeric" />
        </Form.Item>
      )}
    </>
  );
}
