import { Flex, Form, Input, Modal, Radio, Typography } from 'antd';
import { useCommand } from '../api/query.js';
import { useSession } from '../app/session.js';
import type { Operation } from '../operations/held-by.js';
import { useText } from '../text/text.js';
import type { Comparison, Conclusion } from './suggestion.js';

/** An operation that needs a decision. */
export interface Doubt extends Comparison {
  operation: Operation;
  name: string;
  isAsked: boolean;
  failure: string | undefined;
}

const CONCLUSIONS: readonly Conclusion[] = ['DONE', 'NOT_DONE', 'RETRY'];

interface Decided {
  conclusion: Conclusion;
  reason: string;
  auditId?: string;
}

/** One decision for all given doubts; what they agree on is preselected. */
export function Decision({
  doubts,
  onDone,
  onCancel,
}: {
  doubts: readonly Doubt[];
  onDone(): void;
  onCancel(): void;
}) {
  const t = useText();
  const { user } = useSession();
  const [form] = Form.useForm<Decided>();
  const resolve = useCommand('Operations/ResolveOperation', {
    invalidates: ['Operations/ListOperations', 'Operations/GetOperation', 'Platform/GetPlatformStatus'],
    success: t('doubts.decided'),
  });
  const decide = async ({ conclusion, reason, auditId = '0' }: Decided) => {
    for (const { operation } of doubts) {
      const of = conclusion === 'DONE' && operation.method === 'SubmitAudit' ? { auditId } : {};
      await resolve.mutateAsync({
        ...{ id: operation.id, resolution: `RESOLUTION_${conclusion}`, resolvedBy: user, reason },
        ...of,
      });
    }
    onDone();
  };
  return (
    <Modal
      open={doubts.length > 0}
      title={t('doubts.decideChosen', { n: doubts.length })}
      okText={t('doubts.confirm')}
      cancelText={t('cancel')}
      okButtonProps={{ loading: resolve.isPending }}
      destroyOnHidden
      onOk={() => form.submit()}
      onCancel={onCancel}
    >
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        onFinish={(values) => void decide(values).catch(() => undefined)}
      >
        <DecisionFields doubts={doubts} />
      </Form>
    </Modal>
  );
}

function DecisionFields({ doubts }: { doubts: readonly Doubt[] }) {
  const t = useText();
  const suggestions = new Set(doubts.map(({ suggestion }) => suggestion));
  const [suggested] = suggestions.size === 1 ? suggestions : [];
  const needsAudit = doubts.length === 1 && doubts[0]?.operation.method === 'SubmitAudit';
  return (
    <>
      <Typography.Paragraph>
        {doubts.slice(0, 5).map(({ operation, name, requested, found }) => (
          <span key={operation.id} style={{ display: 'block' }}>
            {t('doubts.line', {
              name: name || operation.appid,
              requested: requested || '–',
              found: found || '–',
            })}
          </span>
        ))}
      </Typography.Paragraph>
      <Form.Item
        name="conclusion"
        label={t('doubts.conclusion')}
        initialValue={suggested}
        rules={[{ required: true, message: t('doubts.choose') }]}
      >
        <Radio.Group>
          <Flex vertical gap="small">
            {CONCLUSIONS.map((one) => (
              <Radio key={one} value={one}>
                {t(`doubts.${one}`)}
              </Radio>
            ))}
          </Flex>
        </Radio.Group>
      </Form.Item>
      {needsAudit && (
        <Form.Item name="auditId" label={t('doubts.auditId')}>
          <Input inputMode="numeric" />
        </Form.Item>
      )}
      <Form.Item
        name="reason"
        label={t('doubts.evidence')}
        rules={[{ required: true, whitespace: true, message: t('reason.required') }]}
      >
        <Input.TextArea rows={2} maxLength={2_000} />
      </Form.Item>
    </>
  );
}
