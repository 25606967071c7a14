import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Card, Flex, Typography } from 'antd';
import { type ApiError, call } from '../../api/call.js';
import type { MethodName } from '../../api/types.js';
import { useName, useText } from '../../text/text.js';
import { ErrorAlert } from '../../ui/error-alert.js';
import { Details } from '../../ui/list/details.js';
import { Time } from '../../ui/time.js';
import type { Answer, Answers } from './answers.js';

async function answer<M extends MethodName>(method: M, appid: string): Promise<Answer<M>> {
  try {
    return { value: await call(method, { appid } as never) };
  } catch (error) {
    return { error: error as ApiError };
  }
}

/** Asks WeChat itself. Six queries, which renew the inventory too, as far as it keeps what they answer. */
async function askWechat(appid: string): Promise<Answers> {
  const [versions, audit, gray] = await Promise.all([
    answer('CodeManagement/GetVersionInfo', appid),
    answer('CodeManagement/GetLatestAuditStatus', appid),
    answer('CodeManagement/GetGrayReleasePlan', appid),
    answer('CodeManagement/GetVisitStatus', appid),
    answer('CodeManagement/GetSupportVersion', appid),
    answer('Fleet/RefreshMiniProgram', appid),
  ]);
  // A mini-program without any audit is no failure.
  return { versions, gray, audit: audit.error?.reason === 'NO_AUDIT' ? {} : audit };
}

interface Props {
  appid: string;
  answers: Answers | undefined;
  onAnswers: (answers: Answers) => void;
}

/** Asks WeChat itself; the rest of the page shows the inventory, and asks only which versions can be restored. */
export function AskWechat({ appid, answers, onAnswers }: Props) {
  const t = useText();
  const queries = useQueryClient();
  const ask = useMutation({
    mutationFn: () => askWechat(appid),
    onSuccess: async (given) => {
      onAnswers(given);
      await queries.invalidateQueries();
    },
  });
  return (
    <Flex vertical gap="small">
      <Flex gap="small" align="center" wrap>
        <Button onClick={() => ask.mutate()} loading={ask.isPending}>
          {t('miniPrograms.askWechat')}
        </Button>
        <Typography.Text type="secondary">{t('miniPrograms.askWechatHint')}</Typography.Text>
      </Flex>
      {answers && <Shown {...answers} />}
    </Flex>
  );
}

function Shown({ versions, audit, gray }: Answers) {
  const t = useText();
  const nameOf = useName();
  const plan = gray.value?.plan;
  const found = audit.value?.audit;
  return (
    <Card title={t('miniPrograms.wechatSays')}>
      {[versions, audit, gray].map(({ error }, i) => (
        <ErrorAlert key={['versions', 'audit', 'gray'][i]} error={error} />
      ))}
      <Details
        column={{ xs: 1, md: 2 }}
        rows={{
          'miniPrograms.liveVersion': <Version of={versions.value?.release} />,
          'miniPrograms.trialVersion': <Version of={versions.value?.trial} />,
          'miniPrograms.auditVersion': found
            ? `${found.userVersion} ${nameOf('audit', found.state)} ${found.reason}`
            : '–',
          'miniPrograms.grayRelease': plan ? `${plan.percentage} % ${nameOf('gray', plan.status)}` : '–',
        }}
      />
    </Card>
  );
}

function Version({ of }: { of: NonNullable<Answers['versions']['value']>['trial'] }) {
  if (of === undefined) return '–';
  return (
    <span>
      {of.version} {of.desc} <Time at={of.time} />
    </span>
  );
}
