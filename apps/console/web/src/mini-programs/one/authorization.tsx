import { Alert, Card, Flex, Tag } from 'antd';
import { useCall } from '../../api/query.js';
import { nameOf, t } from '../../text/text.js';
import { Details } from '../../ui/details.js';
import { Original, StateTag, Time } from '../../ui/value.js';
import type { Authorizer } from '../types.js';

const CODE_MANAGEMENT = 18;

/** What the owner has granted, and whether the tokens that follow from it work. */
export function Authorization({ authorizer }: { authorizer: Authorizer }) {
  const { lastError, lastErrorTime, permissionSets } = authorizer;
  return (
    <Card title={t('miniPrograms.authorization')}>
      {lastError !== '' && (
        <Alert
          type="error"
          showIcon
          title={t('miniPrograms.tokenError')}
          description={
            <>
              <Time at={lastErrorTime} /> <Original words={lastError} />
            </>
          }
        />
      )}
      <Details
        rows={{
          'miniPrograms.state': <StateTag of="authorizer" state={authorizer.state} />,
          'miniPrograms.authorizedAt': <Time at={authorizer.authorizeTime} />,
          'miniPrograms.permissionSets': <PermissionSets sets={permissionSets} />,
          'miniPrograms.tokenOwner': nameOf('tokenOwner', authorizer.tokenOwner),
          'miniPrograms.tokenExpires': <Time at={authorizer.tokenExpireTime} />,
          'adoption.readers': <Readers appid={authorizer.appid} />,
        }}
      />
    </Card>
  );
}

const READERS = 5;

/** The programs that have read its token from this service, and when last. */
function Readers({ appid }: { appid: string }) {
  const { data, error } = useCall('Platform/ListTokenReaders', { appid, pageSize: READERS });
  if (data === undefined) return error && t('unknown');
  if (data.readers.length === 0) return t('adoption.noReaders');
  return (
    <Flex vertical>
      {data.readers.map(({ caller, reads, lastReadTime }) => (
        <span key={caller}>
          {caller} × {Number(reads).toLocaleString()} · <Time at={lastReadTime} />
        </span>
      ))}
    </Flex>
  );
}

function PermissionSets({ sets }: { sets: readonly number[] }) {
  if (sets.length === 0) return t('unknown');
  const has = sets.includes(CODE_MANAGEMENT);
  return (
    <Flex wrap>
      <Tag color={has ? 'success' : 'error'}>
        {t(has ? 'miniPrograms.withCodeManagement' : 'miniPrograms.withoutCodeManagement')}
      </Tag>
      {sets.join(' ')}
    </Flex>
  );
}
