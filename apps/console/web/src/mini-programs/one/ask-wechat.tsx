import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Flex } from 'antd';
import { type ApiError, call } from '../../api/call.js';
import type { MethodName } from '../../api/types.js';
import { t } from '../../text/text.js';
import { ErrorAlert } from '../../ui/page.js';
import { Secondary } from '../../ui/value.js';
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

/** Asks WeChat itself, which the page shows then; otherwise it shows the inventory, and asks only which versions can be restored. */
export function AskWechat({ appid, answers, onAnswers }: Props) {
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
        <Secondary>{t('miniPrograms.askWechatHint')}</Secondary>
      </Flex>
      <section aria-label={t('miniPrograms.wechatSays')}>
        {Object.entries(answers ?? {}).map(([of, { error }]) => (
          <ErrorAlert key={of} error={error} />
        ))}
      </section>
    </Flex>
  );
}
